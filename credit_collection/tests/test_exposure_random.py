"""The exposure against a plain recomputation through the ORM, on random sales and ledgers."""

import random
from collections import defaultdict
from datetime import timedelta

from freezegun import freeze_time

from odoo import Command, fields
from odoo.tests import tagged

from ..report.credit_exposure import PARTS
from .test_exposure import DAY, ExposureCommon


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestExposureRandom(ExposureCommon):
    def _sales(self, dice, customers, pricelists):
        """Some orders in every state of being delivered, invoiced, paid in advance and credited; drafts; payments."""
        contact = self._customer(f"Contact {dice.random()}", parent_id=customers[0].id, is_company=False)
        orders = self.env["sale.order"]
        for _turn in range(14):
            orders |= self._random_order(dice, customers | contact, customers, pricelists)
        for order in orders.filtered(lambda order: order.state == "sale"):
            if order.amount_total > 0 and dice.random() < 0.3:
                self._down_payment(order, dice.choice([10, 30, 100]), post=dice.random() < 0.7)
            for _turn in range(dice.randrange(3)):
                self._deliver_and_invoice(dice, order)
            if dice.random() < 0.2:
                self._transaction(order, dice.randrange(1, 5000), dice.choice(["draft", "done"]))
        for _turn in range(6):
            partner = dice.choice(customers | contact)
            self._invoice("2026-05-30", dice.randrange(1, 9000), partner, post=dice.random() < 0.5)
            self._payment(dice.randrange(1, 3000), DAY, partner)
        self._match_some(dice)

    def _random_order(self, dice, buyers, payers, pricelists):
        partner = dice.choice(buyers)
        lines = [
            {
                "product_id": dice.choice([self.goods, self.hours]).id,
                "product_uom_qty": dice.choice([0, 1, 3, 10, 12.5, -2]),
                "price_unit": dice.choice([19.99, 100, 0, -30]),
                "discount": dice.choice([0, 0, 15]),
            }
            for _line in range(dice.randrange(1, 4))
        ]
        order = self.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "partner_invoice_id": dice.choice([partner, partner, dice.choice(payers)]).id,
                "pricelist_id": dice.choice(pricelists).id,
                "commitment_date": fields.Date.to_date(DAY) + timedelta(days=dice.choice([1, 20, 60])),
                "order_line": [Command.create(line) for line in lines],
            }
        )
        if dice.random() < 0.9:
            order.action_confirm()
        return order

    def _deliver_and_invoice(self, dice, order):
        for line in order.order_line.filtered("product_id"):
            line.qty_delivered = round(line.product_uom_qty * dice.choice([0, 0.5, 1, 1.2]), 2)
        if order.invoice_status != "to invoice" or dice.random() < 0.2:
            return
        invoices = order.with_context(raise_if_nothing_to_invoice=False)._create_invoices(final=dice.random() < 0.8)
        for invoice in invoices:
            line = invoice.invoice_line_ids.filtered("product_id")[:1]
            if dice.random() < 0.3 and line.quantity > 1:
                line.quantity = 1
            if invoice.amount_total >= 0 and dice.random() < 0.7:
                self._post(invoice)
            if invoice.state == "posted" and dice.random() < 0.3:
                refund = invoice._reverse_moves([{"invoice_date": DAY}])
                if refund.amount_total >= 0 and dice.random() < 0.6:
                    self._post(refund)

    def _match_some(self, dice):
        lines = self.env["account.move.line"].search(
            [("account_id.account_type", "=", "asset_receivable"), ("parent_state", "=", "posted")]
        )
        for partner, own in lines.grouped("partner_id").items():
            if partner and dice.random() < 0.5:
                own.filtered(lambda line: not line.reconciled).reconcile()
        posted = lines.move_id.filtered(lambda move: move.move_type == "out_invoice")
        if posted:
            dice.choice(posted).button_draft()

    # -- the same, one record after the other -----------------------------------

    def _naive(self):
        """{customer: {part: amount}}"""
        parts = defaultdict(lambda: dict.fromkeys(PARTS, 0.0))
        day = fields.Date.to_date(DAY)

        def value(amount, currency):
            return currency._convert(amount, self.company.currency_id, self.company, day, round=False)

        for line in self.env["account.move.line"].search([("company_id", "=", self.company.id)]):
            if line.account_id.account_type == "asset_receivable" and line.parent_state == "posted":
                amount = value(self._naive_residual(line), line.currency_id)
                part = parts[line.partner_id.commercial_partner_id]
                part["receivable" if amount > 0 else "unallocated"] += abs(amount)
        for order in self.env["sale.order"].search([("company_id", "=", self.company.id), ("state", "=", "sale")]):
            horizon = self.company.followup_order_horizon
            if horizon and order.commitment_date.date() > day + timedelta(days=horizon):
                continue
            part = parts[order.partner_invoice_id.commercial_partner_id]
            for name, amount in self._naive_order(order, value).items():
                part[name] += amount
        for move in self.env["account.move"].search([("company_id", "=", self.company.id), ("state", "=", "draft")]):
            if move.move_type == "out_invoice" and self.company.followup_exposure_drafts:
                amount = sum(
                    move.invoice_line_ids.filtered(lambda li: not self._counted(li, day)).mapped("price_total")
                )
                parts[move.commercial_partner_id]["drafts"] += value(max(amount, 0), move.currency_id)
        return parts

    def _naive_residual(self, line):
        """Without the matches with drafts, which core keeps when an invoice is reset."""
        residual = line.amount_currency
        for partial in line.matched_credit_ids:
            if partial.credit_move_id.parent_state == "posted":
                residual -= partial.debit_amount_currency
        for partial in line.matched_debit_ids:
            if partial.debit_move_id.parent_state == "posted":
                residual += partial.credit_amount_currency
        return line.currency_id.round(residual)

    def _counted(self, invoice_line, day):
        horizon = self.company.followup_order_horizon
        return any(
            order.state == "sale" and (not horizon or order.commitment_date.date() <= day + timedelta(days=horizon))
            for order in invoice_line.sale_line_ids.order_id
        )

    def _naive_order(self, order, value):
        delivered = ordered = deposit = 0.0
        for line in order.order_line:
            if line.is_downpayment:
                for invoice_line in line.invoice_lines.filtered(lambda li: li.parent_state == "posted"):
                    amount = value(invoice_line.price_total, invoice_line.currency_id)
                    deposit += amount if invoice_line.move_id.move_type == "out_invoice" else -amount
            elif not line.display_type:
                on_order = line.product_id.invoice_policy == "order"
                quantity, done, invoiced = line.product_uom_qty, line.qty_delivered, line.qty_invoiced_posted
                price = line.price_total / quantity if quantity else self._unit_price(line)
                sign = 1
                if quantity < 0:
                    sign, quantity, done, invoiced = -1, -quantity, -done, -invoiced
                if on_order:
                    done = min(done, quantity)
                owed = max(quantity, done, 0)
                invoiced = min(invoiced, owed)
                shipped = max(done - invoiced, 0)
                delivered += sign * price * shipped
                ordered += sign * price * (owed - invoiced - shipped)
        for transaction in order.transaction_ids.filtered(lambda tx: tx.state == "done"):
            deposit += value(transaction.amount, transaction.currency_id)
        delivered, ordered = value(delivered, order.currency_id), value(ordered, order.currency_id)
        whole = max(delivered + ordered, 0)
        ordered = min(max(ordered, 0), whole)
        return {"delivered": whole - ordered, "ordered": ordered, "deposits": min(max(deposit, 0), whole)}

    def _unit_price(self, line):
        return line.tax_ids.compute_all(line.price_unit * (1 - line.discount / 100))["total_included"]

    def test_random_sales_agree_with_a_plain_recomputation(self):
        gbp = self.setup_other_currency("GBP", rates=[("2026-01-01", 0.5), (DAY, 0.8)])
        pricelists = self.env["product.pricelist"].create(
            [{"name": "Own", "currency_id": self.company.currency_id.id}, {"name": "GBP", "currency_id": gbp.id}]
        )
        customers = self.partner | self._customer("Martin") | self._customer("Petit")
        Exposure = self.env["credit.exposure"]
        for seed in range(4):
            self.company.followup_order_horizon = 30 if seed % 2 else 0
            self.company.followup_exposure_drafts = seed != 2
            self._sales(random.Random(seed), customers, pricelists)
            self.env.flush_all()
            expected = self._naive()
            with self.subTest(seed=seed):
                positions = Exposure._positions([(customer, self.company) for customer in customers])
                for customer in customers:
                    position = positions[customer, self.company]
                    for part in PARTS:
                        self.assertAlmostEqual(
                            float(position[part]), expected[customer][part], delta=0.011, msg=f"{customer.name} {part}"
                        )
                self._assert_all_ways_agree(customers, positions)

    def _assert_all_ways_agree(self, customers, positions):
        """One customer, all, the read model and the search on customers give the same figures."""
        for customer in customers:
            customer._followup_profile(self.company)
            self.assertEqual(self._position(customer), {**positions[customer, self.company], **self._file(customer)})
        self.env.invalidate_all()
        rows = self.env["credit.exposure"].search([("company_id", "=", self.company.id)])
        for row in rows:
            exposure = float(positions[row.partner_id, self.company]["exposure"])
            self.assertAlmostEqual(row.exposure, exposure)
            self.assertIn(row.partner_id, customers.search([("followup_exposure", "=", exposure)]))
        orders = self.env["credit.exposure.order"].search([])
        for part in ("delivered", "ordered", "deposits"):
            self.assertAlmostEqual(sum(orders.mapped(part)), sum(rows.mapped(part)), delta=0.1)

    def _file(self, customer):
        profile = customer._followup_profile(self.company)
        return {"id": profile.id, "profile_id": profile.id}
