"""Calls: what is at hand, what is kept, and the next one."""

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form

from .common import CollectionCommon

DAY = "2026-03-16"  # a Monday


@freeze_time(DAY)
class TestCalls(CollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner.phone = "+33 1 99 00 11 22"
        cls.contact = cls.env["res.partner"].create(
            {"name": "Zoé Lenoir", "parent_id": cls.partner.id, "phone": "+33 6 99 00 11 22"}
        )

    def _call(self):
        """A call of today's agenda, as the collector sees it."""
        invoice = self._invoice("2026-03-09")
        items = self._item(invoice)
        self.env["credit.collection.action"]._set_level(
            items, self.letter1, "before", fields.Date.to_date("2026-03-12")
        )
        return self._night(DAY).with_user(self.collector)

    def _dialog(self, call, **values):
        wizard = Form(self.env["credit.call.result"].with_user(self.collector).with_context(default_action_id=call.id))
        for name, value in values.items():
            setattr(wizard, name, value)
        return wizard.save()

    def test_the_numbers_of_all_contacts_are_at_hand(self):
        call = self._call()
        self.assertEqual(call.channel, "call")
        for number in (self.partner.phone, self.contact.phone):
            self.assertIn(number, call.phone_numbers)

    def test_a_call_of_no_level_is_called_a_call_and_goes_by_no_other_way(self):
        call = (
            self.partner._followup_profile(self.company)
            .with_user(self.collector)
            ._plan_call(fields.Date.to_date(DAY), self.env["account.move.line"])
        )
        self.assertEqual(call.display_name, "Durand – Call")
        self.assertFalse(call.channel_note)

    def test_the_result_is_kept_with_the_call_and_in_the_file(self):
        call = self._call()
        self._dialog(
            call,
            reached_id=self.contact,
            note="The transfer leaves on Friday.",
            announced_date=fields.Date.to_date("2026-03-20"),
        ).action_save()
        self.assertRecordValues(
            call, [{"state": "sent", "result": "reached", "reached_id": self.contact.id, "user_id": self.collector.id}]
        )
        self.assertEqual(str(call.announced_date), "2026-03-20")
        self.assertIn("The transfer leaves on Friday.", call.profile_id.message_ids[:1].body)

    def test_a_call_that_reached_someone_is_not_saved_without_a_word(self):
        with self.assertRaisesRegex(UserError, "Note what was said"):
            self._dialog(self._call()).action_save()

    def test_nobody_reached_a_call_is_planned_for_the_next_working_day(self):
        call = self._call()
        self._dialog(call, result="no_answer").action_save()
        self.assertEqual(call.state, "sent")
        again = self.env["credit.collection.action"].search([("state", "=", "to_do")])
        self.assertRecordValues(again, [{"channel": "call", "partner_id": self.partner.id}])
        self.assertEqual(str(again.date_planned), "2026-03-17")
        self.assertEqual(again.line_ids.move_id, call.line_ids.move_id)

    def test_what_was_said_is_shown_with_the_next_call(self):
        call = self._call()
        self._dialog(call, note="Ask for Zoé.", call_back=fields.Date.to_date("2026-03-18")).action_save()
        again = self.env["credit.collection.action"].search([("state", "=", "to_do")])
        self.assertIn("Ask for Zoé.", again.last_words)

    def test_before_the_due_date_the_answers_to_the_questions_are_kept(self):
        self.scenario.level_ids.filtered("anchor_level_id").anchor_level_id = False
        self.upcoming.write({"channel": "call", "delay_days": -10})
        self._invoice("2026-03-20")
        call = self._night(DAY).with_user(self.collector)
        self.assertEqual(call.channel, "call")
        dialog = self._dialog(call, invoice_received="yes", invoice_in_order="no", note="PO number missing")
        self.assertTrue(dialog.before_due)
        dialog.action_save()
        self.assertEqual(call.note, "Invoice received: Yes\nIn order on their side: No\nPO number missing")

    def test_a_result_is_noted_once_and_only_for_a_call(self):
        call = self._call()
        call._record_call("message", "")
        with self.assertRaisesRegex(UserError, "noted already"):
            call._record_call("reached", "again")

    def test_no_call_back_in_the_past(self):
        with self.assertRaisesRegex(UserError, "still to come"):
            self._call()._record_call("message", "", call_back=fields.Date.to_date("2026-03-13"))

    def test_a_collector_plans_a_call_by_hand_and_an_accountant_does_not(self):
        self._invoice("2026-03-09")
        profile = self.partner._followup_profile(self.company)
        action = profile.with_user(self.collector).action_plan_call()
        Plan = self.env["credit.call.plan"].with_user(self.collector).with_context(**action["context"])
        plan = Form(Plan)
        plan.date_planned = fields.Date.to_date("2026-03-18")
        plan.note = "Ask for Zoé."
        plan.save().action_plan()
        call = self.env["credit.collection.action"].search([("channel", "=", "call")])
        self.assertRecordValues(call, [{"state": "to_do", "level_id": False, "note": "Ask for Zoé."}])
        self.assertEqual(str(call.date_planned), "2026-03-18")
        self.assertEqual(call.line_ids.state, "info")
        with self.assertRaises(AccessError):
            profile.with_user(self.accountant).action_plan_call()

    def test_an_accountant_may_not_note_a_result(self):
        call = self._call()
        with self.assertRaises(AccessError):
            self.env["credit.call.result"].with_user(self.accountant).create({"action_id": call.id, "note": "x"})
