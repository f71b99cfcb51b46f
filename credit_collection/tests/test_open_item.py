"""Who owes what since when, as of any day: S12, S20 and the hard cases about amounts and ageing."""

from datetime import date

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import CollectionCommon


@tagged("post_install", "-at_install")
class TestOpenItem(CollectionCommon):
    def _aged(self, day, partner=None):
        """The aged balance of the test's customer as of a day: {bucket: amount}."""
        groups = (
            self.env["credit.open.item"]
            .with_context(credit_as_of=day)
            ._read_group([("partner_id", "=", (partner or self.partner).id)], ["bucket"], ["amount_residual:sum"])
        )
        return dict(groups)

    def _ledger_balance(self, day):
        lines = self.env["account.move.line"].search(
            [
                ("account_id.account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("date", "<=", day),
                ("company_id", "=", self.company.id),
            ]
        )
        return sum(lines.mapped("balance"))

    def _total(self, day):
        [(total,)] = (
            self.env["credit.open.item"]
            .with_context(credit_as_of=day)
            ._read_group([("company_id", "=", self.company.id)], [], ["amount_residual:sum"])
        )
        return total

    @freeze_time("2026-04-10")
    def test_s20_aged_balance_at_a_past_date(self):
        """Two days read in one transaction give each its own figures; both totals are the ledger's balances."""
        self._s20()
        past = {"not_due": 16500, "1_30": 6400, "31_60": 9800, "61_90": 5000, "91_120": 8000, "credit": -2000}
        today = {"not_due": 15300, "1_30": 5200, "31_60": 9800, "61_90": 5000, "credit": -2000}
        self.assertEqual(self._aged("2026-03-31"), past)
        self.assertEqual(self._aged(False), today)
        self.assertEqual(self._aged("2026-03-31"), past)
        self.assertEqual(self._total("2026-03-31"), 43700)
        self.assertEqual(self._total(False), 33300)
        for day in ("2026-03-31", "2026-04-10"):
            self.assertEqual(self._total(day), self._ledger_balance(day))

    @freeze_time("2026-04-10")
    def test_two_days_in_one_transaction_keep_their_own_figures(self):
        invoice = self._invoice("2026-03-07", 1000)
        self._payment(400, "2026-04-05", invoice=invoice)
        past = (
            self.env["credit.open.item"].with_context(credit_as_of="2026-03-31").search([("move_id", "=", invoice.id)])
        )
        today = past.with_context(credit_as_of=False)
        self.assertEqual((past.amount_residual, past.days_overdue), (1000, 24))
        self.assertEqual((today.amount_residual, today.days_overdue), (600, 34))
        self.assertEqual((past.amount_residual, past.chase_state), (1000, False))

    @freeze_time("2026-03-05")
    def test_s12_instalments_age_one_by_one(self):
        """S12 and hard case 4: only what is late is claimed, each instalment by its own due date."""
        term = self.env["account.payment.term"].create(
            {
                "name": "30/40/30",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": share, "nb_days": days})
                    for share, days in ((30, 30), (40, 58), (30, 89))
                ],
            }
        )
        invoice = self._invoice(
            "2026-01-01", 15000, date="2026-01-01", invoice_payment_term_id=term.id, invoice_date_due=False
        )
        items = self._item(invoice).sorted("date_maturity")
        self.assertRecordValues(
            items,
            [
                {
                    "amount_residual": 4500,
                    "date_maturity": date(2026, 1, 31),
                    "days_overdue": 33,
                    "amount_overdue": 4500,
                },
                {
                    "amount_residual": 6000,
                    "date_maturity": date(2026, 2, 28),
                    "days_overdue": 5,
                    "amount_overdue": 6000,
                },
                {
                    "amount_residual": 4500,
                    "date_maturity": date(2026, 3, 31),
                    "days_overdue": -26,
                    "amount_overdue": 0,
                },
            ],
        )
        actions = self._night("2026-03-05").filtered(lambda action: action.channel == "email")
        claimed = actions.line_ids.filtered(lambda line: line.kind == "claimed")
        self.assertEqual(sum(claimed.mapped("amount")), 10500)
        self.assertEqual(actions.line_ids.filtered(lambda line: line.kind == "not_due").state, "info")

    @freeze_time("2026-03-31")
    def test_hard_case_28_edges_of_the_buckets(self):
        """Due today is not overdue; a null maturity falls back to the entry's date."""
        expected = {
            0: "not_due", 1: "1_30", 30: "1_30", 31: "31_60", 60: "31_60",
            61: "61_90", 90: "61_90", 91: "91_120", 120: "91_120", 121: "over_120",
        }  # fmt: skip
        for days, bucket in expected.items():
            due = date.fromordinal(date(2026, 3, 31).toordinal() - days)
            item = self._item(self._invoice(due, 10))
            self.assertEqual((item.days_overdue, item.bucket), (days, bucket))
        invoice = self._invoice("2026-03-31", 10, date="2026-03-01")
        invoice.line_ids.flush_recordset()
        line = invoice.line_ids.filtered("date_maturity")
        self.env.cr.execute("UPDATE account_move_line SET date_maturity = NULL WHERE id = %s", line.ids)
        self.env.invalidate_all()
        self.assertEqual(self._item(invoice).date_maturity, date(2026, 3, 1))

    def test_hard_case_29_leap_day_and_time_zone(self):
        """Days are counted over the leap day, in the user's time zone."""
        with freeze_time("2024-02-01"):
            invoice = self._invoice("2024-02-28", 10)
        with freeze_time("2024-03-01"):
            self.assertEqual(self._item(invoice).days_overdue, 2)
        with freeze_time("2024-02-28 23:30:00"):
            self.assertEqual(self._item(invoice, tz="UTC").days_overdue, 0)
            self.assertEqual(self._item(invoice, tz="Europe/Paris").days_overdue, 1)

    @freeze_time("2026-03-31")
    def test_a_payment_dated_later_counts_only_from_its_day(self):
        """The total of today is today's ledger balance, but what is matched already is not claimed again."""
        invoice = self._invoice("2026-03-01", 1000)
        self._payment(1000, "2026-04-15", invoice=invoice)
        item = self._item(invoice)
        self.assertEqual((item.amount_residual, item.claimable_amount, item.chase_state), (1000, 0, "covered"))
        self.assertEqual(self._total(False), self._ledger_balance("2026-03-31"))
        self.assertFalse(self._item(invoice, credit_as_of="2026-04-15"))

    @freeze_time("2026-03-31")
    def test_an_invoice_reset_to_draft_leaves_its_payment_open(self):
        """Core keeps the match of a draft; the ledger does not know it, today or on a past day."""
        invoice = self._invoice("2026-03-01", 1000)
        payment = self._payment(1000, "2026-03-10", invoice=invoice)
        invoice.button_draft()
        for day in ("2026-03-31", "2026-03-15"):
            self.assertFalse(self._item(invoice, credit_as_of=day))
            self.assertEqual(self._item(payment.move_id, credit_as_of=day).amount_residual, -1000)
            self.assertEqual(self._total(day), self._ledger_balance(day))

    @freeze_time("2026-03-31")
    def test_hard_case_6_and_8_drafts_cancelled_and_reversed_entries_are_no_open_items(self):
        draft = self._invoice("2026-03-01", post=False)
        cancelled = self._invoice("2026-03-01")
        cancelled.button_draft()
        cancelled.button_cancel()
        reversed_ = self._invoice("2026-03-01")
        reversed_._reverse_moves([{"date": "2026-03-15", "invoice_date": "2026-03-15"}], cancel=True)
        self.assertFalse(self._item(draft | cancelled | reversed_))
        self.assertTrue(self._item(reversed_, credit_as_of="2026-03-10"))

    @freeze_time("2026-03-31")
    def test_hard_case_26_two_currencies_are_never_summed(self):
        dollar = self.setup_other_currency("GBP", rates=[("2026-01-01", 0.5)])
        self._invoice("2026-03-01", 100)
        self._invoice("2026-03-01", 100, currency_id=dollar.id)
        items = self.env["credit.open.item"].search([("partner_id", "=", self.partner.id)])
        self.assertEqual(sorted(items.mapped("amount_residual")), [100, 200])
        self.assertEqual(items.mapped("amount_residual_currency"), [100, 100])
        self._night("2026-03-31")
        [mail] = self.outbox
        self.assertEqual(mail["words"]["html"].count("Total to pay"), 2)

    def test_the_day_may_come_as_a_list_and_junk_is_refused(self):
        OpenItem = self.env["credit.open.item"]
        self.assertEqual(OpenItem.with_context(credit_as_of=["2026-03-31"])._as_of(), date(2026, 3, 31))
        for junk in ("tomorrow", 12, "2026-13-01"):
            with self.assertRaisesRegex(UserError, "is not a day"):
                OpenItem.with_context(credit_as_of=junk)._as_of()

    @freeze_time("2026-03-31")
    def test_an_entry_without_customer_stands_in_the_balance_and_is_never_chased(self):
        entry = self.env["account.move"].create(
            {
                "journal_id": self.company_data["default_journal_misc"].id,
                "date": "2026-01-01",
                "line_ids": [
                    Command.create({"account_id": self.company_data["default_account_receivable"].id, "debit": 50}),
                    Command.create({"account_id": self.company_data["default_account_revenue"].id, "credit": 50}),
                ],
            }
        )
        entry.action_post()
        item = self._item(entry)
        self.assertEqual((item.amount_residual, item.chase_state), (50, "excluded"))
        self.assertIn("no customer", item.chase_sentence)

    @freeze_time("2026-03-31")
    def test_hard_case_10_a_match_that_is_undone_brings_the_debt_back(self):
        invoice = self._invoice("2026-03-01")
        self._night("2026-03-16")
        self._payment(1000, "2026-03-20", invoice=invoice)
        self.assertFalse(self._item(invoice))
        invoice.line_ids.remove_move_reconcile()
        self.assertRecordValues(
            self._item(invoice), [{"days_overdue": 30, "dunning_level_id": self.letter1.id, "amount_residual": 1000}]
        )
