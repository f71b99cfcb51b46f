"""Letters: who gets one, printing in one go, registered letters, and what is kept."""

from freezegun import freeze_time
from reportlab.graphics.utils import RenderPMError

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tools import mute_logger

from .common import CollectionCommon

DAY = "2026-03-16"  # a Monday


class TestLetters(CollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.address = {"street": "12 rue des Lilas", "zip": "69003", "city": "Lyon"}
        cls.partner.write(cls.address)

    def setUp(self):
        super().setUp()
        self.sheets = []
        self.patch(
            self.env.registry["credit.dunning.printer"],
            "_pages",
            lambda printer, letters, rendered: self._print_blank(letters),
        )

    def _print_blank(self, letters):
        """Stands for the printer: a test of the real one is in test_letter_pages."""
        self.sheets.append(letters.ids)
        return {action.id: b"%PDF-1.4 " + str(action.id).encode() for action in letters}

    def _letter(self, level=None, **level_values):
        """The action of a late item whose level goes by letter."""
        (level or self.letter1).write({"channel": "letter", **level_values})
        self._invoice("2026-03-09")
        return self._night(DAY)

    @freeze_time(DAY)
    def _printed(self, action):
        action.action_print()
        return action

    # -- who gets one ---------------------------------------------------------

    def test_an_automatic_level_by_letter_waits_for_the_printer(self):
        action = self._letter()
        self.assertRecordValues(action, [{"channel": "letter", "state": "to_print"}])

    def test_without_an_email_address_the_level_goes_by_letter_and_says_so(self):
        self.partner.email = False
        self._invoice("2026-03-09")
        action = self._night(DAY)
        self.assertRecordValues(action, [{"channel": "letter", "state": "to_print", "level_id": self.letter1.id}])
        self.assertIn("another way", action.channel_note)

    def test_the_preview_shows_by_what_it_goes(self):
        self.partner.email = False
        invoice = self._invoice("2026-03-09")
        with freeze_time(DAY):
            self.assertRecordValues(self._item(invoice), [{"next_channel": "email", "send_channel": "letter"}])

    def test_without_a_postal_address_a_letter_goes_by_email(self):
        self.partner.city = False
        action = self._letter()
        self.assertRecordValues(action, [{"channel": "email", "state": "sent", "registered": False}])

    def test_after_a_bounce_the_reminder_comes_back_as_a_letter(self):
        self._invoice("2026-03-09")
        action = self._night(DAY)
        with freeze_time("2026-03-17"):
            action._void_bounced(action.email_to)
        self.assertRecordValues(self._night("2026-03-17"), [{"channel": "letter", "level_id": self.letter1.id}])

    def test_a_registered_level_without_a_postal_address_fails_visibly(self):
        self.partner.city = False
        action = self._printed(self._letter(registered=True))
        self.assertRecordValues(action, [{"channel": "letter", "state": "failed"}])
        self.assertIn("No postal address", action.reason)
        self.assertTrue(action.profile_id.activity_ids)

    def test_a_level_sent_registered_must_be_a_letter(self):
        with self.assertRaisesRegex(UserError, "only letters are sent registered"):
            self.letter1.registered = True

    # -- printing -------------------------------------------------------------

    def test_printed_letters_are_sent_and_kept_each_with_its_copy(self):
        action = self._printed(self._letter())
        self.assertEqual(action.state, "sent")
        self.assertEqual(action.line_ids.state, "reached")
        self.assertEqual(str(action.line_ids.date_done), DAY)
        self.assertEqual(action.letter_id.raw, b"%PDF-1.4 " + str(action.id).encode())
        self.assertIn(action.letter_id, action.mail_message_id.attachment_ids)
        with self.assertRaisesRegex(UserError, "evidence"):
            action.letter_id.raw = b"another"

    def test_a_letter_printed_while_there_is_a_test_addressee_does_not_count(self):
        self.company.followup_test_email = "trial@creditor.example.com"
        action = self._printed(self._letter(registered=True))
        self.assertRecordValues(action, [{"state": "void", "is_test": True}])
        self.assertTrue(action.letter_id)
        self.assertFalse(action.mail_message_id)
        report = self.env["report.credit_collection.dunning_letter_document"]
        self.assertTrue(report._get_report_values(action.ids)["letters"][0]["test"])

    def test_many_customers_are_printed_by_one_process(self):
        self.letter1.channel = "letter"
        for number in range(7):
            self._invoice("2026-03-09", partner=self._customer(f"Customer {number}", **self.address))
        actions = self._night(DAY)
        with freeze_time(DAY):
            printed = self.env["credit.dunning.printer"]._print(actions)
        self.assertEqual(printed, actions)
        self.assertEqual([sorted(sheet) for sheet in self.sheets], [sorted(actions.ids)])

    def test_what_was_paid_meanwhile_is_not_printed(self):
        self.letter1.channel = "letter"
        paid, late = (
            self._invoice("2026-03-09"),
            self._invoice("2026-03-09", partner=self._customer("Late", **self.address)),
        )
        actions = self._night(DAY)
        self._payment(1000, DAY, invoice=paid)
        with freeze_time(DAY):
            printed = self.env["credit.dunning.printer"]._print(actions)
        self.assertEqual(printed.partner_id, late.partner_id)
        self.assertEqual((actions - printed).state, "cancelled")

    def test_nothing_is_printed_while_an_answer_waits_to_be_read(self):
        action = self._letter()
        action.profile_id.reply_waiting = True
        self._printed(action)
        self.assertEqual(action.state, "to_print")

    def test_a_letter_printed_twice_is_the_same_file(self):
        action = self._printed(self._letter())
        self.assertEqual(self.env["credit.dunning.printer"]._merge(action).raw, action.letter_id.raw)
        self.assertEqual(len(self.sheets), 1)

    def test_a_letter_that_was_not_printed_has_no_file(self):
        with self.assertRaisesRegex(UserError, "not printed yet"):
            self._letter().action_print_again()

    def test_only_collectors_print(self):
        action = self._letter()
        with self.assertRaises(AccessError):
            action.with_user(self.accountant).action_print()
        with freeze_time(DAY):
            action.with_user(self.collector).action_print()
        self.assertEqual(action.state, "sent")

    def test_a_person_changes_the_channel_of_what_has_not_left(self):
        action = self._letter().with_user(self.collector)
        action.action_by_email()
        self.assertRecordValues(action, [{"channel": "email", "state": "queued"}])
        action.action_by_letter()
        self.assertRecordValues(action, [{"channel": "letter", "state": "to_print"}])
        self._printed(action)
        with self.assertRaisesRegex(UserError, "already left"):
            action.action_by_email()

    # -- registered letters ---------------------------------------------------

    def _registered(self):
        return self._printed(self._letter(registered=True))

    def test_a_registered_letter_is_sent_when_its_tracking_number_is_known(self):
        action = self._registered()
        self.assertEqual((action.state, action.line_ids.state), ("sending", "pending"))
        with freeze_time("2026-03-18"):
            with self.assertRaisesRegex(UserError, "tracking number"):
                action._record_posting(" ", action.date_planned)
            with self.assertRaisesRegex(UserError, "between the day the letter was printed"):
                action._record_posting("1A 234", action.date_planned.replace(day=19))
            action._record_posting("1A 234", action.date_planned.replace(day=17))
        self.assertRecordValues(action, [{"state": "sent", "tracking_number": "1A 234"}])
        self.assertEqual(str(action.line_ids.date_done), "2026-03-17")

    def test_a_printed_registered_letter_is_not_resent_by_the_mail_server_check(self):
        action = self._registered()
        self.assertFalse(action.to_check)
        with self.assertRaisesRegex(UserError, "interrupted"):
            action.action_mark_sent()

    def test_a_registered_letter_that_was_not_posted_is_printed_anew(self):
        action = self._registered()
        first = action.letter_id
        action.action_back_to_print()
        self.assertFalse(first.exists())
        self._printed(action)
        self.assertEqual(action.state, "sending")
        self.assertTrue(action.letter_id)

    def _posted(self):
        action = self._registered()
        with freeze_time(DAY):
            action._record_posting("1A 234", action.date_planned)
        return action

    def test_the_contact_gets_a_copy_by_email_once_the_letter_is_posted(self):
        self.letter1.copy_by_email = True
        action = self._registered()
        copies = [("model", "=", "credit.profile"), ("partner_ids", "in", self.partner.ids)]
        self.assertFalse(self.env["mail.message"].search(copies))
        with freeze_time(DAY):
            action.with_user(self.collector)._record_posting("1A 234", action.date_planned)
            self.env["credit.dunning.history"]._write_history()
        copy = self.env["mail.message"].search(copies)
        self.assertEqual(len(copy), 1)
        self.assertEqual((copy.subject, copy.attachment_ids.raw), (action.subject, action.letter_id.raw))

    @freeze_time("2026-03-20")
    def test_delivery_and_its_proof_are_kept(self):
        action = self._posted().with_user(self.collector)
        with self.assertRaisesRegex(UserError, "between the day of posting and today"):
            action._record_delivery("delivered", action.date_planned.replace(day=15))
        action._record_delivery("delivered", action.date_planned.replace(day=18), ("receipt.pdf", b"receipt"))
        self.assertEqual(str(action.date_delivered), "2026-03-18")
        with self.assertRaisesRegex(UserError, "proof of a registered letter"):
            action.proof_id.sudo().unlink()
        self.assertEqual(action.state, "sent")

    @freeze_time("2026-03-20")
    def test_a_letter_to_a_wrong_address_gives_its_level_back(self):
        action = self._posted()
        action._record_delivery("wrong_address", action.date_planned.replace(day=18))
        self.assertEqual((action.state, action.line_ids.state), ("void", "void"))
        self.assertTrue(action.profile_id.activity_ids)

    @freeze_time("2026-03-20")
    def test_a_letter_nobody_collected_counts(self):
        action = self._posted()
        action._record_delivery("unclaimed", action.date_planned.replace(day=18))
        self.assertEqual(action.line_ids.state, "reached")

    def test_a_plain_letter_asks_for_no_tracking_number(self):
        with self.assertRaisesRegex(UserError, "no registered letter"):
            self._printed(self._letter())._record_posting("1A 234", DAY)

    # -- what it says ---------------------------------------------------------

    def test_a_letter_says_how_much_in_words_and_how_to_pay(self):
        self.partner.lang = "en_US"
        bank = self.env["res.partner.bank"].create(
            {"acc_number": "FR7630006000011234567890189", "partner_id": self.company.partner_id.id}
        )
        action = self._letter()
        html = self.env["credit.dunning.words"]._render(action)["html"]
        self.assertIn("one thousand dollars", html)
        self.assertIn(bank.acc_number, html)
        self.assertIn(action.line_ids.move_id.payment_reference, html)

    def test_a_letter_without_its_qr_code_is_printed_all_the_same(self):
        """reportlab may lack the backend that draws pictures."""
        bank = {"acc_number": "FR7630006000011234567890189", "partner_id": self.company.partner_id.id}
        self.env["res.partner.bank"].create(bank)
        action = self._letter()

        def fail(*_args, **_kwargs):
            raise RenderPMError("no backend")

        self.patch(self.env.registry["res.partner.bank"], "build_qr_code_base64", fail)
        with mute_logger("odoo.addons.credit_collection.models.credit_dunning_words"):
            html = self.env["credit.dunning.words"]._render(action)["html"]
        self.assertIn("FR76", html)
        self.assertNotIn("<img", html)

    def test_a_formal_notice_refers_to_the_order_and_its_day(self):
        product = self.env["product.product"].create({"name": "Oak", "invoice_policy": "order", "taxes_id": False})
        order = (
            self.env["sale.order"]
            .sudo()
            .create(
                {
                    "partner_id": self.partner.id,
                    "client_order_ref": "PO 7001",
                    "order_line": [Command.create({"product_id": product.id, "price_unit": 100})],
                }
            )
        )
        order.action_confirm()
        order.date_order = "2026-02-03 10:00:00"
        invoice = order._create_invoices()
        invoice.write(
            {"invoice_date": "2026-02-09", "invoice_payment_term_id": False, "invoice_date_due": "2026-03-09"}
        )
        invoice.action_post()
        profile = self.partner._followup_profile(self.company)
        action = profile._prepare_action(self.partner, self._item(invoice).move_line_id)
        for level, shown in ((self.letter1, False), (self.notice, True)):
            action.sudo()._write_state({"level_id": level.id, "channel": "letter"})
            html = self.env["credit.dunning.words"]._render(action)["html"]
            self.assertIn("PO 7001", html)
            self.assertEqual(f"{order.name} of 02/03/2026" in html, shown)

    def test_a_letter_with_a_qr_code_is_printed_and_shown_in_the_history_with_its_file(self):
        self.env["res.partner.bank"].create(
            {"acc_number": "FR76300060000112", "partner_id": self.company.partner_id.id}
        )
        pixel = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="
        self.patch(self.env.registry["res.partner.bank"], "build_qr_code_base64", lambda *_args, **_kwargs: pixel)
        action = self._printed(self._letter())
        self.assertIn(pixel, action.body_sent)
        self.assertIn(action.letter_id, action.mail_message_id.attachment_ids)

    def test_headings_of_the_level_do_not_cut_the_printed_file(self):
        self.letter1.text = "<h1>Reminder</h1><p>Pay.</p>"
        action = self._letter()
        self.assertNotIn("<h1", self.env["credit.dunning.words"]._render(action)["html"])

    def test_the_country_stands_in_letters_abroad_only(self):
        self.partner.country_id = self.company.country_id
        action = self._letter()
        Report = self.env["report.credit_collection.dunning_letter_document"]
        self.assertIn("Lyon", Report._address(action)[-1])
        self.partner.country_id = self.env.ref("base.ch")
        self.assertEqual(Report._address(action)[-1], "Switzerland")

    def test_what_is_not_due_yet_stands_below_the_total_and_the_signature_last(self):
        self.letter1.text = "<p>Dear all,</p><div>{items}</div><p>Yours,</p>"
        action = self._letter()
        later = self._invoice("2026-04-10", 77.0)
        items = self._item(later).move_line_id | action.line_ids.move_line_id
        with freeze_time(DAY):
            action = self.partner._followup_profile(self.company)._prepare_action(self.partner, items)
            action.sudo()._write_state({"channel": "letter", "level_id": self.letter1.id})
            html = self.env["credit.dunning.words"]._render(action)["html"]
        order = [html.index(words) for words in ("Dear all,", "Total to pay", later.name, "Yours,", self.company.name)]
        self.assertEqual(order, sorted(order))

    def test_interest_makes_the_sum_in_words_and_in_the_code_of_the_transfer(self):
        action = self._letter(claim_charges=True)
        table = {"currency": self.company.currency_id, "total": 42.5, "penalty_rate": False, "segments": []}
        table |= {"missing": False, "indemnity": 0.0, "paid": 0.0}
        self.patch(self.env.registry["credit.late.interest"], "_letter_table", lambda *args: [table])
        with freeze_time(DAY):
            values = self.env["credit.dunning.words"]._render_values(action)
        (group,), (charge,) = values["groups"], values["charges"]
        self.assertEqual((group["total"], group["qr_amount"], charge["grand_total"]), (1000.0, 1042.5, 1042.5))
        self.assertFalse(group["in_words"])
        self.assertIn("forty-two", charge["in_words"])

    def test_a_formal_notice_goes_to_the_registered_office_for_the_attention_of_the_contact(self):
        contact = self.env["res.partner"].create(
            {
                "name": "Zoé Lenoir",
                "parent_id": self.partner.id,
                "type": "invoice",
                "city": "Nice",
                "street": "1 quai",
                "email": "z@customer.example.com",
            }
        )
        self.letter1.channel = "letter"
        self._invoice("2026-03-09")
        action = self._night(DAY)
        Report = self.env["report.credit_collection.dunning_letter_document"]
        self.assertEqual(action.recipient_id, contact)
        self.assertIn("Nice", " ".join(Report._address(action)))
        self.letter1.is_formal_notice = True
        self.assertEqual(Report._address(action)[:3], ["Durand", "Zoé Lenoir", "12 rue des Lilas"])
