"""The key figures of promises and disputes: S14, S16."""

from freezegun import freeze_time

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .common_figures import FiguresCommon

DAY = "2026-03-31"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestCollectionFigures(FiguresCommon):
    def _figures(self, first="2026-01-01", last=DAY, user=None, **values):
        Figures = self.env["credit.collection.figures"].with_user(user or self.accountant)
        return Figures.create({"date_from": first, "date_to": last, **values})

    def _s16(self):
        for amount, received in (
            (5000, 5000),
            (1200, 1200),
            (3000, 1800),
            (2500, 0),
            (800, 800),
            (4100, 4100),
            (1500, 1500),
            (600, 0),
        ):
            self._promise(amount, received)

    # -- promises -------------------------------------------------------------

    def test_the_rates_of_s16(self):
        self._s16()
        found = self._figures()
        self.assertEqual(f"{found.promise_kept_rate:.1%}", "62.5%")
        self.assertEqual(f"{found.promise_amount_rate:.1%}", "67.4%")
        self.assertEqual(f"{found.promise_received_rate:.1%}", "77.0%")
        self.assertEqual((found.promise_kept_amount, found.promise_amount), (12600, 18700))
        self.assertEqual(found.promise_received, 14400)
        self.assertEqual((found.promise_kept, found.promise_partly_kept, found.promise_broken), (5, 1, 2))
        self.assertEqual(found.promise_kept_words, "5 of 8")

    def test_only_firm_promises_that_are_judged_and_past_count(self):
        self._promise(100, 0)
        self._promise(100, 0, kind="announced")
        for state in ("open", "replaced", "cancelled"):
            self._promise(100, 0, state=state)
        self._promise(100, 100, deadline=DAY)  # kept early: those not kept by then are not known yet
        self._promise(100, 100, deadline="2025-12-31")
        found = self._figures()
        self.assertEqual((found.promise_count, found.promise_broken), (1, 1))
        with freeze_time("2026-04-01"):
            self.assertEqual(self._figures(last="2026-12-31").promise_count, 2)

    def test_promises_in_other_currencies_count_in_the_companys(self):
        pound = self.setup_other_currency("GBP")
        self._promise(1000, 1000)
        self._promise(1000, 250, currency_id=pound.id, amount_company=2000)
        found = self._figures()
        self.assertEqual((found.promise_amount, found.promise_received), (3000, 1500))
        self.assertEqual(found.promise_received_rate, 0.5)

    # -- disputes -------------------------------------------------------------

    def test_the_figures_of_s14(self):
        self._s14()
        self._invoice("2026-02-28", 500_000)
        self._credit_note(50_000, "2026-03-10")
        self._invoice("2026-04-15", 9_999, post=False)
        self._invoice("2026-01-31", 7_777, date="2025-12-31")
        found = self._figures()
        self.assertEqual((found.dispute_count, found.dispute_amount, found.sales), (4, 11_000, 450_000))
        self.assertEqual(f"{found.dispute_share:.2%}", "2.44%")
        self.assertEqual(found.closed_count, 3)
        self.assertAlmostEqual(found.closed_days, 20.0)
        self.assertAlmostEqual(found.closed_weighted_days, 34.0)
        self.assertEqual((found.open_count, found.open_amount, found.open_age), (1, 4100, 34))
        self.assertEqual((found.days, f"{found.disputed_dso:.2f}"), (90, "0.82"))

    def test_an_earlier_end_shows_what_was_open_then(self):
        self._s14()
        found = self._figures(last="2026-01-31")
        self.assertEqual((found.dispute_count, found.closed_count, found.closed_days), (2, 1, 14))
        self.assertEqual((found.open_count, found.open_amount, found.open_age), (1, 5400, 19))

    def test_what_was_opened_by_mistake_is_no_dispute(self):
        self._dispute(1200, "2026-01-05", state="cancelled")
        found = self._figures()
        self.assertEqual((found.dispute_count, found.open_count), (0, 0))

    def test_a_period_that_is_not_over_counts_up_to_today(self):
        self._s14()
        self._invoice("2026-02-28", 450_000)
        found = self._figures(last="2026-12-31")
        self.assertEqual((found.days, found.open_age, f"{found.disputed_dso:.2f}"), (90, 34, "0.82"))

    # -- the screen -----------------------------------------------------------

    def test_changing_the_period_changes_the_figures_at_once(self):
        self._s16()
        self._s14()
        with Form(self.env["credit.collection.figures"].with_user(self.accountant)) as form:
            self.assertEqual((str(form.date_from), str(form.date_to)), ("2025-04-01", DAY))
            self.assertEqual((form.promise_count, form.dispute_count), (8, 4))
            form.date_from = "2026-03-25"
            self.assertEqual((form.promise_count, form.dispute_count, form.open_count), (0, 0, 1))

    def test_the_buttons_list_what_the_figures_are_made_of(self):
        self._s16()
        self._s14()
        found = self._figures()
        promises, disputes = found.action_promises(), found.action_disputes()
        self.assertEqual(self.env[promises["res_model"]].search_count(promises["domain"]), 8)
        self.assertEqual(self.env[disputes["res_model"]].search_count(disputes["domain"]), 4)

    def test_a_period_that_ends_before_it_begins_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "ends before it begins"):
            self._figures("2026-02-01", "2026-01-31")

    # -- companies and rights -------------------------------------------------

    def test_each_company_has_its_own_figures(self):
        other = self.setup_other_company(name="Autre")["company"]
        self.accountant.company_ids += other
        self._promise(100, 100)
        self._promise(700, 0, company=other)
        self._dispute(500, "2026-02-02", company=other)
        ours = self._figures()
        theirs = self._figures(user=self.accountant, company_id=other.id)
        self.assertEqual((ours.promise_amount, ours.dispute_amount), (100, 0))
        theirs = theirs.with_context(allowed_company_ids=[self.company.id, other.id])
        self.assertEqual((theirs.promise_amount, theirs.dispute_amount), (700, 500))

    def test_those_who_read_accounts_see_the_figures_and_salespeople_do_not(self):
        reader = new_test_user(self.env, "reader", groups="account.group_account_readonly", company_id=self.company.id)
        self._s16()
        for user in (reader, self.accountant, self.collector, self.manager):
            self.assertEqual(self._figures(user=user).promise_count, 8, user.login)
        with self.assertRaises(AccessError):
            self._figures(user=self.salesperson)
        with self.assertRaises(AccessError):
            self._figures(user=self.accountant).with_user(self.collector).read(["date_from"])

    def test_many_promises_and_disputes_take_as_many_queries_as_few(self):
        def read():
            self._figures(user=self.env.user).read(["promise_kept_rate", "disputed_dso", "dispute_share_words"])

        read()
        self._promise(100, 100)
        self._dispute(500, "2026-02-02")
        few = self._queries(read)
        self._s16()
        for _turn in range(5):
            self._s14()
        self.assertLessEqual(self._queries(read), few)
