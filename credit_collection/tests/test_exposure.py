"""Exposure, each part once, and what the rules make of it."""

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from ..models.credit_control import Ask
from .common import CollectionCommon


@tagged("post_install", "-at_install")
class TestExposure(CollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("sales_team.group_sale_manager")
        cls.vat = cls.env["account.tax"].create({"name": "VAT 20 %", "amount": 20, "type_tax_use": "sale"})
        cls.goods = cls.env["product.product"].create(
            {"name": "Chair", "invoice_policy": "delivery", "taxes_id": cls.vat.ids, "list_price": 1}
        )

    def _order(self, untaxed, partner=None, delivered=0.0, confirm=True, **values):
        """An order of chairs at one each; ``delivered``: how much of it is delivered, untaxed."""
        order = self.env["sale.order"].create(
            {
                "partner_id": (partner or self.partner).id,
                "order_line": [Command.create({"product_id": self.goods.id, "product_uom_qty": untaxed})],
                **values,
            }
        )
        if confirm:
            order.action_confirm()
            order.order_line.qty_delivered = delivered
        return order

    def _position(self, partner=None, company=None):
        partner, company = partner or self.partner, company or self.company
        return self.env["credit.exposure"]._positions([(partner, company)])[partner, company]

    @freeze_time("2026-05-04")
    def test_s24_exposure_and_block(self):
        """S24: 38,450 − 1,500 + 4,200 + 9,800 = 50,950; an order of 5,280 is 1,230 over a limit of 55,000."""
        self._invoice("2026-05-30", 38450)
        self._payment(1500, "2026-05-02")
        self._order(3500, delivered=3500)
        self._order(8166.67)
        self.partner.credit_limit = 55000
        position = self._position()
        self.assertEqual(position["receivable"], 38450)
        self.assertEqual(position["unallocated"], 1500)
        self.assertEqual(position["delivered"], 4200)
        self.assertEqual(position["ordered"], 9800)
        self.assertEqual(position["exposure"], 50950)
        verdicts = self.env["credit.control"]._verdicts([Ask("new", self.partner, self.company, 5280)])
        self.assertEqual(verdicts["new"].severity, "warn")
        self.assertIn("1,230.00", verdicts["new"].sentences())
