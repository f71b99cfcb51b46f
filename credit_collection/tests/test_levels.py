"""How an item climbs: S11 and the hard cases about levels."""

from datetime import date

from freezegun import freeze_time
from psycopg2.errors import UniqueViolation

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CollectionCommon


@tagged("post_install", "-at_install")
class TestLevels(CollectionCommon):
    def _level(self, move):
        return self._item(move).dunning_level_id

    def _set_level(self, move, level, user=None):
        wizard = self.env["credit.level.change"].with_user(user or self.manager)
        wizard = wizard.with_context(active_ids=self._item(move).ids)
        wizard.create({"level_id": level.id, "note": "taken over from the old software"}).action_apply()

    def test_s11_one_message_per_customer_each_item_at_its_own_level(self):
        """A climbs to the notice, B to its own first letter; C is not due: shown, not claimed, no level consumed."""
        self.notice.write({"registered": False, "channel": "email"})
        with freeze_time("2026-03-02"):
            late = self._invoice("2026-02-12", 4000)
        with freeze_time("2026-03-02"):
            self._set_level(late, self.letter2)
        with freeze_time("2026-03-16"):
            fresh = self._invoice("2026-03-11", 1500)
            not_due = self._invoice("2026-04-20", 900, date="2026-03-16")
            self._credit_note(300, "2026-03-10")
        action = self._night("2026-03-16")
        self.assertEqual((action.level_id, action.state), (self.notice, "to_confirm"))
        lines = {line.move_name: line for line in action.line_ids}
        self.assertEqual(
            {name: (line.kind, line.level_id, line.state, line.amount) for name, line in lines.items()},
            {
                late.name: ("claimed", self.notice, "pending", 4000),
                fresh.name: ("claimed", self.letter1, "pending", 1500),
                not_due.name: ("not_due", self.env["credit.dunning.level"], "info", 900),
                "RINV/2026/00001": ("credit", self.env["credit.dunning.level"], "info", -300),
            },
        )
        self.assertEqual(action.amount_company, 5500)
        with freeze_time("2026-03-16"):
            action.action_confirm()
            self.env["credit.dunning.mailer"]._cron_send()
            self.assertIn("5,500.00", self.outbox[0]["words"]["text"])
            self.assertIn("5,200.00", self.outbox[0]["words"]["text"])
            self.assertEqual((self._level(late), self._level(fresh)), (self.notice, self.letter1))
            self.assertFalse(self._level(not_due))
            self._payment(4000, "2026-03-16", invoice=late)
        action = self._night("2026-03-26")
        self.assertEqual(action.filtered(lambda action: action.channel == "email").level_id, self.letter2)

    def test_hard_case_14_the_same_run_twice_prepares_once_and_the_database_refuses_a_second_line(self):
        with freeze_time("2026-03-16"):
            invoice = self._invoice("2026-03-09")
            self.partner._followup_profile(self.company).always_confirm = True
        self.assertEqual(len(self._night("2026-03-16")), 1)
        self.assertFalse(self._night("2026-03-16"))
        action = self.env["credit.collection.action"].create({"partner_id": self.partner.id})
        for vals in ({"state": "pending"}, {"state": "pending", "level_id": self.letter1.id}):
            with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                self.env["credit.collection.action.line"]._create_evidence(
                    [{"action_id": action.id, "move_line_id": self._item(invoice).id, **vals}]
                )

    def test_hard_case_16_a_late_start_enters_at_the_first_level_and_climbs_by_the_gap(self):
        """90 days late on the first night: letter 1, then one written level per gap at most."""
        with freeze_time("2026-03-16"):
            self._invoice("2025-12-16")
        self._nights("2026-03-16", "2026-04-07")
        written = [(day, level) for day, level in self._sent()]
        self.assertEqual(written, [("2026-03-16", "Letter 1"), ("2026-03-26", "Letter 2")])
        notice = self.env["credit.collection.action"].search([("level_id", "=", self.notice.id)])
        self.assertEqual(notice.date_planned, date(2026, 4, 2), "seven days after letter 2")

    def test_hard_case_18_after_the_previous_one_counts_from_the_day_it_was_really_sent(self):
        with freeze_time("2026-03-16"):
            invoice = self._invoice("2026-03-12")
            profile = self.partner._followup_profile(self.company)
            profile.always_confirm = True
        action = self._night("2026-03-16")
        with freeze_time("2026-03-18"):
            action.action_confirm()
            self.env["credit.dunning.mailer"]._cron_send()
            profile.always_confirm = False
            self._set_level_of_call(invoice)
        self._nights("2026-03-27", "2026-03-31")
        self.assertEqual(self._sent()[-1], ("2026-03-30", "Letter 2"))

    def _set_level_of_call(self, invoice):
        """The call of D+7 is dropped: it must not matter for letter 2."""
        self.assertEqual(self._item(invoice).next_level_id, self.call)

    def test_a_call_never_delays_a_letter(self):
        """The call stays open, and letter 2 leaves on its day; due the same day, both happen that night."""
        with freeze_time("2026-03-16"):
            invoice = self._invoice("2026-03-12")
        self._nights("2026-03-16", "2026-03-26")
        call = self.env["credit.collection.action"].search([("channel", "=", "call")])
        self.assertEqual(call.state, "to_do")
        self.assertEqual(self._sent()[-1], ("2026-03-26", "Letter 2"))
        self.assertEqual(self._level(invoice), self.letter2)
        with freeze_time("2026-03-27"):
            call._record_call("reached", "They pay on Friday.")
        self.assertEqual(self._level(invoice), self.letter2, "a call made late does not set the item back")

    def test_a_call_and_a_letter_of_the_same_day_both_happen(self):
        self.call.delay_days = 13
        with freeze_time("2026-03-16"):
            self._invoice("2026-03-12")
        self._night("2026-03-16")
        actions = self._night("2026-03-26")
        self.assertEqual(set(actions.mapped("channel")), {"call", "email"})

    def test_a_call_that_is_long_due_follows_the_first_letter_on_the_next_day(self):
        with freeze_time("2026-03-16"):
            invoice = self._invoice("2025-12-16")
        self._night("2026-03-16")
        with freeze_time("2026-03-16"):
            self.assertEqual(self._state(invoice), "waiting")
        self.assertEqual(self._night("2026-03-17").channel, "call")

    def test_a_call_counted_from_a_late_letter_gives_way_to_the_letter_after_it(self):
        self.call.write({"anchor_level_id": self.letter1.id, "delay_days": 5})
        self.letter2.write({"anchor_level_id": False, "delay_days": 10})
        self.scenario.gap_days = 1
        with freeze_time("2026-03-09"):
            invoice = self._invoice("2026-03-02")
        self._night("2026-03-10")  # letter 1, five days late: the call would be due on the 15th
        with freeze_time("2026-03-11"):
            self.assertEqual(self._item(invoice, credit_as_of="2026-03-12").next_level_id, self.letter2)

    def test_hard_case_19_a_level_set_by_hand_survives_the_run_with_its_author(self):
        with freeze_time("2026-03-16"):
            invoice = self._invoice("2026-03-09")
            self._set_level(invoice, self.letter1)
        self.assertEqual(self._night("2026-03-17").level_id, self.call, "it goes on from there")
        manual = self.env["credit.collection.action"].search([("channel", "=", "manual")])
        self.assertRecordValues(manual, [{"state": "sent", "user_id": self.manager.id, "level_id": self.letter1.id}])
        self.assertEqual(manual.note, "taken over from the old software")

    def test_a_level_set_back_by_hand_lets_the_item_climb_again(self):
        with freeze_time("2026-03-09"):
            invoice = self._invoice("2026-03-02")
        self._nights("2026-03-09", "2026-03-19")
        self.assertEqual(self._level(invoice), self.letter2)
        with freeze_time("2026-03-20"):
            self._set_level(invoice, self.letter1)
            self.assertEqual(self._level(invoice), self.letter1)
        self._nights("2026-03-23", "2026-03-30")
        self.assertEqual(self._sent()[-1], ("2026-03-30", "Letter 2"))

    @freeze_time("2026-03-16")
    def test_only_a_credit_manager_sets_a_level_by_hand(self):
        invoice = self._invoice("2026-03-09")
        for user in (self.collector, self.accountant):
            with self.assertRaises(AccessError):
                self._set_level(invoice, self.letter1, user)
        self._set_level(invoice, self.letter1)

    def test_hard_case_20_a_scenario_changed_midway_maps_by_nominal_day(self):
        """Letter 2 (day 13) stands for the courtesy message (5) and the call (12) of the other scenario."""
        good = self.env["credit.dunning.scenario"].search([("company_id", "=", self.company.id)])[1]
        good.live = True
        with freeze_time("2026-03-09"):
            invoice = self._invoice("2026-03-02")
        self._nights("2026-03-09", "2026-03-19")
        self.partner._followup_profile(self.company).scenario_id = good
        with freeze_time("2026-03-20"):
            item = self._item(invoice)
        self.assertEqual(item.dunning_level_id, self.letter2, "nothing is lost")
        self.assertEqual(item.next_level_id, good.level_ids.filtered(lambda level: level.day == 20))

    def test_hard_case_21_a_level_in_use_is_archived_not_deleted(self):
        with freeze_time("2026-03-16"):
            invoice = self._invoice("2026-03-09")
        self._night("2026-03-16")
        with self.assertRaisesRegex(UserError, "Archive it instead"):
            self.letter1.unlink()
        self.letter2.anchor_level_id = False
        self.letter1.action_archive()
        self.assertEqual(self._level(invoice), self.letter1)
        with freeze_time("2026-03-17"):
            self.assertEqual(self._item(invoice).next_level_id, self.call)
        self.due_today.unlink()

    def test_a_customer_gets_one_written_reminder_a_day(self):
        """A letter to-day, and the courtesy for another item only the next day, however often the run is started."""
        with freeze_time("2026-03-16"):
            self._invoice("2026-03-12")
            coming = self._invoice("2026-03-20", date="2026-03-01")
        self._night("2026-03-16")
        self.assertFalse(self._night("2026-03-16"))
        with freeze_time("2026-03-16"):
            self.assertEqual(self._state(coming), "too_soon")
        self._night("2026-03-17")
        self.assertEqual(self._sent(), [("2026-03-16", "Letter 1"), ("2026-03-17", "Upcoming payment")])

    def test_hard_case_30_a_new_invoice_follows_its_own_calendar(self):
        """The gap is kept per item: a new invoice gets its own first letter although its customer was just written to."""
        with freeze_time("2026-03-16"):
            self._invoice("2026-03-12")
            self._invoice("2026-03-14")
        self._nights("2026-03-16", "2026-03-17")
        self.assertEqual(self._sent(), [("2026-03-16", "Letter 1"), ("2026-03-17", "Letter 1")])

    def test_missed_courtesies_before_the_due_date_are_skipped(self):
        """Posted on its due date, an invoice gets the message of the day, not the one of ten days before."""
        with freeze_time("2026-03-16"):
            invoice = self._invoice("2026-03-16", date="2026-03-16")
            self.assertEqual(self._item(invoice).next_level_id, self.due_today)
        with freeze_time("2026-03-11"):
            self.assertEqual(self._item(invoice, credit_as_of="2026-03-16").next_level_id, self.due_today)

    def test_hard_case_5_terms_changed_after_a_reminder_keep_the_history(self):
        with freeze_time("2026-03-16"):
            invoice = self._invoice("2026-03-09")
        action = self._night("2026-03-16")
        name = invoice.name
        with freeze_time("2026-03-17"):
            invoice.button_draft()
            invoice.invoice_line_ids.price_unit = 2000
            invoice.action_post()
            self.assertEqual(self._item(invoice).amount_residual, 2000)
            invoice.button_draft()
            invoice.with_context(force_delete=True).unlink()
        self.assertRecordValues(action.line_ids, [{"move_line_id": False, "move_name": name, "amount": 1000.0}])

    def test_a_due_date_extended_keeps_the_level_reached(self):
        with freeze_time("2026-03-16"):
            invoice = self._invoice("2026-03-09")
        self._night("2026-03-16")
        line = invoice.line_ids.filtered("date_maturity")
        line.date_maturity = fields.Date.to_date("2026-04-30")
        with freeze_time("2026-03-17"):
            item = self._item(invoice)
            self.assertEqual(item.date_maturity, date(2026, 4, 30))
            self.assertEqual((item.dunning_level_id, item.chase_state), (self.letter1, "not_due"))

    @freeze_time("2026-03-16")
    def test_a_cancelled_reminder_gives_its_items_back(self):
        invoice = self._invoice("2026-03-09")
        self.partner._followup_profile(self.company).always_confirm = True
        action = self._night("2026-03-16")
        action.with_user(self.collector).action_cancel()
        self.assertEqual(self._state(invoice), "chase")
        self.assertIn("collector", action.reason)
        self.assertEqual(len(self._night("2026-03-16")), 1)

    @freeze_time("2026-03-16")
    def test_an_item_can_be_taken_out_of_an_unsent_reminder_or_added(self):
        first, second = self._invoice("2026-03-09"), self._invoice("2026-03-10")
        self.partner._followup_profile(self.company).always_confirm = True
        action = self._night("2026-03-16").with_user(self.collector)
        line = action.line_ids.filtered(lambda line: line.move_name == second.name)
        action.line_ids = [Command.delete(line.id)]
        self.assertEqual((self._state(first), self._state(second)), ("prepared", "too_soon"))
        action.line_ids = [Command.create({"move_line_id": self._item(second).id})]
        self.assertEqual(len(action.line_ids), 2)
