"""What people click when a delivery is held."""

from odoo.tests import HttpCase, tagged

from .common import DeliveryCommon


@tagged("post_install", "-at_install")
class TestToursDeliveries(DeliveryCommon, HttpCase):
    def test_a_held_delivery_is_asked_for_released_and_leaves(self):
        customer = self._customer("Tour Customer")
        delivery = self._delivery(10, customer)
        self._hold(customer)
        self._over_the_limit(customer)
        self.start_tour("/odoo/deliveries", "credit_control_delivery_ask", login="storekeeper")
        self.assertRecordValues(delivery, [{"state": "assigned", "followup_credit_state": "hold"}])
        request = self.env["credit.request"].search([("picking_id", "=", delivery.id)])
        self.assertRecordValues(
            request, [{"state": "open", "user_id": self.storekeeper.id, "reason": "The lorry waits."}]
        )
        self.start_tour("/odoo", "credit_control_delivery_approve", login="manager")
        self.assertRecordValues(request, [{"state": "approved", "decided_by": self.manager.id}])
        self.assertRecordValues(delivery, [{"state": "assigned", "followup_credit_state": "released"}])
        self.start_tour("/odoo/deliveries", "credit_control_delivery_leaves", login="storekeeper")
        self.assertRecordValues(delivery, [{"state": "done", "followup_credit_state": False}])
        self.assertEqual(delivery.sale_id.order_line.qty_delivered, 10)
