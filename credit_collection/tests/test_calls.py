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
            date_promised=fields.Date.to_date("2026-03-20"),
        ).action_save()
        self.assertRecordValues(
            call, [{"state": "sent", "result": "reached", "reached_id": self.contact.id, "user_id": self.collector.id}]
        )
        self.assertRecordValues(
            call.promise_ids,
            [{"date_promised": fields.Date.to_date("2026-03-20"), "amount": 1000, "promised_by_id": self.contact.id}],
        )
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

    def test_before_the_due_date_a_payment_is_announced_and_no_reason_asked_for(self):
        self.scenario.level_ids.filtered("anchor_level_id").anchor_level_id = False
        self.upcoming.write({"channel": "call", "delay_days": -10})
        self._invoice("2026-03-20")
        call = self._night(DAY).with_user(self.collector)
        dialog = self._dialog(call, date_promised=fields.Date.to_date("2026-03-20"))
        self.assertEqual((dialog.promise_kind, dialog.is_late), ("announced", False))
        dialog.action_save()
        self.assertRecordValues(call.promise_ids, [{"kind": "announced", "amount": 1000, "state": "open"}])

    def test_the_reason_is_kept_with_the_call_and_its_items(self):
        call = self._call()
        reason = self.env.ref("credit_collection.credit_late_reason_cash")
        dialog = self._dialog(call, late_reason_id=reason, note="The bank is slow.")
        self.assertTrue(dialog.is_late)
        dialog.action_save()
        item = self._item(call.line_ids.move_id)
        self.assertEqual((call.late_reason_id, item.late_reason_id), (reason, reason))
        self.assertIn(reason.name, call.profile_id.message_ids[:1].body)
        again = self.partner._followup_profile(self.company).with_user(self.collector)
        again = again._plan_call(fields.Date.to_date(DAY), item.move_line_id)
        self.assertEqual(self._dialog(again, note="x").late_reason_id, reason, "what was said last")

    def test_a_part_is_promised_and_confirmed(self):
        call = self._call()
        dialog = self._dialog(call, date_promised=fields.Date.to_date("2026-03-20"), amount_promised=400)
        self.assertEqual((dialog.promise_kind, dialog.confirm), ("firm", True))
        dialog.action_save()
        self.assertRecordValues(call.promise_ids, [{"kind": "firm", "amount": 400, "user_id": self.collector.id}])
        self.assertEqual(call.promise_ids.confirmation_id.state, "queued")
        self.assertEqual(self._state(call.line_ids.move_id), "promised")

    def test_nobody_reached_promises_nothing_and_gives_no_reason(self):
        call = self._call()
        reason = self.env.ref("credit_collection.credit_late_reason_cash")
        dialog = self._dialog(call, late_reason_id=reason, date_promised=fields.Date.to_date("2026-03-20"))
        dialog.result = "message"
        dialog.action_save()
        self.assertFalse(call.promise_ids or call.late_reason_id)

    def test_in_two_currencies_all_that_is_open_is_promised_in_each(self):
        pounds = self.setup_other_currency("GBP")
        items = (self._invoice("2026-03-02", 100) | self._invoice("2026-03-02", 70, currency_id=pounds.id)).line_ids
        profile = self.partner._followup_profile(self.company).with_user(self.collector)
        receivable = items.filtered(lambda line: line.account_id.account_type == "asset_receivable")
        call = profile._plan_call(fields.Date.to_date(DAY), receivable)
        self._dialog(call, date_promised=fields.Date.to_date("2026-03-20")).action_save()
        promised = {promise.currency_id: promise.amount for promise in call.promise_ids}
        self.assertEqual(promised, {self.company.currency_id: 100, pounds: 70})

    def test_a_call_without_open_items_promises_nothing(self):
        call = self.partner._followup_profile(self.company).with_user(self.collector)
        call = call._plan_call(fields.Date.to_date(DAY), self.env["account.move.line"])
        with self.assertRaisesRegex(UserError, "nothing to promise"):
            self._dialog(call, date_promised=fields.Date.to_date("2026-03-20")).action_save()

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
