"""Why customers pay late: noted on items, and measured."""

import random
from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common_figures import FiguresCommon

DAY = "2026-03-31"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestLateReasonsNoted(FiguresCommon):
    def _dialog(self, items, user=None, **values):
        Wizard = self.env["credit.late.reason.wizard"].with_user(user or self.collector)
        return Wizard.with_context(active_model="credit.open.item", active_ids=items.ids).create(values)

    def _history(self, move):
        return [str(message.preview) for message in move.message_ids]

    def test_a_collector_notes_a_reason_on_several_items_and_the_invoices_remember(self):
        invoices = self._invoice("2026-03-01") | self._invoice("2026-03-02")
        self._dialog(self._item(invoices), reason_id=self.price.id).action_apply()
        self.assertEqual(self._item(invoices).mapped("late_reason_id"), self.price)
        for invoice in invoices:
            self.assertEqual(self._history(invoice)[0], "Late-payment reason: Price")

    def test_what_was_said_last_counts_and_the_same_again_is_no_news(self):
        invoice = self._invoice("2026-03-01")
        self._dialog(self._item(invoice), reason_id=self.price.id).action_apply()
        before = len(invoice.message_ids)
        dialog = self._dialog(self._item(invoice))
        self.assertEqual(dialog.reason_id, self.price, "what is known is proposed")
        dialog.action_apply()
        self.assertEqual(len(invoice.message_ids), before)
        dialog.reason_id = self.approval
        dialog.action_apply()
        self.assertEqual(self._item(invoice).late_reason_id, self.approval)
        self.assertEqual(len(invoice.message_ids), before + 1)

    def test_a_reason_noted_by_mistake_is_taken_away(self):
        invoice = self._invoice("2026-03-01")
        self._dialog(self._item(invoice), reason_id=self.price.id).action_apply()
        self._dialog(self._item(invoice), reason_id=False).action_apply()
        self.assertFalse(self._item(invoice).late_reason_id)
        self.assertEqual(self._history(invoice)[0], "The late-payment reason was taken away.")

    def test_only_collectors_note_reasons(self):
        items = self._item(self._invoice("2026-03-01"))
        with self.assertRaises(AccessError):
            self._dialog(items, self.accountant, reason_id=self.price.id)
        with self.assertRaises(AccessError):
            items.with_user(self.accountant)._set_late_reason(self.price)
        self.assertFalse(items.late_reason_id)

    def test_credits_have_no_reason_to_be_late(self):
        invoice, credit = self._invoice("2026-03-01"), self._credit_note(100, "2026-03-02")
        self.assertEqual(self._dialog(self._item(invoice | credit)).item_ids, self._item(invoice))
        with self.assertRaisesRegex(UserError, "credits are not late"):
            self._dialog(self._item(credit))

    def test_the_invoice_says_why_it_is_late(self):
        invoice = self._invoice("2026-03-01")
        self.assertNotIn("Reason:", self._item(invoice)._banner())
        self._item(invoice)._set_late_reason(self.price)
        self.assertIn("Days late: 30. Reason: Price.", self._item(invoice)._banner())
        self.assertIn("Reason: Price.", invoice._get_alerts()["credit_collection"]["message"])

    def test_items_are_found_and_grouped_by_their_reason(self):
        late, unknown = self._invoice("2026-03-01", 300), self._invoice("2026-03-02", 200)
        self._item(late)._set_late_reason(self.price)
        OpenItem = self.env["credit.open.item"]
        self.assertEqual(OpenItem.search([("late_reason_id", "=", False)]).move_id, unknown)
        groups = OpenItem._read_group([], ["late_reason_id"], ["amount_residual:sum"])
        self.assertEqual(groups, [(self.price, 300.0), (self.env["credit.late.reason"], 200.0)])

    def test_credit_managers_alone_keep_the_list_of_reasons(self):
        self.assertEqual(self.env["credit.late.reason"].search_count([]), 12)
        self.price.with_user(self.manager).write({"active": False})
        with self.assertRaises(AccessError):
            self.price.with_user(self.collector).write({"name": "mine"})
        self.assertEqual(self.price.with_user(self.salesperson).name, "Price")

    def test_noting_forty_takes_as_many_queries_as_noting_two(self):
        def note(count):
            invoices = self.env["account.move"]
            for _turn in range(count):
                invoices |= self._invoice("2026-03-01")
            items = self._item(invoices)
            items.move_line_id.mapped("followup_late_reason_id")
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            items._set_late_reason(self.price)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        few = note(2)
        self.assertLessEqual(note(40), few + 2)  # messages are inserted in batches


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestLateReasonsMeasured(FiguresCommon):
    def _rows(self, moves=None, user=None, **context):
        self.env.flush_all()
        Report = self.env["credit.late.reason.report"].with_user(user or self.accountant).with_context(**context)
        Report.invalidate_model()
        return Report.search([("move_id", "in", moves.ids)] if moves else [])

    def test_each_part_counts_for_its_own_days(self):
        """1 000 due on 1 March: 400 paid in time, 300 ten days late, 300 open for thirty days."""
        invoice = self._invoice("2026-03-01")
        self._payment(400, "2026-02-20", invoice=invoice)
        self._payment(300, "2026-03-11", invoice=invoice)
        row = self._rows(invoice)
        self.assertEqual((row.amount, row.amount_open, row.amount_days), (600, 300, 12000))
        self.assertEqual((row.days_late, row.weighted_days, row.state), (30, 20.0, "open"))

    def test_an_invoice_paid_late_stays_for_two_years(self):
        invoice = self._invoice("2024-03-20")
        self._payment(1000, "2024-04-01", invoice=invoice)
        row = self._rows(invoice)
        self.assertEqual((row.amount, row.amount_open, row.days_late, row.state), (1000, 0, 12, "paid"))
        with freeze_time("2026-04-01"):
            self.assertFalse(self._rows(invoice))

    def test_what_is_paid_in_time_or_not_due_is_not_late(self):
        early, punctual, later = self._invoice("2026-03-01"), self._invoice("2026-03-02"), self._invoice(DAY)
        self._payment(1000, "2026-02-20", invoice=early)
        self._payment(1000, "2026-03-02", invoice=punctual)
        self.assertFalse(self._rows(early | punctual | later))

    def test_what_a_credit_note_settled_was_never_owed(self):
        invoice = self._invoice("2026-03-01")
        self._match(self._credit_note(400, "2026-03-20"), invoice)
        row = self._rows(invoice)
        self.assertEqual((row.amount, row.days_late), (600, 30))
        self._payment(600, "2026-03-06", invoice=invoice)
        row = self._rows(invoice)
        self.assertEqual((row.amount, row.days_late, row.state), (600, 5, "paid"))

    def test_reasons_cost_money_and_days_and_no_reason_is_one_of_them(self):
        small, large, silent = (self._invoice("2026-03-01", amount) for amount in (100, 900, 500))
        self._item(small | large)._set_late_reason(self.price)
        self._payment(900, "2026-03-11", invoice=large)
        self.env.flush_all()
        groups = self.env["credit.late.reason.report"]._read_group(
            [], ["side", "late_reason_id"], ["amount:sum", "amount_open:sum", "weighted_days:avg"]
        )
        found = {reason: figures for _side, reason, *figures in groups}
        self.assertEqual(found[self.price], [1000, 100, 12.0])  # 900 for ten days, 100 for thirty
        self.assertEqual(found[self.env["credit.late.reason"]], [500, 500, 30.0])
        self.assertEqual([side for side, *_rest in groups], ["ours", False])
        self.assertEqual(self._rows(silent).late_reason_id, self.env["credit.late.reason"])

    def test_the_late_amount_is_in_the_companys_currency_at_the_invoices_rate(self):
        pound = self.setup_other_currency("GBP", rates=[("2026-01-01", 0.5), ("2026-03-01", 0.25)])
        invoice = self._invoice("2026-02-28", 100, currency_id=pound.id)
        self._payment(40, "2026-03-10", invoice=invoice, currency=pound)
        row = self._rows(invoice)
        self.assertEqual((row.amount, row.amount_open, row.amount_days), (200, 120, 40 * 2 * 10 + 60 * 2 * 31))

    def test_instalments_are_late_one_by_one(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two",
                "line_ids": [
                    fields.Command.create({"value": "percent", "value_amount": 50, "nb_days": days})
                    for days in (10, 60)
                ],
            }
        )
        invoice = self._invoice("2026-03-01", 1000, date="2026-03-01", invoice_payment_term_id=term.id)
        row = self._rows(invoice)
        self.assertEqual([(each.amount, str(each.date_maturity)) for each in row], [(500, "2026-03-11")])

    def test_it_names_collector_salesperson_and_commercial_partner(self):
        contact = self._customer("Contact", parent_id=self.partner.id, is_company=False)
        self.partner._followup_profile(self.company).collector_id = self.collector
        row = self._rows(self._invoice("2026-03-01", partner=contact, invoice_user_id=self.salesperson.id))
        self.assertEqual((row.partner_id, row.collector_id), (self.partner, self.collector))
        self.assertEqual(row.invoice_user_id, self.salesperson)
        self.assertEqual(row.action_open_move()["res_id"], row.move_id.id)

    def test_each_company_sees_its_own(self):
        other = self.setup_other_company(name="Autre")
        company = other["company"]
        ours = self._invoice("2026-03-01")
        theirs = self._invoice(
            "2026-03-01", company_id=company.id, journal_id=other["default_journal_sale"].id, post=False
        )
        theirs.action_post()
        self.assertEqual(self._rows().move_id, ours)
        self.accountant.company_ids += company
        self.assertEqual(self._rows(allowed_company_ids=[self.company.id, company.id]).move_id, ours | theirs)

    def test_those_who_read_accounts_read_it_and_nobody_changes_it(self):
        reader = new_test_user(self.env, "reader", groups="account.group_account_readonly", company_id=self.company.id)
        Report = self.env["credit.late.reason.report"]
        for user in (reader, self.accountant, self.collector):
            self.assertTrue(Report.with_user(user).has_access("read"), user.login)
        self.assertFalse(Report.with_user(self.salesperson).has_access("read"))
        for operation in ("create", "write", "unlink"):
            self.assertFalse(Report.with_user(self.manager).has_access(operation), operation)

    def test_reading_many_takes_as_many_queries_as_few(self):
        def read():
            self._rows().read(["amount", "late_reason_id", "collector_id", "weighted_days"])

        self._invoice("2026-03-01")
        read()
        few = self._queries(read)
        for number in range(15):
            self._invoice("2026-03-01", partner=self._customer(f"Customer {number}"))
        self.assertLessEqual(self._queries(read), few)

    def test_random_ledgers_agree_with_a_plain_recomputation(self):
        dice = random.Random(20260331)
        day = fields.Date.to_date(DAY)
        invoices = self.env["account.move"]
        for _turn in range(30):
            invoice = self._invoice(day - timedelta(days=dice.randrange(-5, 120)), dice.randrange(100, 5000))
            for _part in range(dice.randrange(3)):
                paid = day - timedelta(days=dice.randrange(-3, 130))
                amount = dice.randrange(1, 3000)
                if not invoice.amount_residual:
                    break
                if dice.random() < 0.3:
                    self._match(self._credit_note(amount, paid), invoice)
                else:
                    self._payment(amount, paid, invoice=invoice)
            invoices |= invoice
        rows = {row.move_id: (row.amount, row.amount_open, row.amount_days) for row in self._rows(invoices)}
        expected = {invoice: self._naive(invoice, day) for invoice in invoices}
        self.assertEqual(rows, {invoice: figures for invoice, figures in expected.items() if figures[0]})

    def _naive(self, invoice, day):
        line = invoice.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")
        due, left, late, late_days = line.date_maturity, line.balance, 0.0, 0.0
        for match in line.matched_credit_ids:
            if match.max_date > day:
                continue
            left -= match.amount
            if match.max_date > due and match.credit_move_id.move_id.move_type != "out_refund":
                late += match.amount
                late_days += match.amount * (match.max_date - due).days
        left = round(left, 2) if day > due else 0.0
        return round(late + left, 2), left, round(late_days + left * (day - due).days, 2)
