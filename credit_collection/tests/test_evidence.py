"""What was sent is kept as it was sent; merged and archived customers keep their history."""

import smtplib
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import CollectionCommon

DAY = "2026-03-16"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestEvidence(CollectionCommon):
    def setUp(self):
        super().setUp()
        self.invoice = self._invoice("2026-03-12")
        self.action = self._night(DAY)

    def test_nobody_changes_what_was_sent(self):
        for user in (self.collector, self.manager):
            action = self.action.with_user(user)
            for vals in (
                {"body_sent": "<p>nothing</p>"},
                {"state": "cancelled"},
                {"subject": "other"},
                {"recipient_id": self.partner_a.id},
                {"message_id": "x"},
                {"date_done": "2026-01-01"},
            ):
                with self.assertRaises(UserError, msg=str(vals)):
                    action.write(vals)
            with self.assertRaises(UserError):
                action.line_ids.write({"amount": 1})
            with self.assertRaises(UserError):
                action.line_ids = [Command.create({"move_line_id": self._item(self.invoice).id})]
            with self.assertRaises(UserError):
                action.line_ids.unlink()
            with self.assertRaises(UserError):
                action.unlink()
            action.note = "the customer called back"

    def test_a_state_written_over_rpc_with_any_context_is_refused(self):
        for context in ({}, {"force": True, "tracking_disable": True}):
            with self.assertRaises(UserError):
                self.action.with_user(self.manager).with_context(**context).write({"state": "queued"})

    def test_evidence_cannot_be_forged_by_creating_it(self):
        action = (
            self.env["credit.collection.action"]
            .with_user(self.collector)
            .create(
                {"partner_id": self.partner.id, "state": "sent", "level_id": self.notice.id, "body_sent": "forged"}
            )
        )
        self.assertRecordValues(action, [{"state": "to_confirm", "level_id": False, "body_sent": False}])
        line = (
            self.env["credit.collection.action.line"]
            .with_user(self.collector)
            .create(
                {
                    "action_id": action.id,
                    "move_line_id": self._item(self.invoice).id,
                    "level_id": self.notice.id,
                    "state": "reached",
                    "amount": 1,
                }
            )
        )
        self.assertRecordValues(line, [{"state": "info", "level_id": False, "amount": 1000.0}])

    def test_states_change_only_along_the_allowed_paths(self):
        for button in ("action_confirm", "action_cancel", "action_retry"):
            with self.assertRaisesRegex(UserError, "cannot become"):
                getattr(self.action, button)()
        for button in ("action_resend", "action_mark_sent"):
            with self.assertRaisesRegex(UserError, "interrupted"):
                getattr(self.action, button)()

    def test_attachments_of_a_sent_reminder_stay_and_none_is_added(self):
        Attachment = self.env["ir.attachment"]
        place = {"res_model": "credit.collection.action", "res_id": self.action.id}
        attachment = Attachment.create({"name": "INV.pdf", "raw": b"%PDF"})
        for user in (self.collector, self.manager):
            with self.assertRaises(UserError):
                Attachment.with_user(user).create({"name": "forged.pdf", "raw": b"%PDF", **place})
            with self.assertRaises(UserError):
                attachment.with_user(user).write(place)
        self.env.cr.execute(
            "UPDATE ir_attachment SET res_model = %s, res_id = %s WHERE id = %s", [*place.values(), attachment.id]
        )
        attachment.invalidate_recordset()
        for user in (self.collector, self.manager):
            with self.assertRaises(UserError):
                attachment.with_user(user).unlink()
            for vals in ({"raw": b"other"}, {"mimetype": "text/plain"}, {"res_id": False}, {"name": "other"}):
                with self.assertRaises(UserError):
                    attachment.with_user(user).write(vals)
            # what the web client stores when it shows the file is no change of it
            attachment.with_user(user).write({"thumbnail": False})

    def test_the_history_entry_of_a_sent_reminder_stays(self):
        message = self.action.mail_message_id
        for user in (self.collector, self.manager):
            with self.assertRaises(UserError):
                message.with_user(user).write({"body": "<p>nothing was claimed</p>"})
            with self.assertRaises(UserError):
                message.with_user(user).unlink()
            self.assertFalse(self.action.profile_id.with_user(user).has_access("unlink"))

    def test_defaults_of_a_context_do_not_get_past_the_guard(self):
        forged = {"default_state": "sent", "default_body_sent": "forged", "default_level_id": self.notice.id}
        action = self.env["credit.collection.action"].with_user(self.collector).with_context(**forged)
        action = action.create({"partner_id": self.partner.id})
        self.assertRecordValues(action, [{"state": "to_confirm", "body_sent": False, "level_id": False}])
        forged = {"default_state": "reached", "default_is_latest": True, "default_level_id": self.notice.id}
        line = self.env["credit.collection.action.line"].with_user(self.collector)
        line = line.with_context(**forged, credit_facts_only=True, credit_as_of="2020-01-01")
        line = line.create({"action_id": action.id, "move_line_id": self._item(self.invoice).id})
        self.assertRecordValues(line, [{"state": "info", "is_latest": False, "level_id": False, "amount": 1000.0}])

    def test_a_recipient_must_be_a_contact_of_the_customer(self):
        with self.assertRaises(ValidationError):
            self.env["credit.collection.action"].with_user(self.collector).create(
                {"partner_id": self.partner.id, "recipient_id": self.partner_a.id}
            )

    def test_no_button_moves_an_action_that_is_being_sent(self):
        self.action._write_state({"state": "sending"})
        for button in ("action_confirm", "action_retry"):
            with self.assertRaisesRegex(UserError, "cannot become"):
                getattr(self.action.with_user(self.collector), button)()

    def test_merging_several_customers_into_one_without_a_file_keeps_one_file(self):
        first, second = self._customer("First"), self._customer("Second")
        files = first._followup_profile(self.company) | second._followup_profile(self.company)
        files[0].message_post(body="Told the first")
        files[1].message_post(body="Told the second")
        target = self._customer("Target")
        self.env["base.partner.merge.automatic.wizard"].create({})._merge((first | second | target).ids, target)
        self.env.invalidate_all()
        profile = self.env["credit.profile"].search([("partner_id", "=", target.id)])
        bodies = " ".join(profile.message_ids.mapped("body"))
        self.assertEqual(len(profile), 1)
        self.assertIn("Told the first", bodies)
        self.assertIn("Told the second", bodies)

    def _interrupted(self):
        """A reminder during whose hand-over the server hung up."""
        invoice = self._invoice("2026-03-12", partner=self._customer("Martin"))

        def hang_up(mailer, session, mail):
            raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")

        with patch.object(self.env.registry["credit.dunning.mailer"], "_hand_over", hang_up):
            action = self._night(DAY)
        self.assertEqual(action.state, "sending")
        return invoice, action

    def test_an_interrupted_sending_is_listed_to_check_and_never_resent_by_itself(self):
        invoice, action = self._interrupted()
        Action = self.env["credit.collection.action"]
        self.assertTrue(action.to_check)
        self.assertEqual(Action.search([("to_check", "=", True)]), action)
        self.assertNotIn(action, Action.search([("to_check", "=", False)]))
        self.assertFalse(self._night("2026-03-17"))
        self.assertEqual(self._state(invoice), "prepared")
        action.with_user(self.collector).action_mark_sent()
        self.assertEqual(self._item(invoice).dunning_level_id, self.letter1)
        self.assertIn("collector", action.reason)

    def test_an_interrupted_sending_can_be_sent_again_by_a_person(self):
        _invoice, action = self._interrupted()
        action.with_user(self.collector).action_resend()
        self.env["credit.dunning.mailer"]._cron_send()
        self.assertEqual(action.state, "sent")
        self.assertEqual(len(self.outbox), 2)

    def test_hard_case_42_merged_customers_keep_both_histories(self):
        twin = self._customer("Durand twin")
        theirs = self._invoice("2026-03-12", partner=twin)
        second = self._night(DAY)
        profile = self.partner._followup_profile(self.company)
        twin_profile = twin._followup_profile(self.company)
        twin_profile.write({"always_confirm": True, "collector_id": self.collector.id})
        twin_profile.message_post(body="Spoke to the accountant")
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.partner | twin).ids, self.partner)
        self.env.invalidate_all()
        self.assertFalse(twin_profile.exists())
        self.assertRecordValues(profile, [{"always_confirm": True, "collector_id": self.collector.id}])
        bodies = " ".join(profile.message_ids.mapped("body"))
        self.assertIn("Spoke to the accountant", bodies)
        self.assertIn(theirs.name, bodies)
        self.assertEqual(second.partner_id, self.partner)
        self.assertEqual(profile.action_ids, self.action | second)
        self.assertEqual(self._item(self.invoice | theirs).partner_id, self.partner)

    def test_hard_case_42_an_archived_customer_keeps_its_history_and_its_debt(self):
        self.partner.action_archive()
        self.assertEqual(self._item(self.invoice).partner_id, self.partner)
        self.assertEqual(self.partner._followup_profile(self.company).action_ids, self.action)
