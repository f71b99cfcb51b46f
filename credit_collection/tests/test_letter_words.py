"""What stands on paper, to the cent: the formal notice of S27 in French, German and English, the instalments of S12."""

import io
import re

from freezegun import freeze_time
from lxml import html as lxml_html

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools.pdf import OdooPdfFileWriter

from .test_interest import InterestCommon

DAY = "2026-03-16"  # a Monday
IBAN = "FR76 3000 6000 0112 3456 7890 189"
# due day, amount and the customer's purchase order of each invoice
INVOICES = {
    "F-101": ("2025-10-31", 4800.0, "PO 2025-88"),
    "F-117": ("2025-11-30", 7260.0, "PO 2025-97"),
    "F-130": ("2025-12-31", 3140.5, "PO 2025-104"),
}


@tagged("post_install", "-at_install")
class TestLetterWords(InterestCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"street": "17 rue des Tanneurs", "zip": "35000", "city": "Rennes"})
        cls.env["res.partner.bank"].create({"acc_number": IBAN, "partner_id": cls.company.partner_id.id})
        cls.env["ir.config_parameter"].set_param("account_payment.enable_portal_payment", "True")
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.env["res.lang"]._activate_lang("de_DE")
        cls.env["ir.module.module"]._load_module_terms(["credit_collection"], ["fr_FR"])

    def setUp(self):
        super().setUp()
        self.page = self._blank_page()
        registry = self.env.registry  # the real printer is for test_letter_pages
        self.patch(
            registry["credit.dunning.printer"],
            "_pages",
            lambda printer, letters, rendered: dict.fromkeys(letters.ids, self.page),
        )
        self.patch(
            registry["credit.statement"], "_pdf", lambda statement, pairs, day=False: dict.fromkeys(pairs, self.page)
        )

    def _blank_page(self):
        writer, stream = OdooPdfFileWriter(), io.BytesIO()
        writer.add_blank_page(595, 842)
        writer.write(stream)
        return stream.getvalue()

    def _words(self, html):
        """The text as it is read: whatever kind of space stands in it is one space."""
        text = " ".join(lxml_html.fromstring(f"<div>{html}</div>").itertext())
        return re.sub(r"\s+", " ", text.replace("\N{ZERO WIDTH NO-BREAK SPACE}", ""))

    def _has(self, words, *expected):
        for text in expected:
            self.assertIn(text, words)

    # -- S27 ------------------------------------------------------------------

    def _debtor(self, lang):
        """A customer whose registered office is in Lyon, with a collection contact in Nice."""
        address = {"street": "12 rue des Lilas", "zip": "69003", "city": "Lyon"}
        customer = self._customer("Moreau", lang=lang, country_id=self.env.ref("base.fr").id, **address)
        contact = {"street": "1 quai des Docks", "city": "Nice", "email": "zoe@customer.example.com", "lang": lang}
        customer.child_ids = [Command.create({"name": "Zoé Lenoir", **contact})]
        customer._followup_profile(self.company).contact_ids = customer.child_ids
        return customer

    def _ledger(self, customer):
        """Three late invoices, one of them paid in part, a credit note and a payment that nobody has matched."""
        invoices = {
            name: self._invoice(due, amount, customer, name=name, ref=order)
            for name, (due, amount, order) in INVOICES.items()
        }
        self._payment(2260.0, "2026-01-20", customer, invoices["F-117"])
        self._credit_note(1100.0, "2026-02-10", customer)
        self._payment(
            900.0, "2026-02-25", customer
        )  # 7 % of the claim: below the threshold that would hold the letter
        for invoice in invoices.values():  # as Send & Print leaves it
            self.env["ir.attachment"].create(
                {
                    "name": f"{invoice.name}.pdf",
                    "raw": self.page,
                    "res_model": "account.move",
                    "res_id": invoice.id,
                    "res_field": "invoice_pdf_report_file",
                }
            )
        return self.env["account.move"].union(*invoices.values())

    def _formal_notice(self, lang):
        """The third letter, printed on the day after it was confirmed; with the invoices it is about."""
        customer = self._debtor(lang)
        invoices = self._ledger(customer)
        letters = ((self.letter1, "2026-02-02"), (self.letter2, "2026-02-27"))
        for level, day in letters:
            self.env["credit.collection.action"]._set_level(self._item(invoices), level, "before", day)
        [action] = self._night(DAY)
        self.assertRecordValues(action, [{"level_id": self.notice.id, "state": "to_confirm", "registered": True}])
        with freeze_time(DAY):
            action.action_confirm()
            action.action_print()
        return action, invoices

    def _facts(self, words, action, invoices):
        """What the notice says in whatever language."""
        self._has(words, *INVOICES, *(order for _due, _amount, order in INVOICES.values()), IBAN)
        self._has(words, "Moreau , 12 rue des Lilas, 69003 Lyon", "17 rue des Tanneurs, 35000 Rennes")
        self.assertEqual(action._totals("claimed"), {self.company.currency_id: 12940.5})
        self.assertEqual(action._totals("claimed", "credit"), {self.company.currency_id: 10940.5})
        for invoice in invoices:
            self.assertIn(f"{invoice.access_url}?access_token={invoice.access_token}", action.body_sent)

    def test_s27_a_formal_notice_in_french(self):
        action, invoices = self._formal_notice("fr_FR")
        words = self._words(action.body_sent)
        self._facts(words, action, invoices)
        self.assertIn("MISE EN DEMEURE", action.subject)  # the title of the letter
        self.assertIn("La présente vaut mise en demeure", words)
        # the claim: due days, what is left of each invoice, what is deducted, the net sum in figures and words
        self._has(words, "31/10/2025", "4 800,00 €", "30/11/2025", "7 260,00 € 5 000,00 €", "31/12/2025", "3 140,50 €")
        self._has(words, "12 940,50 €", "-1 100,00 €", "-900,00 €", "10 940,50 €")
        self.assertIn("onze mille cinq cent soixante-dix euros et quatre-vingt-dix-neuf centimes", words)
        self.assertIn("dans un délai de 8 jours, soit au plus tard le 24/03/2026", words)
        # interest line by line, the rate, one indemnity per invoice, and what all of it comes to
        self._has(words, "F-101 01/11/2025 – 16/03/2026 136 4 800,00 € 12,15 % 217,30 €")
        self._has(words, "F-117 01/12/2025 – 20/01/2026 51 7 260,00 € 12,15 % 123,25 €")
        self._has(words, "F-117 21/01/2026 – 16/03/2026 55 5 000,00 € 12,15 % 91,54 €")
        self._has(words, "F-130 01/01/2026 – 16/03/2026 75 3 140,50 € 12,15 % 78,40 €")
        self._has(words, "3 × 40,00 € 120,00 €", "630,49 €", "11 570,99 €")

    def test_s27_a_formal_notice_in_german_speaks_as_much_german_as_there_is(self):
        """Words that nobody translated stay English, as Odoo's do; numbers and dates are German all the same."""
        action, invoices = self._formal_notice("de_DE")
        words = self._words(action.body_sent)
        self._facts(words, action, invoices)
        self.assertIn("FORMAL NOTICE", action.subject)
        self._has(words, "Total to pay", "In words: elftausendfünfhundertsiebzig Euro")
        self._has(words, "31.10.2025", "30.11.2025", "31.12.2025", "within 8 days, that is by 24.03.2026")
        self._has(words, "7.260,00 € 5.000,00 €", "12.940,50 €", "-1.100,00 €", "-900,00 €", "10.940,50 €")
        self._has(words, "01.11.2025 – 16.03.2026 136 4.800,00 € 12,15% 217,30 €", "3 × 40,00 € 120,00 €")
        self._has(words, "630,49 €", "11.570,99 €")
        self.assertNotIn("MISE EN DEMEURE", words)

    def test_s27_what_the_accountant_translated_is_used(self):
        self.notice.with_context(lang="de_DE").write(
            {
                "subject": "MAHNUNG: {net_amount}",
                "text": "<p><strong>MAHNUNG</strong></p><p>Zahlen Sie {amount} bis {deadline}.</p>",
            }
        )
        action, _invoices = self._formal_notice("de_DE")
        words = self._words(action.body_sent)
        self.assertEqual(self._words(action.subject), "MAHNUNG: 10.940,50 €")
        self._has(words, "MAHNUNG", "Zahlen Sie 12.940,50 € bis 24.03.2026.", "Total to pay")
        self.assertNotIn("formal notice to pay", words)

    def test_s27_a_formal_notice_in_english(self):
        action, invoices = self._formal_notice("en_US")
        words = self._words(action.body_sent)
        self._facts(words, action, invoices)
        self.assertIn("FORMAL NOTICE", action.subject)
        self._has(words, "within 8 days, that is by 03/24/2026", "12.15%")
        self._has(words, "12,940.50 €", "10,940.50 €", "11,570.99 €")

    def test_s27_it_goes_registered_to_the_registered_office_with_the_invoices(self):
        action, invoices = self._formal_notice("fr_FR")
        [letter] = self.env["report.credit_collection.dunning_letter_document"]._get_report_values(action.ids)[
            "letters"
        ]
        self.assertEqual(letter["address"][:3], ["Moreau", "Zoé Lenoir", "12 rue des Lilas"])
        self.assertIn("69003 Lyon", letter["address"])
        self.assertEqual(letter["registered"], "Lettre recommandée avec accusé de réception")
        enclosed = action.attachment_ids - action.letter_id
        self.assertEqual(len(enclosed), 4, "the statement of account and three invoices")
        for invoice in invoices:
            self.assertIn(f"{invoice.name}.pdf", enclosed.mapped("name"))

    def test_s27_it_is_sent_once_its_tracking_number_is_known(self):
        action, _invoices = self._formal_notice("fr_FR")
        self.assertEqual(action.state, "sending")
        wizard = self.env["credit.registered.letter"].with_user(self.collector)
        with freeze_time(DAY):
            posting = wizard.create({"action_id": action.id})
            with self.assertRaisesRegex(UserError, "tracking number"):
                posting.action_save()
            self.assertEqual(action.state, "sending")
            posting.tracking_number = "1A 234 567 8901 2"
            posting.action_save()
        self.assertRecordValues(action, [{"state": "sent", "tracking_number": "1A 234 567 8901 2"}])
        self.assertEqual(set(action.line_ids.filtered("level_id").mapped("state")), {"reached"})

    # -- S12 ------------------------------------------------------------------

    def test_s12_instalments_are_chased_by_their_own_due_days_with_one_indemnity(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "30/40/30",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": share, "nb_days": days})
                    for share, days in ((30, 30), (40, 58), (30, 89))
                ],
            }
        )
        self.partner.write({"lang": "fr_FR", "street": "12 rue des Lilas", "city": "Lyon"})
        invoice = self._invoice(
            "2026-01-31", 15000.0, date="2026-01-01", name="F-200", invoice_payment_term_id=term.id
        )
        self.letter1.write({"channel": "letter", "claim_charges": True})
        first, second, third = self._item(invoice).sorted("date_maturity")
        [action] = self._night("2026-03-05")
        self.assertRecordValues(
            action.line_ids.sorted("date_maturity"),
            [
                {"move_line_id": first.id, "kind": "claimed", "amount": 4500.0},
                {"move_line_id": second.id, "kind": "claimed", "amount": 6000.0},
                {"move_line_id": third.id, "kind": "not_due", "amount": 4500.0},
            ],
        )
        self.assertEqual(action._totals("claimed"), {self.company.currency_id: 10500.0})
        with freeze_time("2026-03-05"):
            action.action_print()
        self.assertEqual(action.state, "sent")
        words = self._words(action.body_sent)
        self._has(
            words,
            "31/01/2026 33",
            "28/02/2026 5",
            "Pour information, non encore échu : F-200 01/01/2026 31/03/2026 4 500,00 €",
            "10 500,00 €",
        )
        self._has(words, "F-200 01/02/2026 – 05/03/2026 33 4 500,00 € 12,15 % 49,43 €")
        self._has(words, "F-200 01/03/2026 – 05/03/2026 5 6 000,00 € 12,15 % 9,99 €")
        self.assertEqual(words.count("12,15 %"), 2, "two dated lines")
        self._has(words, "1 × 40,00 € 40,00 €", "99,42 €", "10 599,42 €")
