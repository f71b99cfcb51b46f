"""Reminders by SMS: whom they go to, when, how often, and what happens when they do not arrive."""

import doctest

from freezegun import freeze_time
from lxml import html

from odoo.exceptions import AccessError, UserError, ValidationError

from odoo.addons.credit_collection.tests.common import CollectionCommon
from odoo.addons.sms.tests.common import SMSCase

from ..tools import segments

DAY = "2026-03-16"  # a Monday
MORNING = f"{DAY} 10:00:00"
MOBILE, LANDLINE = "+33612345678", "+33472345678"


class TestSms(CollectionCommon, SMSCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner.phone = MOBILE
        cls.letter1.write({"channel": "sms", "sms_text": "{company}: {amount} due since {oldest_due_date}."})

    def _sms(self, day=MORNING, **values):
        """The action of a late item whose level goes by SMS."""
        self._invoice("2026-03-09", **values)
        return self._night(day)

    def _texts(self):
        return self.env["sms.sms"].search([], order="id")

    @freeze_time(MORNING)
    def _send(self):
        self.env["credit.dunning.mailer"]._cron_send()

    def _report(self, **errors):
        """What the provider says of the SMS in the queue; then the next sending."""
        with self.mockSMSGateway(**errors):
            self._texts()._send()
        self._send()

    # -- once -----------------------------------------------------------------

    def test_an_sms_goes_out_once_and_counts_as_a_written_reminder(self):
        action = self._sms()
        self._night("2026-03-16 11:00:00")
        self._send()
        self.assertRecordValues(
            action, [{"channel": "sms", "state": "sent", "sms_number": MOBILE, "level_id": self.letter1.id}]
        )
        self.assertRecordValues(action.line_ids, [{"state": "reached", "is_latest": True}])
        self.assertEqual(str(action.line_ids.written_date), DAY)
        self.assertRecordValues(
            self._texts(), [{"number": MOBILE, "body": action.sms_text, "partner_id": self.partner.id}]
        )
        self.assertFalse(self.outbox)

    def test_the_sms_is_handed_to_the_provider(self):
        self._sms()
        with self.mockSMSGateway():
            self._texts()._send()
        self.assertSMSIapSent([MOBILE], content="due since")

    def test_it_stands_in_the_history_of_the_file_and_of_the_invoice(self):
        action = self._sms()
        message = action.mail_message_id
        self.assertRecordValues(
            message, [{"message_type": "sms", "model": "credit.profile", "res_id": action.profile_id.id}]
        )
        self.assertIn("due since", message.body)
        self.assertRecordValues(message.notification_ids, [{"notification_type": "sms", "sms_number": MOBILE}])
        self.assertIn(MOBILE, action.line_ids.move_id.message_ids[0].body)
        with self.assertRaisesRegex(UserError, "evidence"):
            message.body = "something else"

    def test_what_fails_half_way_is_undone_with_its_sms(self):
        self.env["credit.profile"].search([]).always_confirm = True
        self.patch(
            self.env.registry["credit.dunning.texter"], "_put_in_queue", lambda texter, actions: 1 / len(actions[:0])
        )
        action = self._held()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self._send()
        self.env.invalidate_all()
        self.assertRecordValues(action, [{"state": "queued", "mail_message_id": False}])
        self.assertFalse(self._texts())

    def test_a_mail_server_that_is_down_stops_no_sms(self):
        def refuse(mailer, session, sender):
            raise ConnectionRefusedError

        self.patch(self.env.registry["credit.dunning.mailer"], "_live_session", refuse)
        self._invoice("2026-03-09", partner=self._customer("Mail"))
        with self.assertLogs("odoo.addons.credit_collection.models.credit_dunning_mailer", "ERROR"):
            actions = self._sms()
        self.assertEqual({a.channel: a.state for a in actions}, {"email": "queued", "sms": "sent"})

    # -- words ----------------------------------------------------------------

    def test_the_text_speaks_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.partner.lang = "fr_FR"
        self.letter1.with_context(lang="fr_FR").sms_text = "{company} : {amount} à régler."
        action = self._sms()
        self.assertEqual(action.sms_text, f"{self.company.name} : $ 1 000,00 à régler.")
        self.assertEqual(action.sms_size, f"{len(action.sms_text)} characters, 1 SMS")

    def test_a_level_without_a_text_uses_the_standard_one_in_each_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.letter1.sms_text = False
        self._invoice("2026-03-09")
        self._invoice("2026-03-09", partner=self._customer("Français", lang="fr_FR", phone="+33612345679"))
        english, french = self._night(MORNING).sorted("id")
        self.assertIn("has been due since 03/09/2026. Please pay by 03/24/2026", english.sms_text)
        self.assertIn("depuis le 09/03/2026. Merci de payer au plus tard le 24/03/2026", french.sms_text)
        for action in (english, french):
            self.assertEqual(segments.size(action.sms_text)[1], 1, action.sms_text)

    def test_before_the_due_date_the_standard_text_reminds_of_it(self):
        self.upcoming.write({"channel": "sms", "sms_text": False})
        self._invoice("2026-03-20")
        action = self._night(MORNING)
        self.assertRecordValues(action, [{"level_id": self.upcoming.id, "state": "sent"}])
        self.assertIn("is due on 03/20/2026", action.sms_text)

    def test_placeholders_that_an_sms_does_not_know_are_refused(self):
        with self.assertRaisesRegex(ValidationError, "amont"):
            self.letter1.sms_text = "{amont}"
        with self.assertRaisesRegex(ValidationError, "{items}"):
            self.letter1.sms_text = "{items}"

    def test_a_faulty_translation_fails_its_own_action_only(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.letter1.update_field_translations("sms_text", {"en_US": "Pay {amount}."})
        self.env.cr.execute(
            """UPDATE credit_dunning_level SET sms_text = sms_text || '{"fr_FR": "{montant}"}' WHERE id = %s""",
            [self.letter1.id],
        )
        self.letter1.invalidate_recordset()
        self._invoice("2026-03-09", partner=self._customer("Faux", lang="fr_FR", phone="+33612345679"))
        self._invoice("2026-03-09")
        actions = self._night(MORNING)
        self.assertEqual({a.partner_id.name: a.state for a in actions}, {"Faux": "failed", "Durand": "sent"})

    def test_a_formal_notice_is_no_sms(self):
        with self.assertRaisesRegex(ValidationError, "formal notice"):
            self.notice.write({"channel": "sms", "registered": False, "is_formal_notice": True})

    def test_an_sms_level_needs_neither_subject_nor_html(self):
        self.letter1.write({"subject": False, "text": False})
        with self.assertRaisesRegex(ValidationError, "needs a subject"):
            self.letter1.channel = "email"

    def test_lengths(self):
        result = doctest.testmod(segments)
        self.assertGreater(result.attempted, 0)
        self.assertEqual(result.failed, 0)
        for text, size in (("", (0, 1)), ("a" * 160, (160, 1)), ("a" * 307, (307, 3)), ("ç" * 70, (70, 1))):
            self.assertEqual(segments.size(text), size)

    # -- when -----------------------------------------------------------------

    def _held(self, **values):
        """A queued SMS, prepared at night."""
        action = self._sms(f"{DAY} 03:00:00", **values)
        if action.state == "to_confirm":
            action.action_confirm()
        self.assertEqual(action.state, "queued")
        return action

    def test_no_sms_leaves_at_night(self):
        action = self._held()
        for hour, state in ((7, "queued"), (20, "queued"), (8, "sent")):
            with freeze_time(f"{DAY} {hour:02}:30:00"):
                self.env["credit.dunning.mailer"]._cron_send()
            self.assertEqual(action.state, state, hour)

    def test_the_hours_are_the_companys(self):
        action = self._held()
        self.company.resource_calendar_id.tz = "America/New_York"
        self._send()  # 10:00 UTC
        self.assertEqual(action.state, "queued")

    def test_no_sms_leaves_on_a_sunday_nor_while_an_answer_waits(self):
        action = self._held()
        with freeze_time("2026-03-22 10:00:00"):
            self.env["credit.dunning.mailer"]._cron_send()
        self.assertEqual(action.state, "queued")
        action.profile_id.reply_waiting = True
        self._send()
        self.assertEqual(action.state, "queued")

    def test_what_was_paid_meanwhile_is_not_sent(self):
        action = self._held()
        self._payment(1000, DAY, invoice=action.line_ids.move_id)
        self._send()
        self.assertEqual(action.state, "cancelled")
        self.assertFalse(self._texts())

    def test_a_partial_payment_changes_the_amount_it_claims(self):
        action = self._held()
        self._payment(400, DAY, invoice=action.line_ids.move_id)
        self.scenario.unallocated_threshold = 100
        self._send()
        self.assertIn("600.00", action.sms_text)

    def test_an_edited_text_is_confirmed_again_when_its_figures_changed(self):
        self.letter1.automatic = False
        action = self._sms(f"{DAY} 03:00:00").with_user(self.collector)
        action.action_edit_text()
        self.assertIn("1,000.00", action.sms_text)
        action.sms_text += " Ring us."
        action.action_confirm()
        self._payment(400, DAY, invoice=action.sudo().line_ids.move_id)
        self._send()
        self.assertEqual(action.state, "to_confirm")
        action.action_reset_text()
        action.action_confirm()
        self._send()
        self.assertEqual(action.state, "sent")
        self.assertIn("600.00", action.sms_text)
        with self.assertRaisesRegex(UserError, "already left"):
            action.sms_text = "another"

    # -- to whom --------------------------------------------------------------

    def test_it_goes_to_the_recipients_number_else_to_the_customers(self):
        contact = self._customer("Comptable", parent_id=self.partner.id, type="invoice", is_company=False)
        self.assertEqual(self._sms().sms_number, MOBILE)
        contact.phone = "+33612345679"
        self._invoice("2026-03-10", partner=self.partner)
        actions = self._night("2026-03-17 10:00:00").filtered(lambda action: action.channel == "sms")
        self.assertEqual(actions.sms_number, "+33612345679")

    def test_without_a_mobile_number_the_same_words_go_by_mail_and_it_says_so(self):
        for phone in (False, LANDLINE, "12"):
            with self.subTest(phone=phone):
                partner = self._customer(f"Martin {phone}", phone=phone)
                action = self._sms(partner=partner)
                self.assertRecordValues(action, [{"channel": "email", "state": "sent", "subject": "Payment reminder"}])
                self.assertIn("another way", action.channel_note)
                body = html.fromstring(action.body_sent)
                self.assertIn("due since 03/09/2026", body.text_content())
                self.assertTrue(body.xpath("//table"))

    def test_without_an_email_address_either_it_goes_by_letter(self):
        self.partner.write({"phone": False, "email": False, "street": "1 rue", "zip": "69003", "city": "Lyon"})
        self.assertRecordValues(self._sms(), [{"channel": "letter", "state": "to_print"}])

    def test_the_preview_shows_by_what_it_goes(self):
        invoice = self._invoice("2026-03-09")
        with freeze_time(DAY):
            self.assertRecordValues(self._item(invoice), [{"next_channel": "sms", "send_channel": "sms"}])
            self.partner.phone = False
            self.assertRecordValues(self._item(invoice), [{"next_channel": "sms", "send_channel": "email"}])

    def test_without_any_address_it_fails_visibly_and_can_be_tried_again(self):
        self.partner.write({"phone": False, "email": False})
        action = self._sms()
        self.assertRecordValues(action, [{"channel": "sms", "state": "failed"}])
        self.assertIn("No mobile number", action.reason)
        self.assertTrue(action.profile_id.activity_ids)
        self.partner.phone = MOBILE
        action.action_retry()
        self._send()
        self.assertEqual(action.state, "sent")

    @freeze_time(MORNING)
    def test_the_guided_start_lists_an_sms_that_would_find_no_number(self):
        self.partner.write({"phone": False, "email": False})
        self._invoice("2026-03-09")
        start = self.env["credit.start"].create({"night_date": DAY})
        start.action_show_night()
        self.assertIn("Cannot leave", start.night)
        self.assertIn("No mobile number", start.night)
        self.partner.phone = MOBILE
        start.action_show_night()
        self.assertNotIn("Cannot leave", start.night)
        self.assertIn(MOBILE, start.night)

    def test_a_number_on_the_blacklist_gets_a_mail(self):
        self.env["phone.blacklist"].create({"number": MOBILE})
        self.assertRecordValues(self._sms(), [{"channel": "email", "state": "sent"}])

    def test_a_number_blacklisted_meanwhile_gets_nothing(self):
        action = self._held()
        self.env["phone.blacklist"].create({"number": MOBILE})
        self._send()
        self.assertEqual(action.state, "failed")
        self.assertIn("blacklist", action.reason)

    def test_a_person_sends_it_by_mail_instead_with_the_words_written(self):
        self.letter1.automatic = False
        action = self._sms().with_user(self.collector)
        action.sms_text = "Dear <Ann>, pay."
        action.action_by_email()
        self.assertRecordValues(action, [{"channel": "email", "subject": "Payment reminder", "sms_text": False}])
        self.assertIn("Dear &lt;Ann&gt;, pay.", action.body)

    def test_with_a_test_address_no_sms_leaves(self):
        self.company.followup_test_email = "me@example.com"
        action = self._sms()
        self.assertRecordValues(action, [{"state": "cancelled"}])
        self.assertIn("me@example.com", action.reason)
        self.assertEqual(action.line_ids.state, "void")
        self.assertFalse(self._texts())

    # -- what comes back ------------------------------------------------------

    def test_an_sms_to_a_wrong_number_gives_its_level_back_and_goes_by_mail(self):
        action = self._sms()
        self._report(sim_error="wrong_number_format")
        self.assertRecordValues(action, [{"state": "void"}])
        self.assertIn("Wrong Number Format", action.reason)
        self.assertEqual(action.line_ids.state, "void")
        self.assertTrue(action.profile_id.activity_ids)
        self.assertEqual(action.profile_id.sms_failed_number, MOBILE)
        self.assertTrue(self._texts().to_delete)
        again = self._night("2026-03-17 10:00:00")
        self.assertRecordValues(again, [{"channel": "email", "state": "sent", "level_id": self.letter1.id}])

    def test_the_number_is_used_again_when_it_is_another_one_or_a_person_says_so(self):
        profile = self._sms().profile_id
        profile.sms_failed_number = MOBILE
        invoice = self._invoice("2026-03-10")
        with freeze_time(DAY):
            self.assertEqual(self._item(invoice).send_channel, "email")
            self.partner.phone = "+33612345679"
            self.assertEqual(self._item(invoice).send_channel, "sms")
            self.partner.phone = MOBILE
            profile.with_user(self.collector).action_forget_sms_failure()
            self.assertEqual(self._item(invoice).send_channel, "sms")

    def test_without_credit_the_next_run_tries_the_same_number_again(self):
        action = self._sms()
        self._report(sim_error="credit")
        self.assertRecordValues(action, [{"state": "void"}])
        self.assertFalse(action.profile_id.sms_failed_number)
        self.assertRecordValues(self._night("2026-03-17 10:00:00"), [{"channel": "sms", "state": "sent"}])

    def test_a_delivery_report_of_a_failure_voids_it_later(self):
        action = self._sms()
        tracker = self.env["sms.tracker"].sudo().search([("sms_uuid", "=", self._texts().uuid)])
        tracker._action_update_from_sms_state("pending")
        self._send()
        self.assertEqual(action.state, "sent")
        tracker._action_update_from_provider_error("invalid_destination")
        self._send()
        self.assertRecordValues(action, [{"state": "void"}])
        self.assertEqual(action.profile_id.sms_failed_number, MOBILE)

    def test_one_that_the_provider_has_had_before_has_arrived(self):
        action = self._sms()
        self._report(sim_error="duplicate_message")
        self.assertEqual(action.state, "sent")

    def test_a_failure_of_someone_elses_sms_voids_nothing(self):
        action = self._sms()
        with self.mockSMSGateway(sim_error="wrong_number_format"):
            self.partner._message_sms("Hello", partner_ids=self.partner.ids)
        self._send()
        self.assertEqual(action.state, "sent")

    # -- rights, companies, size ----------------------------------------------

    def test_collectors_confirm_and_edit_and_accountants_do_not(self):
        self.letter1.automatic = False
        action = self._sms()
        with self.assertRaises(AccessError):
            action.with_user(self.accountant).sms_text = "Pay."
        with self.assertRaises(AccessError):
            action.with_user(self.accountant).action_confirm()
        with self.assertRaisesRegex(UserError, "only by its buttons"):
            action.with_user(self.collector).sms_number = LANDLINE
        action.with_user(self.collector).sms_text = "Pay."
        action.with_user(self.collector).action_confirm()
        self._send()
        self.assertRecordValues(self._texts(), [{"body": "Pay."}])

    def test_only_managers_change_the_text_of_a_level(self):
        with self.assertRaises(AccessError):
            self.letter1.with_user(self.collector).sms_text = "Pay."
        self.letter1.with_user(self.manager).sms_text = "Pay."

    def test_two_companies_send_side_by_side(self):
        other = self.setup_other_company()["company"]
        other.resource_calendar_id.tz = "UTC"
        other.followup_scenario_id.live = True
        other.followup_payments_max_age = 0
        other.followup_scenario_id.level_ids.filtered(lambda level: level.day == self.letter1.day).channel = "sms"
        self._invoice("2026-03-09")
        move = self.env["account.move"].with_company(other)
        move = move.create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partner.id,
                "company_id": other.id,
                "invoice_date": "2026-02-09",
                "invoice_date_due": "2026-03-09",
                "invoice_payment_term_id": False,
                "invoice_line_ids": [(0, 0, {"name": "Goods", "price_unit": 500.0, "tax_ids": []})],
            }
        )
        move.action_post()
        self.env.user.company_ids |= other
        actions = self._night(MORNING)
        self.assertEqual(actions.company_id, self.company | other)
        self.assertEqual(set(actions.mapped("state")), {"sent"})
        self.assertEqual(self._texts().mail_message_id.record_company_id, self.company | other)
        with self.mockSMSGateway():
            self._texts()._send()
        self.assertEqual(len(self._sms_sent()), 2)

    def _sms_sent(self):
        return self.__dict__["_sms"]

    def test_an_sms_costs_at_most_twelve_queries(self):
        def customers(first, count):
            for number in range(first, first + count):
                self._invoice("2026-03-09", 100, self._customer(f"C{number}", phone=f"+3361234{number:04}"))
            with freeze_time(f"{DAY} 03:00:00"):
                self.env["credit.dunning.scenario"]._cron_dunning()
            self.env.flush_all()
            self.env.invalidate_all()

        def count():
            before = self.env.cr.sql_log_count
            self._send()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        customers(0, 2)
        count()  # warms what is read once
        customers(10, 2)
        few = count()
        customers(20, 22)
        many = count()
        self.assertEqual(len(self._texts()), 26)
        self.assertLessEqual((many - few) / 20, 12)

    # -- uninstalling ---------------------------------------------------------

    def test_without_the_addon_its_levels_go_by_mail_and_what_was_sent_says_so(self):
        self.letter1.write({"subject": False, "text": False})
        sent, waiting = self._sms(), self._held(partner=self._customer("Late", phone="+33612345679"))
        (sent | waiting)._leave_sms()
        self.letter1._leave_sms()
        self.assertRecordValues(self.letter1, [{"channel": "email", "subject": "Payment reminder"}])
        self.assertIn("{oldest_due_date}", self.letter1.text)
        self.assertRecordValues(waiting, [{"channel": "email", "state": "cancelled"}])
        self.assertEqual(sent.state, "sent")
        self.assertIn(MOBILE, sent.reason)

    # -- the law --------------------------------------------------------------

    def test_an_sms_does_not_claim_collection_costs_of_a_consumer(self):
        self.letter1.sms_text = "Indemnité de 40 € pour frais de recouvrement."
        action = self._sms(partner=self._customer("Martin", is_company=False, phone=MOBILE))
        self.assertEqual(action.state, "failed")
        self.assertIn("consumer", action.reason)
        self.assertFalse(self._texts())

    def test_an_sms_lists_no_interest_and_claims_none(self):
        self.company.country_id = self.env.ref("base.fr")
        self.letter1.claim_charges = True
        action = self._sms()
        self.assertEqual(action.state, "sent")
        self.assertFalse(self.env["credit.late.claim"].search([("move_id", "=", action.line_ids.move_id.id)]))

    def test_an_sms_knows_no_placeholder_of_the_interest_table(self):
        for name in ("charges", "penalty_rate", "total_amount"):
            with self.assertRaises(ValidationError, msg=name):
                self.letter1.sms_text = f"{{{name}}}"
