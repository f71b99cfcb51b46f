"""Goods that go from a supplier straight to the customer, batches, the point of sale: beside modules that this one does not
need."""

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from .common import DeliveryCommon


@tagged("post_install", "-at_install", "-standard", "credit_neighbours")
@freeze_time("2026-05-04")
class TestNeighbours(DeliveryCommon):
    def _needs(self, module):
        if self.env["ir.module.module"]._get(module).state != "installed":
            self.skipTest(f"{module} is not installed")

    def test_a_delivery_from_the_supplier_is_stopped(self):
        self._needs("stock_dropshipping")
        supplier = self._customer("Supplier")
        self.chair.write(
            {
                "is_storable": True,
                "seller_ids": [Command.create({"partner_id": supplier.id, "price": 1})],
                "route_ids": [Command.set(self.env.ref("stock_dropshipping.route_drop_shipping").ids)],
            }
        )
        order = self._order()
        purchase = order.order_line.purchase_line_ids.order_id
        purchase.button_confirm()
        delivery = purchase.picking_ids
        self.assertEqual((delivery.location_id.usage, delivery.location_dest_id.usage), ("supplier", "customer"))
        self._over_the_limit()
        self.assertEqual(delivery.button_validate()["tag"], "display_notification")
        self._release(delivery)
        self.assertIs(delivery.button_validate(), True)

    def test_the_rest_of_a_batch_leaves(self):
        self._needs("stock_picking_batch")
        held, passing = self._delivery(), self._delivery(partner=self._customer("Good"))
        batch = self.env["stock.picking.batch"].create({"picking_ids": [Command.set((held | passing).ids)]})
        batch.action_confirm()
        self._hold()
        self.assertEqual(batch.action_done()["tag"], "display_notification")
        self.assertEqual((held | passing).mapped("state"), ["assigned", "done"])
        self.assertEqual(held.batch_id, batch)

    def test_what_a_point_of_sale_hands_over_is_gone(self):
        self._needs("point_of_sale")
        delivery = self._transfer(self.warehouse.lot_stock_id, self.partner.property_stock_customer)
        self._hold()
        self.assertTrue(delivery._followup_verdicts()[delivery].blocks)
        shop = self.env["pos.config"].sudo().create({"name": "Shop", "company_id": self.company.id})
        delivery.pos_session_id = self.env["pos.session"].sudo().create({"config_id": shop.id})
        self.assertFalse(delivery._followup_verdicts())

    def test_what_a_point_of_sale_is_handing_over_is_gone(self):
        """Core notes the session on the picking only after ``_action_done``."""
        self._needs("point_of_sale")
        shop = self.env["pos.config"].sudo().create({"name": "Shop", "company_id": self.company.id})
        delivery = self._transfer(self.warehouse.lot_stock_id, self.partner.property_stock_customer)
        delivery.picking_type_id = shop.picking_type_id
        delivery.location_dest_id = self.partner.property_stock_customer
        self._hold()
        delivery.move_ids.picked = True
        delivery._action_done()
        self.assertEqual(delivery.state, "done")
