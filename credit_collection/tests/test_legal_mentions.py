"""What the law of late payment asks of invoices: the mention of penalties and indemnity, the longest payment terms."""

from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from .common import CollectionCommon

KIND = "odoo.addons.credit_collection.models.res_partner.ResPartner._followup_kind"


class LegalCommon(CollectionCommon):
    """A French company, a professional customer, a consumer, and payment terms by their shape."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.change_company_country(cls.company, cls.env.ref("base.fr"))
        cls.consumer = cls._customer("Ms Petit", is_company=False)
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.net_90 = cls._terms("90 days", nb_days=90)
        cls.net_60 = cls._terms("60 days", nb_days=60)
        cls.end_of_month = cls._terms(
            "45 days end of month", nb_days=45, delay_type="days_end_of_month_on_the", days_next_month="0"
        )

    @classmethod
    def _terms(cls, name, **line):
        return cls.env["account.payment.term"].create({"name": name, "line_ids": [Command.create(line)]})

    def _public(self):
        return patch(KIND, lambda partner: "public")


@tagged("post_install", "-at_install")
class TestLegalMention(LegalCommon):
    def _mention(self, invoice, lang="en_US"):
        return invoice.with_context(lang=lang)._followup_legal_mention()

    def _printed(self, invoice):
        html, _type = self.env["ir.actions.report"]._render_qweb_html("account.report_invoice", invoice.ids)
        return html.decode()

    def test_an_invoice_to_a_professional_states_rate_indemnity_and_articles(self):
        mention = self._mention(self._invoice("2026-03-12"))
        for words in ("European Central Bank", "10 percentage points", "€40", "L441-10", "D441-5", "No discount"):
            self.assertIn(words, mention)
        self.assertNotIn("{", mention)

    def test_it_is_printed_in_the_language_of_the_customer(self):
        texts = {"en_US": "Late payment: €40. {no_discount}", "fr_FR": "Retard de paiement : 40 €. {no_discount}"}
        self.company.followup_mention_text = texts["en_US"]
        self.company.update_field_translations("followup_mention_text", texts)
        for lang, words in (("en_US", "Late payment: €40."), ("fr_FR", "Retard de paiement : 40 €.")):
            self.partner.lang = lang
            page = self._printed(self._invoice("2026-03-12"))
            self.assertEqual(page.count('name="followup_mention"'), 1)
            self.assertIn(words, page)

    def test_consumers_and_credit_notes_never_bear_it(self):
        for document in (
            self._invoice("2026-03-12", partner=self.consumer),
            self._credit_note(100, "2026-03-12"),
            self._invoice("2026-03-12", move_type="out_receipt"),
        ):
            self.assertEqual(self._mention(document), "")
            page = self._printed(document)
            self.assertNotIn("followup_mention", page)
            self.assertNotIn("€40", page)

    def test_the_contact_of_a_company_is_a_professional(self):
        contact = self._customer("Mr Buyer", is_company=False, parent_id=self.partner.id)
        self.assertIn("€40", self._mention(self._invoice("2026-03-12", partner=contact)))

    def test_a_public_body_reads_its_own_rate_and_articles(self):
        with self._public():
            mention = self._mention(self._invoice("2026-03-12"))
        for words in ("8 percentage points", "€40", "R2192-31", "D2192-35"):
            self.assertIn(words, mention)
        self.assertNotIn("L441-10", mention)

    def test_only_french_companies_have_it_unless_an_accountant_decides(self):
        self.assertTrue(self.company.followup_invoice_mentions)
        self.company.followup_invoice_mentions = False
        invoice = self._invoice("2026-03-12")
        self.assertEqual(self._mention(invoice), "")
        self.change_company_country(self.company, self.env.ref("base.be"))
        self.assertFalse(self.company.followup_invoice_mentions)
        self.company.followup_invoice_mentions = True
        self.assertEqual(self._mention(invoice), "", "Belgian law is not worded by the addon")
        self.company.followup_mention_text = "Own wording at the {rate}."
        self.assertIn("Own wording at the interest rate", self._mention(invoice))

    def test_overseas_departments_are_france(self):
        self.change_company_country(self.company, self.env.ref("base.re"))
        self.assertTrue(self.company.followup_invoice_mentions)
        self.assertIn("€40", self._mention(self._invoice("2026-03-12")))

    def test_terms_that_already_bear_it_are_not_repeated(self):
        terms = "<p>Pénalités : BCE + 10 points ; indemnité forfaitaire de 40&nbsp;€ pour frais de recouvrement.</p>"
        self.assertEqual(self._mention(self._invoice("2026-03-12", narration=terms)), "")
        self.net_60.note = terms
        self.assertEqual(self._mention(self._invoice("2026-03-12", invoice_payment_term_id=self.net_60.id)), "")
        invoice = self._invoice("2026-03-12", narration="<p>Les 40 € d'acompte sont déduits.</p>")
        self.assertIn("€40", self._mention(invoice))
        self.company.report_footer = terms
        self.assertEqual(self._mention(invoice), "")

    def test_the_companys_default_terms_are_read_in_the_language_printed(self):
        self.env["ir.config_parameter"].set_param("account.use_invoice_terms", True)
        self.company.invoice_terms = "<p>Late payment: fixed indemnity of 40 EUR for collection costs.</p>"
        self.assertEqual(self._mention(self._invoice("2026-03-12")), "")

    def test_no_discount_is_said_only_when_there_is_none(self):
        discount = self._terms("2% in 10 days, 30 net", nb_days=30)
        discount.write({"early_discount": True, "discount_percentage": 2, "discount_days": 10})
        mention = self._mention(self._invoice("2026-03-12", invoice_payment_term_id=discount.id))
        self.assertIn("€40", mention)
        self.assertNotIn("discount", mention)

    def test_an_unknown_placeholder_is_refused_in_every_language(self):
        with self.assertRaisesRegex(ValidationError, "placeholders that do not exist: {rat}"):
            self.company.followup_mention_text = "At the {rat}."
        self.company.followup_mention_text = "At the {rate}."
        with self.assertRaises(ValidationError):
            self.company.update_field_translations("followup_mention_text", {"fr_FR": "Au {taux}."})

    def test_the_wording_starts_from_the_standard_one_and_returns_to_it_when_emptied(self):
        invoice = self._invoice("2026-03-12")
        standard = self._mention(invoice)
        action = self.company.action_followup_mention()
        self.assertEqual(action["res_id"], self.company.id)
        for lang in ("en_US", "fr_FR"):
            company = self.company.with_context(lang=lang)
            self.assertEqual(company.followup_mention_text, company._followup_standard_mention())
        self.assertEqual(self._mention(invoice), standard)
        self.company.followup_mention_text = "Ours."
        self.company.action_followup_mention()
        self.assertEqual(self._mention(invoice), "Ours.")
        self.company.with_context(lang="fr_FR").followup_mention_text = False
        self.assertEqual(self._mention(invoice), standard)

    def test_the_wording_is_written_by_those_who_may_write_the_company(self):
        with self.assertRaises(AccessError):
            self.company.with_user(self.manager).action_followup_mention()

    def test_each_company_decides_for_itself(self):
        other = self.setup_other_company()["company"]
        self.change_company_country(other, self.env.ref("base.us"))
        invoice = self._invoice("2026-03-12")
        self.assertIn("€40", self._mention(invoice.with_company(other)))

    def test_the_standard_wording_exists_in_french(self):
        mention = self._mention(self._invoice("2026-03-12"), "fr_FR")
        self.assertIn("indemnité forfaitaire", mention)
        self.assertIn("40\N{NO-BREAK SPACE}€", mention)
        self.assertIn("Banque centrale européenne", mention)


@tagged("post_install", "-at_install")
class TestLegalTerms(LegalCommon):
    def _warning(self, invoice):
        invoice.invalidate_recordset(["alerts"])
        return (invoice.alerts or {}).get("credit_collection_terms", {}).get("message", "")

    def _s30(self, term=None, **values):
        """The invoice of 15 January 2026 of scenario S30."""
        values.setdefault("date", "2026-01-15")
        with freeze_time("2026-01-15"):
            return self._invoice("2026-01-15", invoice_payment_term_id=term and term.id, **values)

    def test_s30_ninety_days_are_thirty_days_too_long(self):
        invoice = self._s30(self.net_90)
        self.assertEqual(
            self._warning(invoice),
            "Due 30 days after the legal maximum of 03/16/2026 (60 days after the invoice date, art. L441-10 I of the "
            "French Commercial Code). Bring the due date forward, or agree on shorter payment terms with the customer.",
        )
        self.assertEqual(invoice.state, "posted", "nothing blocks")
        self.assertEqual(self._warning(self._s30(self.net_60)), "")

    def test_a_draft_is_warned_of_before_it_is_posted(self):
        draft = self._s30(post=False)
        with Form(draft) as form:
            self.assertFalse(form.alerts)
            form.invoice_payment_term_id = self.net_90
            self.assertIn("credit_collection_terms", form.alerts)
        self.assertIn("30 days", self._warning(draft))

    def test_s30_forty_five_days_end_of_month_by_either_way(self):
        """31 March by the first way; by the second the maximum is 17 March."""
        invoice = self._s30(self.end_of_month)
        self.assertEqual(str(invoice.invoice_date_due), "2026-03-31")
        self.assertEqual(self._warning(invoice), "")
        self.company.followup_term_end_of_month = "before"
        self.assertIn(
            "14 days after the legal maximum of 03/17/2026 (the end of the invoice’s", self._warning(invoice)
        )
        self.company.followup_term_end_of_month = False
        self.assertIn("15 days after the legal maximum of 03/16/2026", self._warning(invoice))

    def test_the_last_instalment_and_a_changed_due_date_count(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Half now, half late",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 61}),
                ],
            }
        )
        invoice = self._s30(term)
        self.assertIn("Due 1 day after", self._warning(invoice))
        late = invoice.line_ids.filtered(lambda line: str(line.date_maturity) == "2026-03-17")
        late.date_maturity = "2026-03-16"
        self.assertEqual(self._warning(invoice), "")

    def test_public_bodies_have_thirty_days(self):
        net_30 = self._terms("30 days", nb_days=30)
        with self._public():
            self.assertEqual(self._warning(self._s30(net_30)), "")
            message = self._warning(self._s30(self.net_60))
            self.assertIn("30 days after the legal maximum of 02/14/2026", message)
            self.assertIn("R2192-10", message)
            self.company.followup_term_days_public = 60
            self.assertEqual(self._warning(self._s30(self.net_60)), "")

    def test_periodic_invoices_have_forty_five_days(self):
        self.partner._followup_profile(self.company).periodic_invoices = True
        self.assertIn("15 days after the legal maximum of 03/01/2026 (45 days", self._warning(self._s30(self.net_60)))

    def test_no_warning_for_consumers_credit_notes_and_paid_invoices(self):
        self.assertEqual(self._warning(self._s30(self.net_90, partner=self.consumer)), "")
        self.assertEqual(self._warning(self._s30(self.net_90, move_type="out_refund")), "")
        paid = self._s30(self.net_90)
        self._payment(1000, "2026-02-01", invoice=paid)
        self.assertEqual(self._warning(paid), "")

    def test_other_countries(self):
        invoice = self._s30(self.net_90)
        self.change_company_country(self.company, self.env.ref("base.de"))
        self.assertIn("directive 2011/7/EU", self._warning(invoice))
        self.assertIn("15 days after", self._warning(self._s30(self.end_of_month)), "no 45 days end of month")
        self.change_company_country(self.company, self.env.ref("base.us"))
        self.assertEqual(self._warning(invoice), "")

    def test_zero_days_switch_the_warning_off(self):
        self.company.followup_term_days = 0
        self.assertEqual(self._warning(self._s30(self.net_90)), "")

    def test_salespeople_read_no_accounting_advice(self):
        invoice = self._s30(self.net_90)
        self.assertIn("30 days", self._warning(invoice.with_user(self.accountant)))
        alerts = invoice.with_user(self.salesperson).sudo()._get_alerts()
        self.assertNotIn("credit_collection_terms", alerts)

    def test_a_customers_payment_terms_are_tried_on_every_day_of_a_year(self):
        with freeze_time("2026-01-15"):
            for term, excess in (
                (self.net_60, None),
                (self.end_of_month, None),
                (self.net_90, "30 days"),
                (self._terms("61 days", nb_days=61), "1 day"),
                # 60 days end of month, from the first of a month to the end of the second one after it
                (
                    self._terms("60 eom", nb_days=60, delay_type="days_end_of_month_on_the", days_next_month="0"),
                    "30 days",
                ),
                (self._terms("30 days end of month", nb_days=30, delay_type="days_after_end_of_month"), None),
            ):
                self.partner.property_payment_term_id = term
                warning = self.partner.followup_terms_warning
                if excess:
                    self.assertIn(f"would be due {excess} after the legal maximum", warning, term.name)
                else:
                    self.assertFalse(warning, term.name)
            self.consumer.property_payment_term_id = self.net_90
            self.assertFalse(self.consumer.followup_terms_warning)

    def test_the_partner_form_warns_as_soon_as_the_terms_are_chosen(self):
        with freeze_time("2026-01-15"), Form(self.partner, "account.view_partner_property_form") as form:
            form.property_payment_term_id = self.net_90
            self.assertIn("“90 days”", form.followup_terms_warning)
            self.assertIn("invoice of 01/15/2026", form.followup_terms_warning)
            form.property_payment_term_id = self.net_60
            self.assertFalse(form.followup_terms_warning)

    def test_the_terms_of_the_active_company_are_judged_by_its_law(self):
        other = self.setup_other_company()["company"]
        self.change_company_country(other, self.env.ref("base.us"))
        self.partner.property_payment_term_id = self.net_90
        self.partner.with_company(other).property_payment_term_id = self.net_90
        self.assertTrue(self.partner.followup_terms_warning)
        self.assertFalse(self.partner.with_company(other).followup_terms_warning)

    def test_warnings_of_many_customers_take_no_query_each(self):
        partners = self.partner | self._customer("Two") | self._customer("Three") | self._customer("Four")
        partners.property_payment_term_id = self.net_90

        def queries(records):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(
                len(self.env["credit.legal.terms"]._partner_warnings(records, self.company)), len(records)
            )
            return self.env.cr.sql_log_count - before

        queries(partners)
        self.assertEqual(queries(partners), queries(partners[:1]))
