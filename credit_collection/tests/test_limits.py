"""Limits and what they mean, the review, and the banner of draft invoices; hard cases 31, 32, 38."""

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from ..models.credit_control import Ask
from .common import CollectionCommon

DAY = "2026-05-04"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestLimits(CollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("sales_team.group_sale_manager")
        cls.profile = cls.partner._followup_profile(cls.company)

    def _position(self):
        return self.env["credit.exposure"]._positions([(self.partner, self.company)])[self.partner, self.company]

    def _severity(self, amount):
        ask = Ask("new", self.partner, self.company, amount)
        return self.env["credit.control"]._verdicts([ask])["new"].severity

    def _alert(self, move, **context):
        move.invalidate_recordset(["alerts"])
        return (move.with_context(**context).alerts or {}).get("credit_collection_credit", {}).get("message", "")

    # -- what a limit means ---------------------------------------------------

    def test_hard_case_31_a_limit_of_zero_is_no_limit_and_no_credit_is_said_apart(self):
        self.partner.credit_limit = 0
        self.assertIsNone(self._position()["credit_limit"])
        self.assertEqual(self._severity(10**6), "clear")
        self.profile.limit_kind = "none"
        self.assertEqual(self._position()["credit_limit"], 0)
        self.assertEqual(self._severity(0.01), "warn")
        self.assertTrue(self.profile.is_limited)
        self.assertEqual(self.profile.limit_in_force, 0)
        self.profile.limit_kind = "unlimited"
        self.partner.credit_limit = 10
        self.assertEqual(self._severity(10**6), "clear")
        self.assertFalse(self.profile.is_limited)

    def test_the_temporary_limit_wins_from_its_first_to_its_last_day(self):
        self.partner.credit_limit = 100
        self.profile.write({"temporary_limit": 500, "temporary_from": "2026-05-04", "temporary_to": "2026-05-10"})
        for day, limit in (("2026-05-03", 100), ("2026-05-04", 500), ("2026-05-10", 500), ("2026-05-11", 100)):
            with freeze_time(day):
                self.assertEqual(self._position()["credit_limit"], limit, day)

    def test_figures_of_the_file(self):
        self._invoice("2026-05-30", 1000)
        self._payment(200, "2026-05-02")
        self.profile.write({"credit_limit": 1000, "insured_amount": 500, "insured_share": 0.9})
        self.assertRecordValues(
            self.profile,
            [
                {
                    "receivable": 1000,
                    "unallocated": 200,
                    "exposure": 800,
                    "limit_in_force": 1000,
                    "headroom": 200,
                    "usage": 0.8,
                    "over_limit": False,
                    "insured_part": 450,
                    "own_risk": 350,
                }
            ],
        )
        self.assertIn("200.00", self.partner.followup_credit_line)
        self.partner.credit_limit = 700
        self.assertTrue(self.profile.over_limit, "the figures follow the limit")
        self.partner.invalidate_recordset(["followup_credit_line"])
        self.assertIn("over the credit limit", self.partner.followup_credit_line)

    def test_figures_of_many_files_take_one_statement(self):
        profiles = self.profile
        for name in ("A", "B", "C", "D"):
            profiles |= self._customer(name)._followup_profile(self.company)
        profiles.mapped("exposure")

        def queries(files):
            self.env.invalidate_all()
            files.mapped("partner_id.name")
            before = self.cr.sql_log_count
            files.mapped("exposure")
            return self.cr.sql_log_count - before

        self.assertEqual(queries(profiles[:1]), queries(profiles))

    def test_what_makes_no_sense_is_refused_with_a_sentence(self):
        for vals, words in (
            ({"temporary_limit": 500}, "first and a last day"),
            ({"temporary_from": DAY, "temporary_to": DAY}, "first and a last day"),
            ({"temporary_limit": 5, "temporary_from": "2026-05-05", "temporary_to": DAY}, "ends before"),
            ({"temporary_limit": -5, "temporary_from": DAY, "temporary_to": DAY}, "negative"),
            ({"insured_amount": -1}, "negative"),
            ({"insured_share": 90}, "between 0 and 100"),
            ({"insured_share": -0.1}, "between 0 and 100"),
        ):
            with self.assertRaisesRegex(ValidationError, words), self.cr.savepoint():
                self.profile.write(vals)

    def test_merged_customers_keep_the_more_careful_limit(self):
        other = self._customer("Double")._followup_profile(self.company)
        other.write({"limit_kind": "none", "insured_amount": 50, "insured_share": 0.5, "limit_review_date": DAY})
        self.profile.write({"insured_amount": 80, "rule_limit": "block"})
        other.sudo()._merge_into(self.profile.sudo())
        self.assertRecordValues(
            self.profile,
            [{"limit_kind": "none", "insured_amount": 80, "insured_share": 0, "rule_limit": "block"}],
        )
        self.assertEqual(str(self.profile.limit_review_date), DAY)

    # -- review ---------------------------------------------------------------

    def test_reaching_the_review_date_asks_the_credit_manager_once(self):
        self.profile.write({"limit_review_date": "2026-05-05", "collector_id": self.collector.id})
        self._night("2026-05-04")
        self.assertFalse(self.profile.activity_ids)
        self._night("2026-05-06")
        activity = self.profile.activity_ids
        self.assertIn("Review", activity.summary)
        self.assertTrue(activity.user_id.has_group("credit_collection.credit_collection_group_manager"))
        activity.action_done()
        self._night("2026-05-07")
        self.assertFalse(self.profile.activity_ids, "once")
        self.profile.limit_review_date = "2026-05-08"
        self._night("2026-05-08")
        self.assertEqual(len(self.profile.activity_ids), 1, "a new date, a new question")

    # -- draft invoices -------------------------------------------------------

    def _draft(self, amount, partner=None, **values):
        return self._invoice("2026-06-04", amount, partner, post=False, date=DAY, **values)

    def test_hard_case_32_a_draft_invoice_reads_the_limit_of_its_own_company(self):
        data = self.setup_other_company()
        other = data["company"]
        self.company.account_use_credit_limit = other.account_use_credit_limit = True
        self.partner.credit_limit = 500
        self.partner.with_company(other).credit_limit = 5000
        mine = self._draft(1000)
        theirs = self._draft(1000, company_id=other.id, journal_id=data["default_journal_sale"].id)
        for active in (self.company, other):
            companies = {"allowed_company_ids": [active.id, (self.company + other - active).id]}
            self.assertIn("500.00", self._alert(mine, **companies), active.name)
            self.assertFalse(self._alert(theirs, **companies), active.name)
            self.assertNotIn("account_partner_credit_warning", mine.with_context(**companies).alerts)
        self.partner.with_company(other).credit_limit = 900
        self.assertIn("900.00", self._alert(theirs, allowed_company_ids=[self.company.id, other.id]))

    def test_a_draft_counts_once_whether_the_company_counts_drafts_or_not(self):
        self.partner.credit_limit = 1000
        move = self._draft(1000)
        for counts in (True, False):
            self.company.followup_exposure_drafts = counts
            self.partner.credit_limit = 1000
            self.assertFalse(self._alert(move), "the limit is just reached")
            self.partner.credit_limit = 999
            self.assertIn("1.00", self._alert(move))

    def test_a_draft_of_an_order_counts_with_the_order(self):
        product = self.env["product.product"].create({"name": "Chair", "invoice_policy": "order", "taxes_id": False})
        line = {"product_id": product.id, "product_uom_qty": 1, "price_unit": 600}
        order = self.env["sale.order"].create(
            {"partner_id": self.partner.id, "order_line": [Command.create(line)], "payment_term_id": False}
        )
        order.action_confirm()
        move = order._create_invoices()
        self.partner.credit_limit = 600
        self.assertFalse(self._alert(move))
        self.partner.credit_limit = 599
        self.assertIn("1.00", self._alert(move))

    def test_the_banner_of_a_draft_that_is_not_saved_yet(self):
        self.partner.credit_limit = 1000
        move = self._draft(900)
        with Form(move) as form:
            self.assertNotIn("credit_collection_credit", form.alerts or {})
            with form.invoice_line_ids.edit(0) as line:
                line.price_unit = 1100
            self.assertIn("100.00", form.alerts["credit_collection_credit"]["message"])
        self.assertIn("100.00", self._alert(move), "the same once it is saved")
        form = Form(self.env["account.move"].with_context(default_move_type="out_invoice"))
        form.partner_id = self.partner
        with form.invoice_line_ids.new() as line:
            line.name, line.price_unit = "Goods", 50
        self.assertIn("150.00", form.alerts["credit_collection_credit"]["message"])

    def test_the_banner_is_for_who_reads_receivables(self):
        self.partner.credit_limit = 1
        move = self._draft(1000)
        self.assertTrue(self._alert(move.with_user(self.accountant)))
        self.assertFalse(move.with_user(self.salesperson)._followup_credit_sentences())

    def test_hard_case_38_posting_a_credit_note_or_an_invoice_is_never_blocked(self):
        self.company.write({"followup_rule_limit": "block", "followup_rule_overdue": "block"})
        self.profile.limit_kind = "none"
        self.env["credit.hold"].create({"partner_id": self.partner.id, "company_id": self.company.id, "reason": "no"})
        invoice = self._invoice("2026-03-01", 1000, post=False)
        self.assertIn("on hold", self._alert(invoice))
        invoice.with_user(self.accountant).action_post()
        self.assertFalse(self._alert(invoice), "posted: the ledger speaks")
        refund = self._credit_note(100, DAY, post=False)
        self.assertFalse(self._alert(refund))
        refund.with_user(self.accountant).action_post()
        self.assertEqual((invoice.state, refund.state), ("posted", "posted"))
