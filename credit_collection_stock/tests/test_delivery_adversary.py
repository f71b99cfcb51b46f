"""Hard case 44, from the other side: who means to get a delivery out that the credit rules hold."""

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import DeliveryCommon

DAY = "2026-05-04"


@tagged("post_install", "-at_install")
class TestDeliveryAdversary(DeliveryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.good = cls._customer("Good payer")

    def _stays(self, picking):
        action = picking.with_user(self.storekeeper).button_validate()
        self.assertEqual(action["tag"], "display_notification")
        self.assertNotEqual(picking.state, "done")

    def test_a_held_delivery_is_not_passed_off_as_another_customers(self):
        delivery, other = self._delivery(), self._order(10, self.good)
        self._hold()
        held = delivery.with_user(self.storekeeper)
        with self.assertRaises(AccessError):
            held.write({"sale_id": other.id})
        held.write({"note": "By the side door", "partner_id": self._customer("Carrier").id})
        self._stays(delivery)

    def test_a_delivery_made_by_hand_is_not_passed_off_as_another_customers(self):
        by_hand = self._transfer(self.warehouse.lot_stock_id, self.env.ref("stock.stock_location_customers"))
        self._hold()
        held = by_hand.with_user(self.storekeeper)
        for vals in ({"partner_id": self.good.id}, {"partner_id": False}):
            with self.subTest(vals), self.assertRaises(AccessError):
                held.write(vals)
        self._stays(by_hand)
        by_hand.partner_id = self.good  # by who decides
        held.partner_id = self._customer("Third")  # not held any more

    def test_a_delivery_hidden_in_an_internal_transfer_is_one(self):
        """Its header says internal, its moves go to the customer."""
        customers = self.env.ref("stock.stock_location_customers")
        picking = self._transfer(self.warehouse.lot_stock_id, customers)
        picking.location_dest_id = self.warehouse.lot_stock_id
        picking.move_ids.location_dest_id = customers
        picking.move_ids.move_line_ids.location_dest_id = customers
        self._hold()
        self._stays(picking)

    def test_no_salesperson_frees_deliveries_by_the_state_of_a_held_order(self):
        order = self._order(10)
        order._followup_refuse(
            self.env["credit.request"].sudo().create({"order_id": order.id, "reason": "x", "state": "refused"})
        )
        self._stays(order.picking_ids)
        order.with_user(self.salesperson).write({"state": "draft"})
        self._stays(order.picking_ids)

    @freeze_time(DAY)
    def test_the_release_of_a_delivery_goes_to_the_customer_it_was_given_for(self):
        bad = self._customer("Bad payer")
        self._invoice("2026-04-01", 500, bad)
        self._over_the_limit(bad)
        by_hand = self._transfer(self.warehouse.lot_stock_id, self.env.ref("stock.stock_location_customers"))
        hold = self._hold()
        self._release(by_hand)
        hold.action_end()
        by_hand.with_user(self.storekeeper).partner_id = bad
        self._stays(by_hand)

    @freeze_time(DAY)
    def test_no_backorder_leaves_once_the_order_has_grown_over_its_release(self):
        order = self._order(100)
        self._over_the_limit()
        request = (
            self.env["credit.request"].with_user(self.salesperson).create({"order_id": order.id, "reason": "Good"})
        )
        request.with_user(self.manager).action_approve()
        backorder = self._deliver_part(order.picking_ids, 40, self.storekeeper)
        order.order_line.product_uom_qty = 150
        for picking in order.picking_ids - order.picking_ids.filtered(lambda picking: picking.state == "done"):
            self._stays(picking)
        self.assertTrue(backorder)

    def test_a_return_of_a_return_is_a_delivery(self):
        delivery = self._delivery(10)
        delivery.button_validate()
        back = self._return(delivery)
        back.button_validate()
        self.assertEqual(back.state, "done")
        again = self._return(back)
        self._hold()
        self._stays(again)

    def _return(self, picking):
        wizard = self.env["stock.return.picking"].with_context(active_id=picking.id, active_model="stock.picking")
        wizard = wizard.create({"picking_id": picking.id})
        wizard.product_return_moves.quantity = 10
        returned = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        returned.move_ids.quantity = 10
        returned.move_ids.picked = True
        return returned

    def test_products_added_to_a_held_delivery_do_not_free_it(self):
        delivery = self._delivery()
        self._hold()
        delivery.with_user(self.storekeeper).move_ids = [
            Command.create(
                {
                    "product_id": self.chair.id,
                    "product_uom_qty": 5,
                    "location_id": delivery.location_id.id,
                    "location_dest_id": delivery.location_dest_id.id,
                }
            )
        ]
        self._stays(delivery)
