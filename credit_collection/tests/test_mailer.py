"""What is sent, to whom, in which words; what is checked again before; what comes back."""

import smtplib
from datetime import date
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.models.ir_mail_server import MailDeliveryException

from ..models.credit_dunning_mailer import CreditDunningMailer
from .common import CollectionCommon

DAY = "2026-03-16"
LIVE_SESSION = CreditDunningMailer._live_session


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestMailer(CollectionCommon):
    def _profile(self, **values):
        profile = self.partner._followup_profile(self.company)
        profile.write(values)
        return profile

    def _contact(self, name, **values):
        vals = {"name": name, "parent_id": self.partner.id, "email": f"{name.lower()}@customer.example.com"}
        return self.env["res.partner"].create({**vals, **values})

    def _refuse(self, words="550 no such user"):
        def hand_over(mailer, session, mail):
            raise MailDeliveryException("Mail Delivery Failed", words)

        self.patch(self.env.registry["credit.dunning.mailer"], "_hand_over", hand_over)

    def test_the_mail_says_what_is_owed_and_is_kept_as_sent(self):
        invoice = self._invoice("2026-03-09", 1234.5, ref="PO 77")
        action = self._night(DAY)
        [mail] = self.outbox
        self.assertEqual(mail["email_to"], '"Durand" <durand@customer.example.com>')
        self.assertIn("1,234.50", mail["words"]["subject"])
        for words in (invoice.name, "PO 77", "03/09/2026", "1,234.50", "Total to pay"):
            self.assertIn(words, mail["words"]["html"])
        self.assertRecordValues(action, [{"state": "sent", "email_to": "durand@customer.example.com"}])
        self.assertEqual(action.message_id, mail["message_id"])
        self.assertIn(invoice.name, action.body_sent)

    def test_what_was_sent_shows_in_the_history_of_the_customer_and_of_each_invoice(self):
        invoice = self._invoice("2026-03-09")
        action = self._night(DAY)
        message = self._profile().message_ids.filtered(lambda message: message.message_id == action.message_id)
        self.assertEqual(message, action.mail_message_id)
        self.assertIn(invoice.name, message.body)
        self.assertIn("Letter 1", invoice.message_ids[0].body)
        self.assertEqual(invoice.followup_action_count, 1)
        self.assertEqual(self.partner.followup_action_count, 1)

    def test_the_mail_is_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.letter1.with_context(lang="fr_FR").write(
            {"subject": "Rappel : {amount}", "text": "<p>Réglez avant le {deadline}</p>"}
        )
        self.partner.lang = "fr_FR"
        self._invoice("2026-03-09", 1234.5)
        self._night(DAY)
        words = self.outbox[0]["words"]
        self.assertIn("Rappel : ", words["subject"])
        self.assertIn("24/03/2026", words["html"])

    def test_hard_case_11_the_collection_contact_else_the_invoice_contact_else_the_company(self):
        child = self._contact("Child", type="other")
        invoice = self._invoice("2026-03-09", partner=child)
        item = self._item(invoice)
        self.assertEqual((item.partner_id, item.recipient_id), (self.partner, self.partner))
        billing = self._contact("Billing", type="invoice")
        self.assertEqual(self._item(invoice).recipient_id, billing)
        boss = self._contact("Boss")
        self._profile(contact_ids=[(4, boss.id)])
        self.assertEqual(self._item(invoice).recipient_id, boss)
        boss.email = False
        self.assertEqual(self._item(invoice).recipient_id, billing)

    def test_hard_case_12_without_an_address_it_becomes_a_task_and_is_never_sent_in_silence(self):
        self.partner.email = False
        invoice = self._invoice("2026-03-09")
        action = self._night(DAY)
        self.assertFalse(self.outbox)
        self.assertEqual(action.state, "failed")
        self.assertIn("No e-mail address", action.reason)
        self.assertEqual(len(self._profile().activity_ids), 1)
        self.assertFalse(self._item(invoice).dunning_level_id)
        self.assertFalse(self._night("2026-03-17"), "it waits on the list, no second one is made")
        self.partner.email = "new@customer.example.com"
        action.action_retry()
        self.env["credit.dunning.mailer"]._cron_send()
        self.assertEqual((action.state, len(self.outbox)), ("sent", 1))

    def test_hard_case_13_a_refused_mail_consumes_no_level_and_stops_nobody_else(self):
        other = self._customer("Martin")
        first, second = self._invoice("2026-03-09"), self._invoice("2026-03-09", partner=other)

        def hand_over(mailer, session, mail):
            if "durand" in mail["email_to"]:
                raise MailDeliveryException("Mail Delivery Failed", "550 no such user")

        self.patch(self.env.registry["credit.dunning.mailer"], "_hand_over", hand_over)
        actions = self._night(DAY).sorted(lambda action: action.partner_id.name)
        self.assertEqual(actions.mapped("state"), ["failed", "sent"])
        self.assertIn("550 no such user", actions[0].reason)
        self.assertFalse(self._item(first).dunning_level_id)
        self.assertEqual(self._item(second).dunning_level_id, self.letter1)

    def test_hard_case_13_a_blacklisted_address_is_not_written_to(self):
        self.env["mail.blacklist"]._add(self.partner.email)
        self._invoice("2026-03-09")
        action = self._night(DAY)
        self.assertIn("blacklist", action.reason)

    def test_a_server_that_is_down_leaves_everything_queued(self):
        self._invoice("2026-03-09")

        def down(mailer, session, sender):
            raise ConnectionRefusedError("nobody listens")

        patched = patch.object(self.env.registry["credit.dunning.mailer"], "_live_session", down)
        with patched, self.assertLogs("odoo.addons.credit_collection.models.credit_dunning_mailer", "ERROR"):
            self._night(DAY)
        action = self.env["credit.collection.action"].search([])
        self.assertRecordValues(action, [{"state": "queued", "reason": "nobody listens"}])
        self.env["credit.dunning.mailer"]._cron_send()
        self.assertRecordValues(action, [{"state": "sent", "reason": False}])

    def test_a_server_that_asks_to_come_back_later_keeps_the_mails_queued_and_is_left_alone_after_three(self):
        for number in range(5):
            self._invoice("2026-03-09", partner=self._customer(f"Customer {number}"))
        attempts = []

        def hand_over(mailer, session, mail):
            attempts.append(mail)
            raise smtplib.SMTPResponseException(451, b"too many messages")

        patched = patch.object(self.env.registry["credit.dunning.mailer"], "_hand_over", hand_over)
        with patched, self.assertLogs("odoo.addons.credit_collection.models.credit_dunning_mailer", "ERROR"):
            actions = self._night(DAY)
        self.assertEqual(len(attempts), 3)
        self.assertEqual(set(actions.mapped("state")), {"queued"})
        self.env["credit.dunning.mailer"]._cron_send()
        self.assertEqual(set(actions.mapped("state")), {"sent"})

    def test_a_queued_reminder_can_be_put_off_to_a_later_day(self):
        self._invoice("2026-03-09")
        self._profile(always_confirm=True)
        action = self._night(DAY).with_user(self.collector)
        action.date_planned = "2026-03-18"
        action.action_confirm()
        self.env["credit.dunning.mailer"]._cron_send()
        self.assertEqual(action.state, "queued")
        with freeze_time("2026-03-18"):
            self.env["credit.dunning.mailer"]._cron_send()
        self.assertEqual(action.state, "sent")

    def test_hard_case_9_what_was_paid_meanwhile_is_not_claimed(self):
        paid, open_ = self._invoice("2026-03-09", 100), self._invoice("2026-03-09", 200)
        self._profile(always_confirm=True)
        action = self._night(DAY)
        self._payment(100, DAY, invoice=paid)
        action.action_confirm()
        self.env["credit.dunning.mailer"]._cron_send()
        self.assertNotIn(paid.name, self.outbox[0]["words"]["html"])
        self.assertIn(open_.name, self.outbox[0]["words"]["html"])
        self.assertEqual(self._item(open_).dunning_level_id, self.letter1)

    def test_hard_case_9_all_paid_meanwhile_cancels_the_reminder(self):
        invoice = self._invoice("2026-03-09")
        self._profile(always_confirm=True)
        action = self._night(DAY)
        self._payment(1000, DAY, invoice=invoice)
        action.action_confirm()
        self.env["credit.dunning.mailer"]._cron_send()
        self.assertFalse(self.outbox)
        self.assertEqual(action.state, "cancelled")

    def test_hard_case_3_a_partial_payment_is_still_chased_on_the_residual(self):
        invoice = self._invoice("2026-03-09", 1000)
        self._profile(always_confirm=True)
        action = self._night(DAY)
        self._payment(400, DAY, invoice=invoice)
        action.action_confirm()
        self.env["credit.dunning.mailer"]._cron_send()
        self.assertIn("600.00", self.outbox[0]["words"]["text"])
        self.assertNotIn("1,000.00", self.outbox[0]["words"]["text"])
        self.assertEqual(action.line_ids.amount, 600)

    def test_the_statement_of_the_day_is_attached_when_the_level_says_so(self):
        self.letter1.attach_statement = True
        other = self._customer("Lenoir")
        self._invoice("2026-03-09")
        self._invoice("2026-03-09", partner=other)
        actions = self._night(DAY)
        self.assertEqual(len(self.outbox), 2)
        for mail in self.outbox:
            name = mail["action"].partner_id.name
            self.assertEqual(mail["attachments"].mapped("name"), [f"Statement of account – {name} – {DAY}.pdf"])
            self.assertIn(name.encode(), mail["attachments"].raw)
        self.assertEqual(actions.mapped("state"), ["sent", "sent"])

    def test_a_statement_that_cannot_be_printed_fails_its_own_reminder_only(self):
        self.letter1.attach_statement = True
        other = self._customer("Lenoir")
        self._invoice("2026-03-09")
        self._invoice("2026-03-09", partner=other)

        def print_all_but_one(_statement, pairs, day=False):
            if other in (partner for partner, _company in pairs):
                raise ValueError("a faulty report")
            return dict.fromkeys(pairs, b"%PDF")

        self.patch(self.env.registry["credit.statement"], "_pdf", print_all_but_one)
        models = "odoo.addons.credit_collection.models"
        with mute_logger(f"{models}.credit_dunning_mailer", f"{models}.credit_dunning_enclosures"):
            actions = self._night(DAY).grouped("partner_id")
        self.assertEqual(actions[self.partner].state, "sent")
        self.assertEqual(len(actions[self.partner].attachment_ids), 1)
        self.assertEqual(actions[other].state, "failed")
        self.assertIn("a faulty report", actions[other].reason)
        self.assertFalse(actions[other].attachment_ids)

    def test_a_second_attempt_keeps_the_statement_of_that_attempt_only(self):
        self.letter1.attach_statement = True
        other = self._customer("Lenoir")
        self._invoice("2026-03-09")
        self._invoice("2026-03-09", partner=other)
        contents = iter((b"%PDF first", b"%PDF second"))
        self.patch(
            self.env.registry["credit.statement"],
            "_pdf",
            lambda statement, pairs, day=False: dict.fromkeys(pairs, next(contents)),
        )
        with patch.object(self.env.registry["credit.dunning.mailer"], "_hand_over", side_effect=ValueError("refused")):
            actions = self._night(DAY)
        self.assertEqual(actions.mapped("state"), ["failed", "failed"])
        self.assertEqual(actions.attachment_ids.mapped("raw"), [b"%PDF first"] * 2)
        actions.action_retry()
        self.env["credit.dunning.mailer"]._cron_send()
        self.assertEqual(actions.mapped("state"), ["sent", "sent"])
        self.assertEqual(actions.attachment_ids.mapped("raw"), [b"%PDF second"] * 2)

    def test_an_edited_text_whose_figures_changed_waits_for_a_person_again(self):
        invoice = self._invoice("2026-03-09", 1000)
        self._profile(always_confirm=True)
        action = self._night(DAY).with_user(self.collector)
        action.action_edit_text()
        self.assertIn("1,000.00", action.body)
        action.body = action.body.replace("Hello", "Good morning")
        self._payment(400, DAY, invoice=invoice)
        action.action_confirm()
        self.env["credit.dunning.mailer"]._cron_send()
        self.assertEqual(action.state, "to_confirm")
        self.assertIn("figures changed", action.reason)
        action.action_reset_text()
        action.action_confirm()
        self.env["credit.dunning.mailer"]._cron_send()
        self.assertEqual(action.state, "sent")

    def test_an_edited_text_is_sent_as_edited(self):
        self._invoice("2026-03-09", 1000)
        self._profile(always_confirm=True)
        action = self._night(DAY).with_user(self.collector)
        action.action_edit_text()
        action.write({"subject": "Our talk of this morning", "body": "<p>As agreed.</p>"})
        action.action_confirm()
        self.env["credit.dunning.mailer"]._cron_send()
        self.assertEqual(self.outbox[0]["words"]["subject"], "Our talk of this morning")
        self.assertIn("As agreed.", self.outbox[0]["words"]["html"])

    def test_an_answer_that_came_meanwhile_holds_the_queued_reminder(self):
        self._invoice("2026-03-09")
        self._profile(always_confirm=True)
        action = self._night(DAY)
        action.action_confirm()
        self._profile().message_update({})
        self.env["credit.dunning.mailer"]._cron_send()
        self.assertEqual((action.state, self.outbox), ("queued", []))
        self._profile().action_mark_read()
        self.env["credit.dunning.mailer"]._cron_send()
        self.assertEqual(action.state, "sent")

    def test_nothing_queued_leaves_on_a_non_working_day(self):
        self._invoice("2026-03-09")
        self._profile(always_confirm=True)
        action = self._night(DAY)
        with freeze_time("2026-03-21"):
            action.action_confirm()
            self.env["credit.dunning.mailer"]._cron_send()
            self.assertEqual(action.state, "queued")
        with freeze_time("2026-03-23"):
            self.env["credit.dunning.mailer"]._cron_send()
            self.assertEqual(action.state, "sent")

    def test_an_answer_by_mail_comes_back_to_the_file_and_raises_an_activity(self):
        self._invoice("2026-03-09")
        action = self._night(DAY)
        raw = (
            f"From: durand@customer.example.com\nTo: billing@creditor.example.com\nSubject: Re: reminder\n"
            f"Message-ID: <answer@customer.example.com>\nIn-Reply-To: {action.message_id}\n\nWe paid yesterday."
        )
        self.env["mail.thread"].message_process("credit.profile", raw)
        profile = self._profile()
        self.assertTrue(profile.reply_waiting)
        self.assertIn("We paid yesterday", profile.message_ids[0].body)
        self.assertEqual(profile.activity_ids.summary, "Read the customer's answer.")

    def test_hard_case_10_and_13_a_bounce_voids_the_reminder_and_its_address_is_not_used_again(self):
        invoice = self._invoice("2026-03-09")
        action = self._night(DAY)
        raw = (
            "From: MAILER-DAEMON@creditor.example.com\nTo: billing@creditor.example.com\nSubject: Undelivered\n"
            "Message-ID: <dsn@creditor.example.com>\nMIME-Version: 1.0\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\n\n'
            "--B\nContent-Type: text/plain\n\nUser unknown\n"
            "--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; creditor.example.com\n\n"
            "Final-Recipient: rfc822; durand@customer.example.com\nAction: failed\nStatus: 5.1.1\n\n"
            f"--B\nContent-Type: message/rfc822\n\nMessage-ID: {action.message_id}\nSubject: x\n\nbody\n--B--\n"
        )
        self.env["mail.thread"].message_process("credit.profile", raw)
        self.assertEqual(action.state, "void")
        self.assertEqual((self._state(invoice), self._item(invoice).dunning_level_id.id), ("chase", False))
        self.assertEqual(self._profile().activity_ids.summary, "A reminder came back: correct the address.")
        again = self._night("2026-03-17")
        self.assertEqual(again.state, "failed")
        self.assertEqual(len(self.outbox), 1)
        self.partner.email = "right@customer.example.com"
        again.action_retry()
        with freeze_time("2026-03-17"):
            self.env["credit.dunning.mailer"]._cron_send()
        self.assertEqual((again.state, self._item(invoice).dunning_level_id), ("sent", self.letter1))

    def test_an_ad_hoc_message_leaves_the_same_trace_and_consumes_no_level(self):
        invoice = self._invoice("2026-03-14", 1000)
        window = self._profile().with_user(self.collector).action_write_message()
        action = self.env["credit.collection.action"].browse(window["res_id"]).with_user(self.collector)
        self.assertEqual(action.line_ids.move_name, invoice.name)
        with self.assertRaisesRegex(UserError, "subject and a text"):
            action.action_confirm()
        action.write({"subject": "Your account", "body": "<p>Please call me back.</p>"})
        action.action_confirm()
        self.env["credit.dunning.mailer"]._cron_send()
        self.assertEqual(action.state, "sent")
        self.assertEqual(action.mail_message_id.res_id, self._profile().id)
        self.assertFalse(self._item(invoice).dunning_level_id)

    def test_invoices_are_attached_when_the_level_says_so(self):
        self.letter1.attach_invoices = True
        invoice = self._invoice("2026-03-09")
        attachment = {"name": "INV.pdf", "raw": b"%PDF-1.4", "res_model": "account.move", "res_id": invoice.id}
        self.env["ir.attachment"].create({**attachment, "res_field": "invoice_pdf_report_file"})
        invoice.invalidate_recordset()
        action = self._night(DAY)
        self.assertEqual(action.attachment_ids.mapped("name"), ["INV.pdf"])
        self.assertEqual(self.outbox[0]["attachments"].raw, b"%PDF-1.4")
        self.assertEqual(action.mail_message_id.attachment_ids, action.attachment_ids)

    def test_an_invoice_never_sent_is_printed_as_the_invoice_it_is(self):
        self.letter1.attach_invoices = True
        invoice = self._invoice("2026-03-09")
        action = self._night(DAY)
        self.assertEqual(action.attachment_ids.name, invoice._get_invoice_report_filename())
        self.assertNotIn("proforma", action.attachment_ids.name)

    def test_each_sender_has_a_session_of_its_own(self):
        """Core would put the first sender's address into every mail of a session."""
        opened = []

        class Session:
            def noop(self):
                return (250, b"OK")

            def quit(self):
                opened.append("closed")

        def connect(server, smtp_from=None, **_options):
            opened.append(smtp_from)
            return Session()

        self.patch(self.env.registry["credit.dunning.mailer"], "_live_session", LIVE_SESSION)
        self.patch(self.env.registry["ir.mail_server"], "_connect__", connect)
        for name, collector in (("Un", self.collector), ("Deux", self.manager), ("Trois", self.collector)):
            partner = self._customer(name)
            self._invoice("2026-03-12", partner=partner)
            partner._followup_profile(self.company).collector_id = collector
        self._night(DAY)
        self.assertEqual(len(self.outbox), 3)
        self.assertEqual(len(opened), 4, "two sessions opened and closed for three mails of two senders")

    def test_a_pay_online_link_is_offered_where_core_offers_one(self):
        self.env["ir.config_parameter"].sudo().set_param("account_payment.enable_portal_payment", "True")
        invoice = self._invoice("2026-03-09")
        self._night(DAY)
        self.assertIn(
            f"/my/invoices/{invoice.id}?access_token={invoice.access_token}", self.outbox[0]["words"]["html"]
        )

    def test_the_level_reached_carries_the_day_it_left(self):
        invoice = self._invoice("2026-03-09")
        self._night(DAY)
        self.assertEqual(self._item(invoice).level_date, date(2026, 3, 16))
        self.assertEqual(invoice.followup_level_id, self.letter1)
        alert = invoice._get_alerts()["credit_collection"]
        self.assertIn("Days late: 7", alert["message"])
        self.assertIn("Letter 1", alert["message"])

    def test_the_table_of_items_stands_where_the_text_says(self):
        self.letter1.text = "<p>Before</p><div>{items}</div><p>After</p>"
        invoice = self._invoice("2026-03-09")
        self._night(DAY)
        html = self.outbox[0]["words"]["html"]
        self.assertLess(html.index("Before"), html.index(invoice.name))
        self.assertLess(html.index(invoice.name), html.index("After"))
        self.assertEqual(html.count("Total to pay"), 1)

    def test_a_formal_notice_names_both_parties(self):
        self.letter1.is_formal_notice = True
        self.partner.write({"street": "1 rue du Port", "vat": "FR23334175221"})
        self.company.partner_id.street = "2 rue de la Gare"
        self._invoice("2026-03-09")
        self._night(DAY)
        for words in ("1 rue du Port", "FR23334175221", "2 rue de la Gare"):
            self.assertIn(words, self.outbox[0]["words"]["html"])

    def test_what_the_scheduled_action_writes_is_in_the_language_of_its_company(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env["ir.module.module"]._load_module_terms(["credit_collection"], ["fr_FR"])
        self.env.user.company_id.partner_id.lang = "fr_FR"
        self.partner.email = False
        self._invoice("2026-03-09")
        self.env = self.env(context={key: value for key, value in self.env.context.items() if key != "lang"})
        action = self._night(DAY)
        self.assertIn("adresse", action.reason)
