"""Calls from the file: without a plan, one customer after the other, and no note lost."""

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form

from .common import CollectionCommon

DAY = "2026-03-16"  # a Monday


@freeze_time(DAY)
class TestCallMode(CollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner.phone = "+33 1 99 00 11 22"
        cls._invoice("2026-03-09", 300)
        cls.profile = cls.partner._followup_profile(cls.company).with_user(cls.collector)
        other, third = cls._customer("Marchand"), cls._customer("Petit")
        cls.other = other._followup_profile(cls.company).with_user(cls.collector)
        cls.third = third._followup_profile(cls.company).with_user(cls.collector)

    def _open(self, action, **values):
        """The dialog as the web client opens it, saved."""
        Wizard = self.env["credit.call.result"].with_user(self.collector).with_context(**action["context"])
        wizard = Form(Wizard.browse(action["res_id"]) if action.get("res_id") else Wizard)
        for name, value in values.items():
            setattr(wizard, name, value)
        return wizard.save()

    def _calls(self):
        return self.env["credit.collection.action"].search([("channel", "=", "call")])

    # -- a call nobody planned ------------------------------------------------

    def test_a_call_nobody_planned_is_created_when_its_result_is_saved_and_not_before(self):
        self.assertIn("+33 1 99 00 11 22", self.profile.phone_numbers, "in the file too, where the call is made")
        self.assertFalse(self.other.phone_numbers)
        dialog = self._open(self.profile.action_note_call(), note="The transfer leaves on Friday.")
        self.assertFalse(self._calls())
        self.assertIn("+33 1 99 00 11 22", dialog.phone_numbers)
        self.assertIn("300.00", dialog.totals)
        dialog.action_save()
        self.assertRecordValues(
            self._calls(),
            [
                {
                    "state": "sent",
                    "partner_id": self.partner.id,
                    "user_id": self.collector.id,
                    "note": "The transfer leaves on Friday.",
                }
            ],
        )
        self.assertEqual(self._calls().line_ids.mapped("amount"), [300.0])

    def test_a_call_that_waits_on_the_agenda_is_the_one_that_was_made(self):
        planned = self.profile._plan_call(fields.Date.to_date("2026-03-13"), self.env["account.move.line"])
        self.profile._plan_call(fields.Date.to_date("2026-03-20"), self.env["account.move.line"])
        self._open(self.profile.action_note_call(), note="Friday.").action_save()
        self.assertEqual(planned.state, "sent")
        self.assertEqual(sorted(self._calls().mapped("state")), ["sent", "to_do"])

    def test_a_call_planned_meanwhile_is_the_one_that_was_made(self):
        dialog = self._open(self.profile.action_note_call(), note="Friday.")
        planned = self.profile._plan_call(fields.Date.to_date(DAY), self.env["account.move.line"])
        dialog.action_save()
        self.assertEqual(self._calls(), planned.sudo())

    def test_only_collectors_note_calls(self):
        for user in (self.accountant, self.salesperson):
            with self.assertRaises(AccessError, msg=user.login):
                self.profile.with_user(user).action_note_call()
            with self.assertRaises(AccessError, msg=user.login):
                self.profile.with_user(user).action_start_calls()

    def test_a_file_of_another_company_is_not_called(self):
        other = self.setup_other_company()["company"]
        stranger = self.collector.copy(
            {"login": "stranger", "company_id": other.id, "company_ids": [Command.set(other.ids)]}
        )
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self.profile.with_user(stranger).with_context(allowed_company_ids=other.ids).action_note_call()

    def test_a_call_is_planned_for_a_day_to_come(self):
        Plan = self.env["credit.call.plan"].with_user(self.collector)
        plan = Plan.create({"profile_id": self.profile.id, "date_planned": "2026-03-15"})
        with self.assertRaisesRegex(UserError, "still to come"):
            plan.action_plan()

    # -- drafts ---------------------------------------------------------------

    def test_a_dialog_left_without_saving_is_found_again(self):
        draft = self._open(self.profile.action_note_call(), note="They pay on")
        self.profile.invalidate_recordset()
        self.assertTrue(self.profile.has_call_draft)
        action = self.profile.action_note_call()
        self.assertEqual(action["res_id"], draft.id)
        self._open(action, note="They pay on Friday.").action_save()
        self.assertEqual(self._calls().note, "They pay on Friday.")
        self.profile.invalidate_recordset()
        self.assertFalse(self.profile.has_call_draft)
        self.assertFalse(self.profile.action_note_call().get("res_id"))

    def test_a_draft_of_the_agenda_s_call_is_found_from_the_file_and_from_the_agenda(self):
        call = self.profile._plan_call(fields.Date.to_date(DAY), self.env["account.move.line"])
        draft = self._open(call.with_user(self.collector).action_record_call(), note="They pay on")
        self.assertEqual(self.profile.action_note_call()["res_id"], draft.id)
        self.assertEqual(call.with_user(self.collector).action_record_call()["res_id"], draft.id)

    def test_a_draft_is_its_author_s(self):
        self._open(self.profile.action_note_call(), note="They pay on")
        self.assertFalse(self.profile.with_user(self.manager).action_note_call().get("res_id"))
        self.assertFalse(self.profile.with_user(self.manager).has_call_draft)

    def test_nothing_noted_is_no_draft(self):
        self._open(self.profile.action_note_call())
        self.assertFalse(self.profile.action_note_call().get("res_id"))

    def test_a_draft_outlives_the_cleaning_of_dialogs_for_a_month(self):
        draft = self._open(self.profile.action_note_call(), note="They pay on")
        for age, left in ((25, True), (31, False)):
            self.env.cr.execute(
                "UPDATE credit_call_result SET write_date = %s WHERE id = %s",
                (fields.Datetime.subtract(self.env.cr.now(), days=age), draft.id),
            )
            draft.sudo()._transient_vacuum()
            self.assertEqual(bool(draft.exists()), left, age)

    def test_a_draft_of_a_call_that_a_colleague_made_stays_out_of_the_way(self):
        call = self.profile._plan_call(fields.Date.to_date(DAY), self.env["account.move.line"])
        self._open(call.with_user(self.collector).action_record_call(), note="They pay on")
        call.with_user(self.manager)._record_call("reached", "I called them.")
        self.assertFalse(self.profile.action_note_call().get("res_id"))
        self.assertEqual(call.note, "I called them.")

    def test_a_draft_follows_a_customer_that_is_merged(self):
        draft = self._open(self.profile.action_note_call(), note="They pay on")
        self.profile.sudo()._merge_into(self.other.sudo())
        self.assertEqual(draft.exists().profile_id, self.other)
        self.assertEqual(self.other.action_note_call()["res_id"], draft.id)

    # -- one customer after the other -----------------------------------------

    def test_the_customers_come_in_the_order_they_were_chosen(self):
        files = self.other | self.profile | self.third
        action = self.env["credit.profile"].with_user(self.collector)._start_calls(files)
        seen = [action["res_id"]]
        while True:
            profile = files.browse(action["res_id"]).with_context(**action["context"])
            self.assertEqual(profile.calls_left, len(files) - len(seen))
            dialog = self._open(profile.action_note_call(), note="Called.")
            result = dialog.action_save_next()
            self.assertEqual(result["tag"], "credit_next_customer")
            action = result["params"]["next"]
            if not action:
                break
            seen.append(action["res_id"])
        self.assertEqual(seen, files.ids)
        self.assertEqual(set(self._calls().mapped("state")), {"sent"})
        self.assertEqual(len(self._calls()), 3)

    def test_a_customer_is_skipped_and_what_was_noted_stays(self):
        queue = {"credit_call_mode": True, "credit_call_queue": [self.other.id, self.third.id]}
        profile = self.profile.with_context(**queue)
        result = self._open(profile.action_note_call(), note="Engaged, once more").action_skip()
        self.assertEqual(result["params"]["next"]["res_id"], self.other.id)
        self.assertEqual(result["params"]["next"]["context"]["credit_call_queue"], [self.third.id])
        self.assertFalse(self._calls())
        self.assertTrue(self.profile.action_note_call().get("res_id"))

    def test_a_skipped_dialog_in_which_nothing_was_noted_leaves_nothing(self):
        profile = self.profile.with_context(credit_call_mode=True, credit_call_queue=[])
        dialog = self._open(profile.action_note_call())
        self.assertFalse(dialog.action_skip()["params"]["next"])
        self.assertFalse(dialog.exists())

    def test_a_result_that_is_refused_does_not_go_on(self):
        profile = self.profile.with_context(credit_call_mode=True, credit_call_queue=[self.other.id])
        with self.assertRaisesRegex(UserError, "Note what was said"):
            self._open(profile.action_note_call()).action_save_next()

    def test_files_that_are_gone_or_foreign_are_left_out_of_the_queue(self):
        gone = self.third.id
        self.third.sudo().unlink()
        queue = [gone, "x", self.other.id]
        result = self.profile.with_context(credit_call_queue=queue).action_skip_call()
        self.assertEqual(result["params"]["next"]["res_id"], self.other.id)
        self.assertFalse(self.profile.with_context(credit_call_queue="x").action_skip_call()["params"]["next"])

    def test_nobody_to_call_is_said(self):
        with self.assertRaisesRegex(UserError, "at least one"):
            self.env["credit.profile"].with_user(self.collector)._start_calls(self.env["credit.profile"])
