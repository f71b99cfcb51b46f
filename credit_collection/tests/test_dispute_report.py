"""Disputes measured: days, delay, by reason and by who answers; who disputes again and again."""

from freezegun import freeze_time

from odoo.tests import new_test_user, tagged

from .common_figures import FiguresCommon

DAY = "2026-03-31"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestDisputeReport(FiguresCommon):
    def _rows(self, disputes=None, user=None, **context):
        Report = self.env["credit.dispute.report"].with_user(user or self.accountant).with_context(**context)
        Report.invalidate_model()
        domain = [("dispute_id", "in", [dispute.id for dispute in disputes])] if disputes else []
        return Report.search(domain)

    def _groups(self, groupby, *aggregates, domain=()):
        return self.env["credit.dispute.report"]._read_group(list(domain), groupby, aggregates)

    def test_days_run_from_opening_to_closing_or_to_today(self):
        rows = self._rows(self._s14())
        self.assertEqual(sorted(rows.mapped("days")), [6, 14, 34, 40])

    def test_settled_disputes_of_s14_took_20_days_or_34_by_amount(self):
        self._s14()
        [(mean, weighted, count)] = self._groups(
            [], "days:avg", "weighted_days:avg", "__count", domain=[("state", "=", "closed")]
        )
        self.assertEqual((count, float(mean)), (3, 20.0))
        self.assertAlmostEqual(weighted, 34.0)

    def test_reasons_and_responsible_teams_have_their_amounts_and_days(self):
        team = self.env["crm.team"].sudo().create({"name": "North"})
        self.env["crm.team.member"].sudo().create({"crm_team_id": team.id, "user_id": self.salesperson.id})
        self._s14(reason_id=self.quality.id)
        self._dispute(1000, "2026-03-01", 10, owner_id=self.collector.id, reason_id=self.approval.id)
        found = {
            reason: (amount, count) for reason, amount, count in self._groups(["reason_id"], "amount:sum", "__count")
        }
        self.assertEqual(found, {self.quality: (11000, 4), self.approval: (1000, 1)})
        self.assertEqual(self._groups(["side"], "amount:sum"), [("customer", 1000.0), ("ours", 11000.0)])
        by_team = dict(self._groups(["team_id"], "amount:sum"))
        self.assertEqual(by_team, {team: 11000, self.env["crm.team"]: 1000})

    def test_the_delay_is_the_days_in_dispute_after_the_due_date(self):
        before = self._dispute(100, "2026-03-01", 20, due="2026-03-11")  # ten days before it was due, ten after
        after = self._dispute(100, "2026-03-01", 20, due="2026-01-31")
        never = self._dispute(100, "2026-03-01", 20, due="2026-04-30")
        rows = {row.dispute_id: row.delay_days for row in self._rows([before, after, never])}
        self.assertEqual(rows, {before: 10, after: 20, never: 0})

    def test_an_answer_is_late_after_its_deadline_given_or_not(self):
        cases = {
            self._dispute(100, "2026-03-01", date_deadline="2026-03-16"): True,
            self._dispute(100, "2026-03-01", date_deadline="2026-03-31"): False,
            self._dispute(100, "2026-03-01", date_deadline="2026-03-16", date_answered="2026-03-16"): False,
            self._dispute(100, "2026-03-01", 25, date_deadline="2026-03-16", date_answered="2026-03-20"): True,
            self._dispute(100, "2026-03-01", 10, date_deadline="2026-03-16"): False,
        }
        rows = {row.dispute_id: row.is_late for row in self._rows(list(cases))}
        self.assertEqual(rows, cases)

    def test_customers_who_dispute_again_and_again_are_found(self):
        calm = self._customer("Calm")
        kept = self._dispute(100, "2026-03-01", partner=calm)
        self._dispute(100, "2025-03-31", 10, partner=calm)  # a year ago to the day: no longer counts
        self._dispute(100, "2026-03-05", partner=calm, state="cancelled")
        self._dispute(100, "2025-04-01", 10)
        self._dispute(100, "2026-03-01")
        found = self._rows().filtered(lambda row: row.disputes_in_year > 1)
        self.assertEqual(found.partner_id, self.partner)
        self.assertEqual(self._rows([kept]).disputes_in_year, 1)

    def test_amounts_are_in_the_companys_currency_at_the_rate_of_the_opening(self):
        pound = self.setup_other_currency("GBP")
        dispute = self._dispute(
            1000, "2026-03-01", 10, currency_id=pound.id, amount_company=2000, amount_accepted=333.33
        )
        row = self._rows([dispute])
        self.assertEqual((row.amount, row.amount_accepted, row.amount_days), (2000, 666.66, 20000))

    def test_each_company_sees_its_own_and_both_weigh_in_one_currency(self):
        other = self.setup_other_company(name="Autre")["company"]
        other.currency_id = self.setup_other_currency("GBP", rates=[("2026-01-01", 0.5)])
        ours = self._dispute(1000, "2026-03-01", 10)
        theirs = self._dispute(500, "2026-03-01", 30, company=other)
        self.assertEqual(self._rows().dispute_id, ours)
        self.accountant.company_ids += other
        both = [self.company.id, other.id]
        self.assertEqual(self._rows(allowed_company_ids=both).dispute_id, ours | theirs)
        Report = self.env["credit.dispute.report"].with_user(self.accountant).with_context(allowed_company_ids=both)
        [(weighted,)] = Report._read_group([], [], ["weighted_days:avg"])
        self.assertAlmostEqual(weighted, 20.0, msg="500 £ weigh as much as 1,000 $")

    def test_those_who_read_accounts_read_it_and_nobody_changes_it(self):
        reader = new_test_user(self.env, "reader", groups="account.group_account_readonly", company_id=self.company.id)
        Report = self.env["credit.dispute.report"]
        for user in (reader, self.accountant, self.collector):
            self.assertTrue(Report.with_user(user).has_access("read"), user.login)
        self.assertFalse(Report.with_user(self.salesperson).has_access("read"))
        for operation in ("create", "write", "unlink"):
            self.assertFalse(Report.with_user(self.manager).has_access(operation), operation)

    def test_reading_many_takes_as_many_queries_as_few(self):
        def read():
            self._rows().read(["days", "amount", "reason_id", "team_id", "disputes_in_year"])

        self._s14()
        read()
        few = self._queries(read)
        for number in range(8):
            self._s14(partner=self._customer(f"Customer {number}"))
        self.assertLessEqual(self._queries(read), few)

    def test_a_row_opens_the_dispute(self):
        dispute = self._s14()[0]
        action = self._rows([dispute]).action_open_dispute()
        self.assertEqual((action["res_model"], action["res_id"]), ("credit.dispute", dispute.id))
