"""The credit exposure: S24 and the hard cases."""

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..models.credit_control import Ask
from ..report.credit_exposure import PARTS
from .common import CollectionCommon

DAY = "2026-05-04"


class ExposureCommon(CollectionCommon):
    """Orders of chairs, invoiced on delivery, and of hours, invoiced on order; VAT of 20 % on both."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("sales_team.group_sale_manager")
        cls.vat = cls.env["account.tax"].create({"name": "VAT 20 %", "amount": 20, "type_tax_use": "sale"})
        product = {"taxes_id": cls.vat.ids, "list_price": 1}
        cls.goods = cls.env["product.product"].create({**product, "name": "Chair", "invoice_policy": "delivery"})
        cls.hours = cls.env["product.product"].create(
            {**product, "name": "Hours", "type": "service", "invoice_policy": "order"}
        )
        cls.provider = cls.env["payment.provider"].create({"name": "Cards", "company_id": cls.company.id})
        cls.method = cls.env["payment.method"].create({"name": "Card", "code": "test_card"})

    def _order(self, untaxed, partner=None, delivered=0.0, confirm=True, product=None, **values):
        """An order of chairs at one each; ``delivered``: how much of it is delivered, untaxed."""
        product = product or self.goods
        order = self.env["sale.order"].create(
            {
                "partner_id": (partner or self.partner).id,
                "order_line": [Command.create({"product_id": product.id, "product_uom_qty": untaxed})],
                **values,
            }
        )
        if confirm:
            order.action_confirm()
            order.order_line.qty_delivered = delivered
        return order

    def _invoice_in(self, company, amount):
        """A posted invoice of another company than the active one."""
        move = self.env["account.move"].with_company(company)
        move.create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partner.id,
                "invoice_date": DAY,
                "invoice_line_ids": [Command.create({"name": "Goods", "price_unit": amount, "tax_ids": []})],
            }
        ).action_post()

    def _down_payment(self, order, percent, post=True):
        wizard = self.env["sale.advance.payment.inv"].with_context(active_ids=order.ids, active_model="sale.order")
        invoice = wizard.create({"advance_payment_method": "percentage", "amount": percent})._create_invoices(order)
        if post:
            self._post(invoice)
        return invoice

    def _post(self, invoice):
        invoice.invoice_date = DAY
        invoice.action_post()
        return invoice

    def _pay(self, invoice):
        return self._payment(
            abs(invoice.amount_residual), DAY, invoice.partner_id, invoice, currency=invoice.currency_id
        )

    def _let_authorize(self):
        self.patch(
            self.env.registry["payment.provider"],
            "_compute_feature_support_fields",
            lambda providers: providers.update({"support_manual_capture": "partial"}),
        )
        self.provider.invalidate_recordset()

    def _transaction(self, orders, amount, state="done", **values):
        return self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.method.id,
                "reference": f"T{self.env['payment.transaction'].search_count([])}",
                "amount": amount,
                "currency_id": orders[:1].currency_id.id or self.company.currency_id.id,
                "partner_id": self.partner.id,
                "operation": "online_redirect",
                "state": state,
                "sale_order_ids": [Command.set(orders.ids)],
                **values,
            }
        )

    def _position(self, partner=None, company=None):
        partner, company = partner or self.partner, company or self.company
        return self.env["credit.exposure"]._positions([(partner, company)])[partner, company]

    def _assert_parts(self, partner=None, company=None, **expected):
        """The parts named, all others zero, and their sum."""
        position = self._position(partner, company)
        self.assertEqual(
            {name: float(position[name]) for name in PARTS if position[name]},
            {name: value for name, value in expected.items() if value},
        )
        signs = {"unallocated": -1, "deposits": -1}
        self.assertAlmostEqual(
            float(position["exposure"]), sum(signs.get(name, 1) * value for name, value in expected.items())
        )

    def _row(self, partner=None, company=None):
        """The customer's row of the read model, with a collection file."""
        partner, company = partner or self.partner, company or self.company
        partner._followup_profile(company)
        Exposure = self.env["credit.exposure"]
        Exposure.invalidate_model()
        return Exposure.search([("partner_id", "=", partner.id), ("company_id", "=", company.id)])

    def _s24(self):
        self._invoice("2026-05-30", 38450)
        self._payment(1500, "2026-05-02")
        self._order(3500, delivered=3500)
        self._order(8166.67)
        self.partner.credit_limit = 55000


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestExposure(ExposureCommon):
    def test_s24_exposure_and_block(self):
        """S24: 38,450 − 1,500 + 4,200 + 9,800 = 50,950; an order of 5,280 is 1,230 over a limit of 55,000."""
        self._s24()
        self._assert_parts(receivable=38450, unallocated=1500, delivered=4200, ordered=9800)
        self.assertEqual(self._position()["exposure"], 50950)
        self.assertEqual(self._position()["headroom"], 4050)
        verdicts = self.env["credit.control"]._verdicts([Ask("new", self.partner, self.company, 5280)])
        self.assertEqual(verdicts["new"].severity, "warn")
        self.assertIn("1,230.00", verdicts["new"].sentences())

    def test_s24_an_order_with_a_deposit_received_passes(self):
        """S24: with 30 % of 5,280 received, 54,646 stays below 55,000; the confirmed order counts once."""
        self._s24()
        order = self._order(4400, confirm=False)
        self.assertEqual(self._position()["exposure"], 50950, "a quotation is not counted")
        order.action_confirm()
        self.assertEqual(self._position()["exposure"], 56230)
        down_payment = self._down_payment(order, 30)
        self.assertEqual(down_payment.amount_total, 1584)
        self._pay(down_payment)
        self.assertEqual(self._position()["exposure"], 54646)
        verdicts = self.env["credit.control"]._verdicts([Ask("order", self.partner, self.company, 0)])
        self.assertEqual(verdicts["order"].severity, "clear")

    def test_s24_insured_at_ninety_percent(self):
        """S24: insured 40,000 at 90 %: 36,000 covered, own risk 14,950; nothing is covered once the insurance has ended."""
        self._s24()
        profile = self.partner._followup_profile(self.company)
        profile.write({"insured_amount": 40000, "insured_share": 0.9, "insurance_end": DAY})
        row = self._row()
        self.assertEqual((row.insured_part, row.own_risk), (36000, 14950))
        profile.insurance_end = "2026-05-03"
        row = self._row()
        self.assertEqual((row.insured_part, row.own_risk), (0, 50950))

    def test_hard_case_31_no_limit_is_not_no_credit(self):
        self._invoice("2026-05-30", 100)
        profile = self.partner._followup_profile(self.company)
        self.partner.credit_limit = 0
        row = self._row()
        self.assertFalse(row.is_limited, "0 is core's “no limit”")
        self.assertFalse(row.over_limit)
        profile.limit_kind = "none"
        row = self._row()
        self.assertTrue(row.is_limited)
        self.assertTrue(row.over_limit)
        self.assertEqual((row.credit_limit, row.headroom), (0, -100))
        profile.limit_kind = "unlimited"
        self.partner.credit_limit = 50
        self.assertFalse(self._row().over_limit)
        profile.write({"temporary_limit": 80, "temporary_from": DAY, "temporary_to": DAY})
        self.assertEqual(self._row().credit_limit, 80, "the temporary limit takes the place of any other")
        profile.write({"temporary_from": "2026-05-03", "temporary_to": "2026-05-03"})
        self.assertFalse(self._row().is_limited)

    def test_hard_case_32_branches_and_companies_are_never_mixed(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        self.env.cr.precommit.run()  # its chart of accounts
        self.env.user.company_ids |= branch
        self.env = self.env(context={**self.env.context, "allowed_company_ids": (self.company | branch).ids})
        self._invoice("2026-05-30", 100)
        self._invoice_in(branch, 40)
        self._order(10, company_id=branch.id)
        partner = self.partner.with_env(self.env)
        partner.with_company(self.company).credit_limit = 120
        partner.with_company(branch).credit_limit = 50
        self._assert_parts(receivable=100)
        self._assert_parts(company=branch, receivable=40, ordered=12)
        self.assertEqual(self._position()["credit_limit"], 120)
        self.assertEqual(self._position(company=branch)["credit_limit"], 50)
        for company, over in ((self.company, False), (branch, True)):
            Partner = self.env["res.partner"].with_company(company)
            found = Partner.search([("followup_over_limit", "=", True)])
            self.assertEqual(partner in found, over)
            self.assertEqual(Partner.browse(partner.id).followup_over_limit, over)

    def test_hard_case_33_each_amount_counts_once_from_order_to_payment(self):
        order = self._order(1000, delivered=0)
        self._assert_parts(ordered=1200)
        down_payment = self._down_payment(order, 30, post=False)
        self._assert_parts(ordered=1200)
        self._post(down_payment)
        self._assert_parts(ordered=1200, receivable=360, deposits=360)
        self._pay(down_payment)
        self._assert_parts(ordered=1200, deposits=360)
        order.order_line.filtered(lambda line: line.product_id == self.goods).qty_delivered = 600
        self._assert_parts(delivered=720, ordered=480, deposits=360)
        invoice = order._create_invoices(final=True)
        self.assertEqual(invoice.amount_total, 360, "600 delivered less 300 in advance, with VAT")
        self._assert_parts(delivered=720, ordered=480, deposits=360)
        self._post(invoice)
        self._assert_parts(receivable=360, ordered=480)
        self._pay(invoice)
        self._assert_parts(ordered=480)
        order.order_line.filtered(lambda line: line.product_id == self.goods).qty_delivered = 1000
        last = order._create_invoices(final=True)
        self.assertEqual(order.invoice_status, "invoiced")
        self._assert_parts(delivered=480)
        self._post(last)
        self._assert_parts(receivable=480)
        last.button_draft()
        self._assert_parts(delivered=480)

    def test_hard_case_39_the_exposure_counts_every_salespersons_orders(self):
        self.salesperson.group_ids = self.env.ref("sales_team.group_sale_salesman")
        self._order(1000, user_id=self.env.user.id)
        model = self.env["credit.exposure"].with_user(self.salesperson)
        with self.assertRaises(AccessError):
            model.search([])
        self.partner.credit_limit = 1000
        control = self.env["credit.control"].with_user(self.salesperson)
        verdict = control._verdicts([Ask("new", self.partner, self.company, 60)])["new"]
        self.assertEqual(verdict.severity, "warn")
        self.assertIn("260.00", verdict.sentences())
