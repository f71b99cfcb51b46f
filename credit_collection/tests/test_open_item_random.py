"""The open items against a naive recomputation in Python, on random ledgers."""

import random
from datetime import date, timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from .common import CollectionCommon

START = date(2026, 1, 1)


@tagged("post_install", "-at_install")
class TestOpenItemRandom(CollectionCommon):
    def _ledger(self, dice, foreign):
        """Some invoices, credit notes and payments, partly matched, some matches undone, one entry reset to draft."""
        moves = self.env["account.move"]
        for _turn in range(25):
            day = START + timedelta(days=dice.randrange(120))
            amount = dice.randrange(1, 50000) / 100
            partner = dice.choice([self.partner, self.partner_a, self.partner_b])
            currency = dice.choice([self.company.currency_id, foreign])
            kind = dice.random()
            if kind < 0.6:
                due = day + timedelta(days=dice.randrange(0, 60))
                moves |= self._invoice(due, amount, partner, date=day, currency_id=currency.id)
            elif kind < 0.75:
                moves |= self._credit_note(amount, day, partner, currency_id=currency.id)
            else:
                moves |= self._payment(amount, day, partner, currency=currency).move_id
        for _turn in range(15):
            pair = dice.sample(moves, 2)
            if pair[0].commercial_partner_id == pair[1].commercial_partner_id:
                self._match(*pair)
        undone = dice.choice(moves)
        undone.line_ids.remove_move_reconcile()
        dice.choice(moves.filtered(lambda move: move.is_invoice())).button_draft()
        return moves

    def _naive(self, day):
        """{line id: (residual, residual in currency, days overdue)}: straight from the entries, one line at a time."""
        expected = {}
        lines = self.env["account.move.line"].search(
            [("account_id.account_type", "=", "asset_receivable"), ("company_id", "=", self.company.id)]
        )
        for line in lines:
            if line.move_id.state != "posted" or line.date > day:
                continue
            residual, currency_residual = line.balance, line.amount_currency
            for sign, partials, other in (
                (-1, line.matched_credit_ids, "credit_move_id"),
                (1, line.matched_debit_ids, "debit_move_id"),
            ):
                for partial in partials:
                    if partial[other].move_id.state == "posted" and partial[other].date <= day:
                        own = partial.debit_amount_currency if sign < 0 else partial.credit_amount_currency
                        residual += sign * partial.amount
                        currency_residual += sign * own
            residual = line.company_currency_id.round(residual)
            currency_residual = line.currency_id.round(currency_residual)
            if residual or currency_residual:
                expected[line.id] = (residual, currency_residual, (day - (line.date_maturity or line.date)).days)
        return expected

    def test_random_ledgers_agree_with_a_naive_recomputation(self):
        foreign = self.setup_other_currency(
            "GBP", rates=[("2026-01-01", 0.8), ("2026-02-15", 0.9), ("2026-04-01", 0.7)]
        )
        for seed in range(4):
            with self.subTest(seed=seed), freeze_time("2026-04-15"):
                self._ledger(random.Random(seed), foreign)
                self.env.flush_all()
                for day in (date(2026, 4, 15), date(2026, 3, 1), date(2026, 1, 20), date(2026, 5, 30)):
                    OpenItem = self.env["credit.open.item"].with_context(credit_as_of=day)
                    items = OpenItem.search([("company_id", "=", self.company.id)])
                    actual = {
                        item.id: (item.amount_residual, item.amount_residual_currency, item.days_overdue)
                        for item in items
                    }
                    self.assertEqual(actual, self._naive(day))
                    by_id = OpenItem.browse(items.ids)
                    by_id.invalidate_recordset()
                    self.assertEqual(
                        {item.id: item.amount_residual for item in by_id}, {k: v[0] for k, v in actual.items()}
                    )
