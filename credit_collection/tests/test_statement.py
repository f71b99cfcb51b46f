"""The statement of account says what the ledger says: S20 and the first part of S27, on screen, on paper and in Excel."""

import io
from datetime import date, datetime

import openpyxl
from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools.pdf import PdfFileReader

from .common import CollectionCommon

TODAY = "2026-04-10"


class StatementCommon(CollectionCommon):
    def _statement(self, day=False, partner=None, company=None):
        return self.env["credit.statement"]._values(partner or self.partner, company or self.company, day)

    def _values(self, day=False, partner=None):
        """The statement's values in its only currency."""
        [values] = self._statement(day, partner)["currencies"]
        return values

    def _ageing(self, values):
        return {age["bucket"]: age["amount"] for age in values["ageing"] if age["amount"]}

    def _row(self, move, day=False):
        [row] = [row for rows in self._values(day)["rows"].values() for row in rows if row["item"].move_id == move]
        return row


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestStatement(StatementCommon):
    def test_s20_the_statement_of_a_past_day_and_of_today(self):
        """What falls due on the day itself is to be paid, and is not late: it has its own place in the ageing line."""
        self._s20()
        past, today = self._values("2026-03-31"), self._values()
        self.assertEqual(
            self._ageing(past),
            {
                "not_due": 11300, "due_today": 5200, "1_30": 6400, "31_60": 9800, "61_90": 5000, "91_120": 8000,
                "credit": -2000,
            },
        )  # fmt: skip
        self.assertEqual(past["totals"], {"due": 34400, "credit": -2000, "not_due": 11300})
        self.assertEqual((past["payable"], past["total"]), (32400, 43700))
        self.assertEqual(
            self._ageing(today), {"not_due": 15300, "1_30": 5200, "31_60": 9800, "61_90": 5000, "credit": -2000}
        )
        self.assertEqual((today["payable"], today["total"]), (18000, 33300))
        for values in (past, today):
            rows = [row for section in values["rows"].values() for row in section]
            self.assertEqual(sum(row["balance"] for row in rows), values["total"])
            self.assertEqual(sum(row["debit"] - row["credit"] for row in rows), values["total"])

    def test_what_was_settled_by_the_day_is_the_credit_of_a_row(self):
        inv1, inv2 = self._s20()
        row = self._row(inv1, "2026-03-31")
        self.assertEqual((row["debit"], row["credit"], row["balance"]), (12000, 4000, 8000))
        self.assertEqual((row["days_late"], row["date_maturity"]), (111, date(2025, 12, 10)))
        row = self._row(inv2, "2026-03-29")
        self.assertEqual((row["debit"], row["credit"], row["balance"]), (7500, 0, 7500))
        with self.assertRaisesRegex(ValueError, "not enough values"):
            self._row(inv1)  # paid since

    def test_credits_are_apart_and_say_what_they_are(self):
        invoice = self._invoice("2026-03-31", 100)
        self._credit_note(300, "2026-04-01", reversed_entry_id=invoice.id)  # core matches them
        credit_note = self._credit_note(300, "2026-04-02")
        self._payment(50, "2026-04-03")
        used = self._payment(80, "2026-04-04")
        self._match(used.move_id, self._invoice("2026-04-01", 30))
        values = self._values()
        self.assertEqual(
            [(row["reference"], row["debit"], row["credit"], row["balance"]) for row in values["rows"]["credit"]],
            [
                (f"Credit note on {invoice.name}", 100, 300, -200),
                ("Credit note", 0, 300, -300),
                ("Payment", 0, 50, -50),
                ("Payment", 30, 80, -50),
            ],
        )
        self.assertEqual(values["rows"]["credit"][1]["number"], credit_note.name)
        self.assertFalse(any(row["date_maturity"] or row["days_late"] for row in values["rows"]["credit"]))

    def test_instalments_are_rows_each_by_its_due_date(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Thirds",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": share, "nb_days": days})
                    for share, days in ((30, 30), (40, 58), (30, 99))
                ],
            }
        )
        self._invoice("2026-01-01", 15000, date="2026-01-01", invoice_payment_term_id=term.id, invoice_date_due=False)
        rows = self._values()["rows"]
        self.assertEqual(
            [(row["balance"], row["days_late"]) for row in rows["due"]], [(4500, 69), (6000, 41), (4500, 0)]
        )

    def test_the_customers_order_number_stands_on_its_invoice_and_ours_does_not(self):
        orders = [self._order("PO-77"), self._order(False)]
        for order, expected in zip(orders, ("PO-77", ""), strict=True):
            order.action_confirm()
            invoice = order._create_invoices()
            invoice.action_post()
            self.assertEqual(self._row(invoice)["reference"], expected)

    def _order(self, reference):
        product = self.env["product.product"].sudo()
        product = product.create({"name": "Service", "type": "service", "invoice_policy": "order"})
        return (
            self.env["sale.order"]
            .sudo()
            .create(
                {
                    "partner_id": self.partner.id,
                    "client_order_ref": reference,
                    "order_line": [Command.create({"product_id": product.id, "price_unit": 10})],
                }
            )
        )

    def test_two_currencies_are_two_accounts(self):
        pound = self.setup_other_currency("GBP", rates=[("2026-01-01", 0.5)])
        self._invoice("2026-03-01", 100)
        self._invoice("2026-03-01", 70, currency_id=pound.id)
        self._payment(30, "2026-03-05", currency=pound)
        first, second = self._statement()["currencies"]
        self.assertEqual((first["currency"], first["total"]), (pound, 40))
        self.assertEqual((second["currency"], second["total"]), (self.company.currency_id, 100))
        html = self._html()
        self.assertEqual(html.count("Account in"), 2)
        self.assertNotIn("140", html)

    def _html(self, partner=None, day=False):
        profile = (partner or self.partner)._followup_profile(self.company)
        report = self.env["ir.actions.report"]
        content, _kind = report._render_qweb_html(
            "credit_collection.credit_statement", profile.ids, {"credit_as_of": day}
        )
        return content.decode()

    def test_the_customers_language_decides_words_dates_and_numbers(self):
        """French words where there are some; a German customer reads English words, with German dates and numbers."""
        self.env["res.lang"]._activate_lang("de_DE")
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env["ir.module.module"]._load_module_terms(["credit_collection"], ["fr_FR"])
        for lang, expected in (
            ("fr_FR", ["31/03/2026", "1 à 30 jours", "1\xa0234,56"]),
            ("de_DE", ["31.03.2026", "1–30 days", "1.234,56"]),
            ("en_US", ["03/31/2026", "1–30 days", "1,234.56"]),
        ):
            partner = self._customer(f"Speaks {lang}", lang=lang)
            self._invoice("2026-03-20", 1234.56, partner)
            html = self._html(partner, "2026-03-31")
            for text in expected:
                self.assertIn(text, html)
            self.assertEqual(html.count("0,00") > 0, lang != "en_US")

    def test_the_collection_contacts_language_goes_before_the_customers(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.partner.child_ids = [
            Command.create({"name": "Billing", "type": "invoice", "email": "b@customer.example.com", "lang": "de_DE"})
        ]
        statement = self._statement()
        self.assertEqual((statement["recipient"].name, statement["lang"]), ("Billing", "de_DE"))

    def test_a_statement_to_a_contact_without_an_address_goes_to_its_company(self):
        self.partner.write({"street": "12 rue des Lilas", "zip": "69003", "city": "Lyon"})
        self.partner.child_ids = [
            Command.create({"name": "Billing", "type": "invoice", "email": "b@customer.example.com"})
        ]
        self.assertEqual(self._statement()["address"][:3], [self.partner.name, "Billing", "12 rue des Lilas"])

    def test_invoices_of_contacts_and_sites_stand_on_the_companys_statement(self):
        site = self.env["res.partner"].create({"name": "Site", "parent_id": self.partner.id, "type": "other"})
        self._invoice("2026-03-01", 100, site)
        self._invoice("2026-03-01", 10)
        self.assertEqual(self._statement(partner=site)["currencies"][0]["total"], 110)
        self.assertEqual(self._values()["total"], 110)

    def test_each_company_has_its_own_statement(self):
        other = self.setup_other_company()
        self._invoice("2026-03-01", 100)
        move = self.env["account.move"].with_company(other["company"])
        move = move.create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partner.id,
                "invoice_date": "2026-02-01",
                "invoice_line_ids": [Command.create({"name": "Goods", "price_unit": 7, "tax_ids": []})],
            }
        )
        move.action_post()
        self.assertEqual(self._values()["total"], 100)
        theirs = self._statement(company=other["company"])
        self.assertEqual((theirs["company"], theirs["currencies"][0]["total"]), (other["company"], 7))

    def test_a_company_the_user_does_not_work_in_is_refused_not_empty(self):
        other = self.setup_other_company()["company"]
        statement = self.env["credit.statement"].with_context(allowed_company_ids=self.company.ids)
        with self.assertRaisesRegex(AccessError, "Switch to"):
            statement._values(self.partner, other)

    def test_who_reads_the_accounts_gets_a_statement_of_a_customer_without_file_and_salespeople_none(self):
        self._invoice("2026-03-01", 100)
        self.env["credit.profile"].search([("partner_id", "=", self.partner.id)]).unlink()
        for user in (self.salesperson, self.env.ref("base.public_user")):
            for job in ("_values", "_wizard"):
                with self.assertRaises(AccessError, msg=job):
                    if job == "_values":
                        self.env["credit.statement"].with_user(user)._values(self.partner, self.company)
                    else:
                        self._wizard(user=user).action_download()
        profile = self.partner._followup_profiles(self.company)
        self.assertFalse(profile)
        auditor = new_test_user(
            self.env, "auditor", groups="account.group_account_readonly", company_id=self.company.id
        )
        self._wizard(user=auditor, file_format="xlsx").action_download()
        profile = self.partner._followup_profiles(self.company)
        self.assertTrue(profile)
        self._wizard(user=self.accountant, file_format="xlsx").action_download()
        self.assertFalse(profile.message_follower_ids)
        with self.assertRaises(AccessError):
            self.env["ir.actions.report"].with_user(self.salesperson)._render_qweb_html(
                "credit_collection.credit_statement", profile.ids
            )

    def test_a_day_to_come_is_refused(self):
        with self.assertRaisesRegex(UserError, "past day"):
            self._statement("2026-04-11")

    def test_the_day_that_began_in_the_company_is_no_day_to_come(self):
        self.company.resource_calendar_id.tz = "Pacific/Auckland"
        with freeze_time("2026-04-10 20:00:00"):
            self.assertEqual(self._statement("2026-04-11")["day"], date(2026, 4, 11))
            with self.assertRaises(UserError):
                self._statement("2026-04-12")

    def test_a_customer_who_owes_nothing_gets_a_statement_that_says_so(self):
        self.assertEqual(self._statement()["currencies"], [])
        self.assertIn("Nothing is open", self._html())

    def test_the_account_to_pay_to_is_the_journals_in_the_currency(self):
        pound = self.setup_other_currency("GBP", rates=[("2026-01-01", 0.5)])
        Bank = self.env["res.partner.bank"]
        partner = self.company.partner_id
        ours, pounds = Bank.create(
            [
                {"acc_number": "FR1420041010050500013M02606", "partner_id": partner.id},
                {"acc_number": "GB82WEST12345698765432", "partner_id": partner.id, "currency_id": pound.id},
            ]
        )
        self.company_data["default_journal_bank"].bank_account_id = ours
        self._invoice("2026-03-01", 100)
        self._invoice("2026-03-01", 70, currency_id=pound.id)
        self.assertEqual(self._statement()["banks"], [(pounds, ["GBP"]), (ours, [self.company.currency_id.name])])
        self.assertIn("FR14 2004 1010 0505 0001 3M02 606", self._html())
        self._payment(500, "2026-03-05")
        self.assertEqual(self._statement()["banks"], [(pounds, ["GBP"])])

    # -- Excel ----------------------------------------------------------------

    def _workbook(self, pairs, day=False):
        content = self.env["credit.statement"]._xlsx(pairs, day)
        return openpyxl.load_workbook(io.BytesIO(content)), openpyxl.load_workbook(io.BytesIO(content), data_only=True)

    def _table(self, sheet):
        header, *lines = [list(row) for row in sheet.iter_rows(min_row=4, values_only=True)]
        return [dict(zip(header, line, strict=True)) for line in lines]

    def test_the_workbook_holds_dates_and_numbers_that_add_up(self):
        self._s20()
        _book, book = self._workbook([(self.partner, self.company)], "2026-03-31")
        items, ageing = book.worksheets
        rows = self._table(items)
        self.assertEqual(sum(row["Balance"] for row in rows), 43700)
        self.assertEqual(
            {name: rows[0][name] for name in ("Customer", "Date", "Reference", "Due date", "Days late", "Debit", "Credit")},
            {
                "Customer": "Durand", "Date": datetime(2025, 11, 10), "Reference": "PO-1",
                "Due date": datetime(2025, 12, 10), "Days late": 111, "Debit": 12000, "Credit": 4000,
            },
        )  # fmt: skip
        self.assertEqual((items.freeze_panes, items.auto_filter.ref), ("A5", f"A4:L{4 + len(rows)}"))
        [line, _gap, total] = self._table(ageing)
        self.assertEqual((line["Total"], line["Not due yet"], line["91–120 days"]), (43700, 11300, 8000))
        self.assertEqual((total["Customer"], total["Total"]), (f"Total {self.company.currency_id.name}", 43700))

    def test_a_workbook_of_several_customers_totals_each_currency_alone(self):
        pound = self.setup_other_currency("GBP", rates=[("2026-01-01", 0.5)])
        dupont = self._customer("Dupont")
        self._invoice("2026-03-01", 100)
        self._invoice("2026-03-01", 10, dupont)
        self._invoice("2026-03-01", 7, dupont, currency_id=pound.id)
        formulas, book = self._workbook([(self.partner, self.company), (dupont, self.company)])
        totals = {row["Customer"]: row["Total"] for row in self._table(book.worksheets[1])[4:]}
        self.assertEqual(totals, {"Total USD": 110, "Total GBP": 7})
        [usd, gbp] = self._table(formulas.worksheets[1])[4:]
        self.assertEqual(
            (usd["Total"], gbp["Total"]), ('=SUMIF($C$5:$C$7,"USD",L5:L7)', '=SUMIF($C$5:$C$7,"GBP",L5:L7)')
        )

    def test_what_a_customer_typed_stays_text(self):
        partner = self._customer('=HYPERLINK("http://x.example.com")', email="x@customer.example.com")
        self._invoice("2026-03-01", 100, partner, ref="=1+1")
        formulas, _book = self._workbook([(partner, self.company)])
        for cell in ("A5", "A1", "F5"):
            self.assertEqual(formulas.worksheets[0][cell].data_type, "s", cell)
        self.assertEqual(formulas.worksheets[0]["A5"].value, partner.name)

    # -- the wizard -----------------------------------------------------------

    def _wizard(self, records=None, user=None, **values):
        records = self.partner if records is None else records
        Wizard = self.env["credit.statement.wizard"].with_user(user or self.accountant)
        return Wizard.with_context(active_model=records._name, active_ids=records.ids).create(values)

    def test_the_file_is_named_after_the_customer_and_the_day(self):
        partner = self._customer("Durand / Fils: «Nord»", email="d@customer.example.com")
        wizard = self._wizard(partner, file_format="xlsx", day="2026-03-31")
        url = wizard.action_download()["url"]
        self.assertEqual(wizard.file_name, "Statement of account – Durand Fils «Nord» – 2026-03-31.xlsx")
        self.assertIn(f"credit.statement.wizard/{wizard.id}/file", url)
        self.assertTrue(wizard.file)

    def test_several_customers_leave_out_who_owes_nothing_unless_asked(self):
        idle = self._customer("Idle")
        self._invoice("2026-03-01", 100)
        wizard = self._wizard(idle | self.partner)
        self.assertEqual(wizard._pairs(), [(self.partner, self.company)])
        wizard.only_open = False
        self.assertEqual(wizard._pairs(), [(self.partner, self.company), (idle, self.company)])
        with self.assertRaisesRegex(UserError, "None of these customers"):
            self._wizard(idle | self._customer("Idle too")).action_download()

    def test_a_collection_files_company_goes_before_the_active_one(self):
        other = self.setup_other_company()["company"]
        profile = self.partner._followup_profile(other)
        self.assertEqual(self._wizard(profile, user=self.env.user)._pairs(), [(self.partner, other)])

    # -- set-based ------------------------------------------------------------

    def test_thirty_customers_take_as_many_queries_as_three(self):
        def statements(partners):
            self.env.flush_all()
            self.env.invalidate_all()
            profiles = self.env["credit.statement"]._profiles([(partner, self.company) for partner in partners])
            before = self.env.cr.sql_log_count
            values = self.env["credit.statement"]._values_by_profile(profiles, "2026-03-31")
            self.assertEqual(len(values), len(partners))
            return self.env.cr.sql_log_count - before

        partners = self.env["res.partner"].union(*(self._customer(f"Customer {i}") for i in range(33)))
        for partner in partners:
            for amount in (10, 20):
                self._invoice("2026-03-01", amount, partner, ref="PO")
            self._credit_note(5, "2026-03-02", partner)
        few = statements(partners[:3])
        self.assertLessEqual(statements(partners[3:]), few)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestStatementPdf(StatementCommon, HttpCase):
    def test_many_statements_are_printed_by_one_process_and_split(self):
        """Three statements of 1, 3 or more, and 1 pages, in the layout whose title stands in the header as well."""
        partners = [self._customer(name) for name in ("Alpha", "Beta", "Gamma")]
        for partner, count in zip(partners, (1, 90, 2), strict=True):
            for number in range(count):
                self._invoice("2026-03-01", 100 + number, partner)
        pairs = [(partner, self.company) for partner in partners]
        Report = self.env.registry["ir.actions.report"]
        processes, run = [], Report._run_wkhtmltopdf
        self.patch(
            Report,
            "_run_wkhtmltopdf",
            lambda report, bodies, **kwargs: processes.append(len(bodies)) or run(report, bodies, **kwargs),
        )
        Statement = self.env["credit.statement"].with_context(force_report_rendering=True)
        for layout in ("standard", "folder"):
            processes.clear()
            self.company.external_report_layout_id = self.env.ref(f"web.external_layout_{layout}")
            pdfs = Statement._pdf(pairs)
            self.assertEqual(processes, [3])
            self.assertEqual(list(pdfs), pairs)
            pages = [PdfFileReader(io.BytesIO(pdf)).numPages for pdf in pdfs.values()]
            self.assertEqual((pages[0], pages[2]), (1, 1))
            self.assertGreaterEqual(pages[1], 3)
        whole = PdfFileReader(io.BytesIO(Statement._pdf_of_all(pairs)))
        self.assertEqual(whole.numPages, sum(pages))
