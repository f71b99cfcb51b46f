"""What keeps a reminder from leaving: payments not up to date, bank lines, the contact cap, old debts, the daily maximum,
the test addressee, an insolvency. S13, S29, S30, hard cases 1, 2, 10."""

from datetime import date

from freezegun import freeze_time
from psycopg2.errors import CheckViolation

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import CollectionCommon

DAY = "2026-03-16"  # a Monday


class SafetyCommon(CollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bank = cls.company_data["default_journal_bank"]

    @classmethod
    def _bank_line(cls, amount, day=DAY, partner=None, **values):
        return cls.env["account.bank.statement.line"].create(
            {
                "journal_id": cls.bank.id,
                "date": day,
                "payment_ref": "Transfer received",
                "partner_id": (partner or cls.partner).id,
                "amount": amount,
                **values,
            }
        )

    @classmethod
    def _opening_entry(cls, *labels):
        """A journal entry of the opening balance: one receivable per label, due on the 9th."""
        receivable = cls.company_data["default_account_receivable"]
        lines = [
            {
                "name": label,
                "account_id": receivable.id,
                "partner_id": cls.partner.id,
                "debit": 100,
                "date_maturity": "2026-03-09",
            }
            for label in labels
        ]
        counterpart = {"account_id": cls.company_data["default_account_revenue"].id, "credit": 100 * len(labels)}
        entry = cls.env["account.move"].create(
            {
                "move_type": "entry",
                "date": "2026-01-01",
                "line_ids": [Command.create(line) for line in (*lines, counterpart)],
            }
        )
        entry.action_post()
        return entry

    def _actions(self, **values):
        domain = [(name, "=", value) for name, value in values.items()]
        return self.env["credit.collection.action"].search(domain, order="id")


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestPaymentsUpToDate(SafetyCommon):
    def setUp(self):
        super().setUp()
        self.company.followup_payments_max_age = 7

    def test_nothing_goes_out_while_no_payment_is_known_at_all(self):
        invoice = self._invoice("2026-03-09")
        item = self._item(invoice)
        self.assertEqual(item.chase_state, "stale")
        self.assertIn("No payment is known yet", item.chase_sentence)
        self.assertFalse(self._night(DAY))

    def test_the_last_posted_bank_entry_counts_up_to_seven_days_back(self):
        invoice = self._invoice("2026-03-09")
        self._payment(10, "2026-03-08", self.partner_a)
        item = self._item(invoice)
        self.assertEqual(item.chase_state, "stale")
        self.assertIn("03/08/2026", item.chase_sentence)
        self._payment(10, "2026-03-09", self.partner_a)
        self.assertEqual(self._state(invoice), "chase", "seven days are not older than seven days")

    def test_entries_of_other_journals_drafts_and_entries_to_come_say_nothing_about_payments(self):
        invoice = self._invoice("2026-03-09")
        self._invoice("2026-03-16", date="2026-03-16", partner=self.partner_a)
        payment = self._payment(10, "2026-03-15", self.partner_a)
        payment.action_draft()
        self._payment(10, "2026-03-20", self.partner_a)
        self.assertEqual(self._state(invoice), "stale")

    def test_the_company_may_say_the_day_itself_and_then_its_day_counts(self):
        invoice = self._invoice("2026-03-09")
        self.company.followup_payments_known_date = "2026-03-10"
        self.assertEqual(self._state(invoice), "chase")
        self._payment(10, DAY, self.partner_a)
        self.company.followup_payments_known_date = "2026-03-01"
        self.assertEqual(self._state(invoice), "stale", "what the accountant says beats the last entry")
        self.company.followup_payments_max_age = 15
        self.assertEqual(self._state(invoice), "chase")

    def test_it_is_a_rule_about_money_after_the_calendar_and_before_covered(self):
        coming = self._invoice("2026-05-20", date=DAY)
        invoice = self._invoice("2026-03-09")
        self._payment(990, "2026-03-01")
        self.assertEqual(self._state(coming), "not_due")
        self.assertEqual(self._state(invoice), "stale")

    def test_each_company_has_its_own_payments(self):
        other = self.setup_other_company()["company"]
        invoice = self._invoice("2026-03-09")
        other.sudo().followup_payments_max_age = 7
        self.company.followup_payments_max_age = 0
        self.assertEqual(self._state(invoice), "chase")
        stale = (self.company | other).sudo()._payments_stale()
        self.assertEqual(stale, {other: False})

    def test_what_is_queued_stays_queued_with_its_lines_until_payments_are_up_to_date(self):
        self.company.followup_payments_known_date = DAY
        self._invoice("2026-03-09")
        action = self.env["credit.dunning.run"]._prepare()
        self.assertEqual(action.state, "queued")
        self.company.followup_payments_known_date = "2026-03-01"
        self.env["credit.dunning.mailer"]._cron_send()
        self.assertEqual((action.state, action.line_ids.state, self.outbox), ("queued", "pending", []))
        self.company.followup_payments_known_date = DAY
        self.env["credit.dunning.mailer"]._cron_send()
        self.assertEqual((action.state, len(self.outbox)), ("sent", 1))

    def test_a_message_that_a_person_wrote_leaves_all_the_same(self):
        self._invoice("2026-03-09")
        window = self.partner._followup_profile(self.company).action_write_message()
        action = self.env["credit.collection.action"].browse(window["res_id"])
        action.write({"subject": "Your call", "body": "As agreed"})
        action.action_confirm()
        self.env["credit.dunning.mailer"]._cron_send()
        self.assertEqual(action.state, "sent")

    def test_the_notices_say_so_to_who_may_read_open_items(self):
        company = {"allowed_company_ids": self.company.ids}
        notices = self.env["res.company"].with_user(self.accountant).with_context(**company).get_dunning_notices()
        self.assertIn("No payment is known yet", notices[0])
        with self.assertRaises(AccessError):
            self.env["res.company"].with_user(self.salesperson).get_dunning_notices()

    def test_negative_settings_are_refused(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.company.followup_payments_max_age = -1
            self.env.flush_all()


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestBankLines(SafetyCommon):
    def test_s13_money_on_the_bank_account_holds_the_reminder_like_an_unallocated_payment(self):
        self._invoice("2026-03-01", 4500)
        invoice = self._invoice("2026-03-09", 6000)
        self._bank_line(9800)
        item = self._item(invoice)
        self.assertEqual((item.chase_state, item.unallocated_amount, item.unallocated_share), ("covered", 9800, 93.3))
        self.assertFalse(self._night(DAY))
        self.assertEqual(len(self.partner._followup_profile(self.company).activity_ids), 1)

    def test_the_open_items_and_their_total_do_not_change(self):
        self._invoice("2026-03-09", 1000)
        before = self.env["credit.open.item"]._read_group([], [], ["amount_residual:sum", "__count"])
        self._bank_line(400)
        self.assertEqual(self.env["credit.open.item"]._read_group([], [], ["amount_residual:sum", "__count"]), before)

    def test_hard_case_2_below_the_threshold_the_letter_shows_and_deducts_it(self):
        self._invoice("2026-03-09", 1000)
        bank_line = self._bank_line(50)
        self.partner._followup_profile(self.company).always_confirm = True
        action = self._night(DAY)
        credit = action.line_ids.filtered(lambda line: line.kind == "credit")
        self.assertRecordValues(
            credit, [{"amount": -50, "move_name": "Transfer received", "state": "info", "level_id": False}]
        )
        self.assertEqual(credit.move_line_id.move_id, bank_line.move_id)
        self.assertIn("950.00", action.preview, "who confirms it sees it already")
        action.action_confirm()
        self.env["credit.dunning.mailer"]._cron_send()
        self.assertIn("$\N{NO-BREAK SPACE}950.00", self.outbox[0]["words"]["html"])

    def test_money_that_comes_after_the_preparation_is_added_and_changed_and_dropped_before_sending(self):
        invoice = self._invoice("2026-03-09", 1000)
        action = self.env["credit.dunning.run"]._prepare()
        bank_line = self._bank_line(50)
        self.assertEqual(self.env["credit.dunning.recheck"]._recheck(action.sudo()), action)
        self.assertEqual(action._totals("credit"), {self.company.currency_id: -50})
        bank_line.amount = 60
        self.env["credit.dunning.recheck"]._recheck(action.sudo())
        self.assertEqual(action._totals("credit"), {self.company.currency_id: -60})
        receivable = invoice.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")
        _liquidity, suspense, _other = bank_line._seek_for_lines()
        bank_line.with_context(force_delete=True).line_ids = [
            Command.update(suspense.id, {"account_id": receivable.account_id.id})
        ]
        (suspense + receivable).reconcile()
        self.assertTrue(bank_line.is_reconciled)
        self.assertEqual(self.env["credit.dunning.recheck"]._recheck(action.sudo()), action)
        self.assertEqual(action._totals("claimed", "credit"), {self.company.currency_id: 940})
        self.assertEqual(len(action.line_ids.filtered(lambda line: line.state == "void")), 1)

    def test_it_counts_in_its_own_currency_only(self):
        pound = self.setup_other_currency("GBP", rates=[("2026-01-01", 0.5)])
        invoice = self._invoice("2026-03-09", 1000)
        in_pounds = self._invoice("2026-03-09", 1000, currency_id=pound.id)
        self._bank_line(1000, foreign_currency_id=pound.id, amount_currency=500)
        self.assertEqual((self._state(invoice), self._state(in_pounds)), ("chase", "covered"))
        self.assertEqual(self._item(in_pounds).unallocated_amount, 500)

    def test_a_contact_of_the_customer_may_be_named(self):
        contact = self.env["res.partner"].create({"name": "Accounts payable", "parent_id": self.partner.id})
        invoice = self._invoice("2026-03-09", 1000)
        self._bank_line(1000, partner=contact)
        self.assertEqual(self._state(invoice), "covered")

    def test_money_paid_out_reconciled_or_of_somebody_else_does_not_count(self):
        invoice = self._invoice("2026-03-09", 1000)
        self._bank_line(-1000)
        self._bank_line(1000, partner=self.partner_a)
        self._bank_line(1000, partner_id=False)
        self._bank_line(1000, day="2026-03-17")
        done = self._bank_line(1000)
        _liquidity, suspense, _other = done._seek_for_lines()
        done.line_ids = [Command.update(suspense.id, {"account_id": self.company_data["default_account_revenue"].id})]
        self.assertTrue(done.is_reconciled)
        self.assertEqual(self._state(invoice), "chase")
        self.assertFalse(self._item(invoice).unallocated_amount)

    def test_it_lowers_what_the_customer_owes_for_the_minimum_amount(self):
        invoice = self._invoice("2026-03-09", 16)
        self.scenario.unallocated_threshold = 50
        self.assertEqual(self._state(invoice), "chase")
        self._bank_line(2)
        self.assertEqual(self._state(invoice), "small")

    def test_hard_case_10_a_reconciliation_undone_gives_the_credit_back(self):
        invoice = self._invoice("2026-03-09", 1000)
        bank_line = self._bank_line(1000)
        self.assertEqual(self._state(invoice), "covered")
        _liquidity, suspense, _other = bank_line._seek_for_lines()
        receivable = invoice.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")
        bank_line.line_ids = [Command.update(suspense.id, {"account_id": receivable.account_id.id})]
        (suspense + receivable).reconcile()
        self.assertFalse(self._item(invoice))
        bank_line.action_undo_reconciliation()
        self.assertEqual(self._state(invoice), "covered")


@tagged("post_install", "-at_install")
class TestContactCap(SafetyCommon):
    def _contact(self, day, channel="email", state="sent"):
        """A contact of that day, without a level."""
        with freeze_time(day):
            action = self.env["credit.collection.action"].create({"partner_id": self.partner.id})
            action._write_state({"state": state, "channel": channel, "date_done": f"{day} 09:00:00"})
        return action

    @freeze_time(DAY)
    def test_s30_the_fourth_contact_in_seven_days_is_held_until_the_first_is_seven_days_old(self):
        invoice = self._invoice("2026-03-09")
        self._contact("2026-03-10")
        self._contact("2026-03-12", channel="call")
        self.assertEqual(self._state(invoice), "chase")
        self._contact("2026-03-13")
        item = self._item(invoice)
        self.assertEqual((item.chase_state, item.next_date), ("too_soon", date(2026, 3, 17)))
        self.assertIn("Contacted 3 times in the last 7 days", item.chase_sentence)
        self.assertFalse(self._night(DAY))
        self.assertEqual(self._night("2026-03-17").level_id, self.letter1)

    @freeze_time(DAY)
    def test_it_holds_calls_too(self):
        invoice = self._invoice("2026-03-09")
        with freeze_time("2026-03-12"):
            self.env["credit.collection.action"]._set_level(self._item(invoice), self.letter1, "before")
        self.assertEqual(self._item(invoice).next_channel, "call")
        self.assertEqual(self._state(invoice), "chase")
        for day in ("2026-03-12", "2026-03-13", "2026-03-14"):
            self._contact(day)
        self.assertEqual(self._state(invoice), "too_soon")

    @freeze_time(DAY)
    def test_levels_set_by_hand_void_and_cancelled_actions_are_no_contacts(self):
        invoice = self._invoice("2026-03-09")
        for values in ({"channel": "manual"}, {"state": "void"}, {"state": "cancelled"}):
            self._contact(DAY, **values)
        self.assertEqual(self._state(invoice), "chase")
        self.assertEqual(self._item(invoice).recent_contacts, 0)

    @freeze_time(DAY)
    def test_what_is_planned_for_the_day_counts_and_what_was_planned_for_another_does_not(self):
        invoice = self._invoice("2026-03-09")
        self._contact("2026-03-12")
        self._contact("2026-03-13")
        draft = self.env["credit.collection.action"].create({"partner_id": self.partner.id})
        self.assertEqual(self._state(invoice), "too_soon")
        draft.date_planned = "2026-03-11"
        self.assertEqual(self._state(invoice), "chase")

    @freeze_time(DAY)
    def test_zero_is_no_cap_and_each_company_has_its_own(self):
        invoice = self._invoice("2026-03-09")
        for day in ("2026-03-13", "2026-03-14", "2026-03-15", DAY):
            self._contact(day)
        self.assertEqual(self._state(invoice), "too_soon")
        self.company.followup_contact_cap = 5
        self.assertEqual(self._state(invoice), "chase")
        self.company.followup_contact_cap = 0
        self.assertEqual(self._state(invoice), "chase")

    @freeze_time(DAY)
    def test_contacts_of_another_company_do_not_count(self):
        other = self.setup_other_company()["company"]
        invoice = self._invoice("2026-03-09")
        for _turn in range(3):
            self._contact(DAY).sudo()._write_state({"company_id": other.id})
        self.assertEqual(self._state(invoice), "chase")

    def test_the_day_of_a_contact_is_the_companys(self):
        """Sent on the 9th at 23:30 UTC, the 10th in Paris: on the 16th it is six days old there."""
        self.company.resource_calendar_id.tz = "Europe/Paris"
        with freeze_time(DAY):
            invoice = self._invoice("2026-03-09")
            for _turn in range(3):
                self._contact("2026-03-10")._write_state({"date_done": "2026-03-09 23:30:00"})
            self.assertEqual(self._state(invoice), "too_soon")
            self.company.resource_calendar_id.tz = "UTC"
            self.assertEqual(self._state(invoice), "chase")

    @freeze_time(DAY)
    def test_a_reminder_that_waits_is_not_counted_against_itself(self):
        self._invoice("2026-03-09")
        self._contact("2026-03-12")
        self._contact("2026-03-13")
        self.assertEqual(self._night(DAY).state, "sent")


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestOldDebts(SafetyCommon):
    def test_items_due_before_the_cut_off_day_are_not_chased(self):
        before, on_the_day = self._invoice("2026-02-28"), self._invoice("2026-03-01")
        self.company.followup_cutoff_date = "2026-03-01"
        self.assertEqual((self._state(before), self._state(on_the_day)), ("excluded", "chase"))
        self.assertIn("Due before 03/01/2026", self._item(before).chase_sentence)
        action = self._night(DAY)
        self.assertEqual(action.line_ids.move_id, on_the_day)

    def test_hard_case_16_a_level_set_on_them_is_a_decision_to_chase_them(self):
        before = self._invoice("2025-12-16")
        self.company.followup_cutoff_date = "2026-03-01"
        self.env["credit.collection.action"]._set_level(self._item(before), self.letter1, "decided", date(2026, 3, 1))
        self.assertEqual(self._state(before), "chase")

    def test_they_are_no_claim_that_unallocated_money_is_compared_with(self):
        self._invoice("2025-12-16", 100000)
        invoice = self._invoice("2026-03-09", 1000)
        self._payment(500, DAY)
        self.assertEqual(self._state(invoice), "chase")
        self.company.followup_cutoff_date = "2026-03-01"
        self.assertEqual(self._state(invoice), "covered")
        self.assertEqual(self._item(invoice).unallocated_share, 50)

    def test_another_companys_day_does_not_matter(self):
        other = self.setup_other_company()["company"]
        other.sudo().followup_cutoff_date = "2026-03-15"
        self.assertEqual(self._state(self._invoice("2026-02-27")), "chase")


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestDailyMaximum(SafetyCommon):
    def setUp(self):
        super().setUp()
        self.company.followup_daily_max = 2
        self.amounts = {"Small": 100, "Large": 3000, "Middle": 2000, "Tiny": 50}
        self.invoices = {
            name: self._invoice("2026-03-09", amount, self._customer(name)) for name, amount in self.amounts.items()
        }

    def _names(self, actions):
        return sorted(actions.partner_id.mapped("name"))

    def test_the_largest_claims_leave_first_and_the_rest_on_the_next_days(self):
        self.assertEqual(self._names(self._night(DAY)), ["Large", "Middle"])
        self.assertFalse(self._night(DAY), "a second run finds no room")
        written = self._night("2026-03-17").filtered(lambda action: action.channel == "email")
        self.assertEqual(self._names(written), ["Small", "Tiny"])

    def test_the_list_does_not_lie_before_or_after(self):
        item = self._item(self.invoices["Tiny"])
        self.assertEqual(item.chase_state, "chase")
        self.assertIn("2 largest claims", item.chase_sentence)
        self._night(DAY)
        item = self._item(self.invoices["Tiny"])
        self.assertEqual(item.chase_state, "daily_max")
        self.assertIn("The daily maximum of 2", item.chase_sentence)
        self.assertIn("is reached", self.company._dunning_notices()[0])

    def test_the_preview_says_exactly_who_is_written_to_today(self):
        preview = self.env["credit.dunning.preview"].create({})
        self.assertEqual(preview.chase_ids.move_id, self.invoices["Large"] | self.invoices["Middle"])
        self.assertEqual(preview.other_ids.move_id, self.invoices["Small"] | self.invoices["Tiny"])
        window = preview.action_prepare()
        actions = self.env["credit.collection.action"].search(window["domain"])
        self.assertEqual(actions.line_ids.move_id, preview.chase_ids.move_id)

    def test_calls_do_not_count(self):
        for invoice in (self.invoices["Tiny"], self.invoices["Small"]):
            with freeze_time("2026-03-12"):
                self.env["credit.collection.action"]._set_level(self._item(invoice), self.letter1, "before")
        actions = self._night(DAY)
        calls = actions.filtered(lambda action: action.channel == "call")
        self.assertEqual(self._names(calls), ["Small", "Tiny"])
        self.assertEqual(self._names(actions - calls), ["Large", "Middle"])

    def test_a_cancelled_reminder_makes_room_and_a_reminder_that_is_queued_still_leaves(self):
        self.partner.env["credit.profile"]._create_missing(self.company)
        actions = self.env["credit.dunning.run"]._prepare()
        actions[0].action_cancel()
        self.env["credit.dunning.mailer"]._cron_send()
        self.assertEqual(actions[1].state, "sent")
        self.assertEqual(len(self._night(DAY)), 1)

    def test_each_company_has_its_own_maximum(self):
        other = self.setup_other_company()["company"]
        self.company.followup_daily_max = 0
        other.sudo().followup_daily_max = 1
        self.assertEqual(len(self._night(DAY)), 4)


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestTestAddressee(SafetyCommon):
    def setUp(self):
        super().setUp()
        self.company.followup_test_email = "trial@creditor.example.com"
        self.invoice = self._invoice("2026-03-09")

    def test_everything_goes_to_the_test_addressee_and_says_for_whom_it_was(self):
        action = self._night(DAY)
        [mail] = self.outbox
        self.assertEqual(mail["email_to"], "trial@creditor.example.com")
        self.assertTrue(mail["words"]["subject"].startswith("[TEST] "))
        self.assertIn("durand@customer.example.com", mail["words"]["html"])
        self.assertNotIn(self.partner.email, mail["email_to"])
        self.assertEqual(mail["reply_to"], mail["email_from"], "an answer to a test is no answer of the customer")
        self.assertRecordValues(action, [{"state": "void", "is_test": True, "email_to": "trial@creditor.example.com"}])
        self.assertIn("Sent to the test addressee trial@creditor.example.com", action.reason)

    def test_no_level_is_consumed_and_no_history_is_written(self):
        profile = self.partner._followup_profile(self.company)
        history = len(profile.message_ids), len(self.invoice.message_ids)
        self._night(DAY)
        item = self._item(self.invoice)
        self.assertEqual((item.chase_state, item.dunning_level_id.id), ("chase", False))
        self.assertEqual((len(profile.message_ids), len(self.invoice.message_ids)), history)
        self.assertEqual((self.partner.followup_action_count, self.invoice.followup_action_count), (0, 0))

    def test_the_next_night_does_the_same_again_and_then_live_to_the_customer(self):
        for night in (DAY, "2026-03-17"):
            self.assertEqual(self._night(night).line_ids.level_id, self.letter1)
        self.company.followup_test_email = False
        self._night("2026-03-17")
        self.assertEqual([mail["email_to"] for mail in self.outbox][2], self.partner.email_formatted)
        self.assertEqual(self._sent(), [("2026-03-17", "Letter 1")])

    def test_calls_come_off_the_agenda_again_unless_they_were_made(self):
        other = self._invoice("2026-03-09", partner=self.partner_a)
        for invoice in (self.invoice, other):
            with freeze_time("2026-03-12"):
                self.env["credit.collection.action"]._set_level(self._item(invoice), self.letter1, "before")
        calls = self._night(DAY)
        self.assertRecordValues(calls, [{"state": "to_do", "is_test": True}] * 2)
        calls[0]._record_call("reached", "They pay on Friday.")
        self.assertFalse(calls[0].is_test)
        self.company.followup_test_email = False
        self.assertEqual(calls.mapped("state"), ["sent", "void"])
        left = self._item(calls[1].line_ids.move_id)
        self.assertEqual((left.dunning_level_id, left.chase_state), (self.letter1, "chase"))

    def test_a_missing_address_shows_as_it_would_for_real(self):
        self.partner.email = False
        action = self._night(DAY)
        self.assertEqual(action.state, "failed")
        self.assertFalse(self.outbox)

    def test_a_message_written_by_hand_goes_to_the_test_addressee_too(self):
        window = self.partner._followup_profile(self.company).action_write_message()
        action = self.env["credit.collection.action"].browse(window["res_id"])
        action.write({"subject": "Hello", "body": "Text"})
        action.action_confirm()
        self.env["credit.dunning.mailer"]._cron_send()
        self.assertEqual((action.state, self.outbox[0]["email_to"]), ("void", "trial@creditor.example.com"))

    def test_a_test_found_half_way_is_no_sent_reminder(self):
        action = self.env["credit.dunning.run"]._prepare()
        action._write_state({"state": "sending", "is_test": True})
        action.action_mark_sent()
        self.assertEqual((action.state, self._state(self.invoice)), ("void", "chase"))

    def test_the_address_has_to_be_one(self):
        with self.assertRaisesRegex(ValidationError, "is not an e-mail address"):
            self.company.followup_test_email = "nobody"

    def test_the_other_company_sends_to_its_customers(self):
        other = self.setup_other_company()["company"]
        self.assertFalse(other.sudo()._dunning_is_test())
        self.company.followup_test_email = False
        other.sudo().followup_test_email = "other@creditor.example.com"
        self._night(DAY)
        self.assertEqual(self.outbox[0]["email_to"], self.partner.email_formatted)


@tagged("post_install", "-at_install")
@freeze_time("2026-03-16")
class TestInsolvency(SafetyCommon):
    def test_s29_what_is_older_than_the_judgment_stops_and_what_is_later_goes_on(self):
        old = self._invoice("2025-12-31", 9000)
        queued = self.env["credit.dunning.run"]._prepare()
        self.partner._followup_profile(self.company).insolvency_date = "2026-02-16"
        new = self._invoice("2026-03-09", 500, date="2026-03-01")
        self.assertEqual((self._state(old), self._state(new)), ("stopped", "too_soon"))
        self.env["credit.dunning.mailer"]._cron_send()
        self.assertEqual((queued.state, self.outbox), ("cancelled", []))
        self.assertEqual((self._state(old), self._state(new)), ("stopped", "chase"))
        self.assertIn("Insolvency opened on 02/16/2026", self._item(old).chase_sentence)
        action = self._night(DAY)
        self.assertEqual(action.line_ids.move_id, new, "the old one is not claimed beside it")

    def test_an_entry_of_the_day_itself_is_not_older(self):
        invoice = self._invoice("2026-03-09", date="2026-02-16")
        self.partner._followup_profile(self.company).insolvency_date = "2026-02-16"
        self.assertEqual(self._state(invoice), "chase")

    def test_old_claims_do_not_count_for_the_new_ones_threshold(self):
        self._invoice("2025-12-31", 9000)
        new = self._invoice("2026-03-09", 500, date="2026-03-01")
        self._payment(100, DAY)
        self.assertEqual(self._state(new), "chase")
        self.partner._followup_profile(self.company).insolvency_date = "2026-02-16"
        self.assertEqual(self._state(new), "covered")


@tagged("post_install", "-at_install")
class TestSettings(SafetyCommon):
    def test_the_settings_page_shows_the_companys(self):
        self.env.user.group_ids |= self.env.ref("base.group_system")
        with Form(self.env["res.config.settings"]) as settings:
            settings.followup_payments_max_age = 4
            settings.followup_daily_max = 12
            settings.followup_test_email = "trial@creditor.example.com"
        settings.save().execute()
        self.assertRecordValues(
            self.company,
            [
                {
                    "followup_payments_max_age": 4,
                    "followup_daily_max": 12,
                    "followup_test_email": "trial@creditor.example.com",
                    "followup_contact_cap": 3,
                }
            ],
        )
