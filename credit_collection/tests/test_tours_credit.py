"""What people click when the credit rules hold an order."""

from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from .common_orders import OrdersCommon


@tagged("post_install", "-at_install")
class TestToursCredit(OrdersCommon, HttpCase):
    """Orders of a customer that owes 800 and may owe 1,000."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._customer("Tour Customer")
        cls._limit(1000, cls.customer)
        today = fields.Date.today()
        cls._invoice(today + timedelta(days=30), 800, cls.customer, date=today)

    def test_a_held_order_is_asked_for_released_up_to_an_amount_and_confirmed(self):
        order = self._order(500, self.customer)
        self.start_tour("/odoo/sales", "credit_control_ask", login="seller")
        self.assertRecordValues(order, [{"state": "draft", "followup_credit_state": "hold"}])
        request = self.env["credit.request"].search([("order_id", "=", order.id)])
        self.assertRecordValues(
            request,
            [{"state": "open", "user_id": self.seller.id, "reason": "Their bank confirmed the transfer."}],
        )
        self.start_tour("/odoo", "credit_control_approve", login="manager")
        self.assertRecordValues(
            request,
            [
                {
                    "state": "approved",
                    "max_amount": 600.0,
                    "decided_by": self.manager.id,
                    "decision_reason": "They have always paid.",
                }
            ],
        )
        self.assertRecordValues(order, [{"state": "draft", "followup_credit_state": "released"}])
        self.start_tour("/odoo/sales", "credit_control_confirm", login="seller")
        self.assertRecordValues(
            order, [{"state": "sale", "followup_credit_state": "released", "followup_allowed_amount": 500.0}]
        )

    def test_a_refusal_is_read_on_the_order_with_its_reason(self):
        order = self._order(500, self.customer)
        order.action_followup_confirm()
        request = (
            self.env["credit.request"]
            .with_user(self.seller)
            .create({"order_id": order.id, "reason": "A good customer"})
        )
        self.start_tour("/odoo", "credit_control_refuse", login="manager")
        self.assertRecordValues(
            request,
            [
                {
                    "state": "refused",
                    "decided_by": self.manager.id,
                    "decision_reason": "They owe us for March.",
                }
            ],
        )
        self.start_tour("/odoo/sales", "credit_control_refused", login="seller")
        self.assertRecordValues(order, [{"state": "draft", "followup_credit_state": "refused"}])

    def test_of_three_orders_confirmed_in_the_list_one_is_held_and_told(self):
        """Each of the customer's two would fit alone; together they do not."""
        orders = self._order(150, self.customer) + self._order(150, self.customer)
        other = self._order(150, self._customer("Another Customer"))
        self.start_tour("/odoo/sales", "credit_control_batch", login="seller")
        self.assertRecordValues(other, [{"state": "sale", "followup_credit_state": "clear"}])
        self.assertEqual(
            sorted(orders.mapped(lambda order: (order.state, order.followup_credit_state))),
            [("draft", "hold"), ("sale", "clear")],
        )
