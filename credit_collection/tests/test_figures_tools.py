"""Key figures: the pure arithmetic, no Odoo needed."""

import doctest
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import figures

# a loaded machine is no failure
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
FIRST, LAST = date(2026, 1, 1), date(2026, 3, 31)
AMOUNTS = st.integers(1, 10**6)
DAYS = st.dates(date(2025, 10, 1), date(2026, 6, 30))
DISPUTES = st.lists(
    st.builds(
        lambda amount, opened, days: figures.Dispute(amount, opened, opened + timedelta(days) if days else None),
        AMOUNTS,
        DAYS,
        st.one_of(st.none(), st.integers(1, 150)),
    )
)
PROMISES = st.lists(
    st.builds(
        lambda amount, share: figures.Promise(
            amount, amount * share / 10, "kept" if share == 10 else "partly_kept" if share else "broken"
        ),
        AMOUNTS,
        st.integers(0, 10),
    )
)


@tagged("post_install", "-at_install")
class TestFiguresTools(BaseCase):
    def test_doctests(self):
        result = doctest.testmod(figures)
        self.assertGreater(result.attempted, 0)
        self.assertEqual(result.failed, 0)

    @PATIENT
    @given(PROMISES)
    def test_each_promise_is_judged_one_way_and_money_comes_in_on_more_than_those_kept(self, promises):
        found = figures.promise_figures(promises)
        self.assertEqual(found.kept + found.partly_kept + found.broken, found.count)
        self.assertTrue(0 <= found.kept_rate <= 1)
        self.assertTrue(0 <= found.amount_rate <= found.received_rate + 1e-9)
        self.assertLessEqual(found.received_rate, 1 + 1e-9)

    def test_what_comes_in_beyond_a_promise_makes_up_for_no_other(self):
        found = figures.promise_figures([figures.Promise(100, 500, "kept"), figures.Promise(100, 0, "broken")])
        self.assertEqual((found.received, found.received_rate), (100, 0.5))

    @PATIENT
    @given(DISPUTES)
    def test_a_dispute_opened_by_the_end_is_open_or_settled_before_or_in_the_period(self, disputes):
        found = figures.dispute_figures(disputes, FIRST, LAST, 1000)
        known = [dispute for dispute in disputes if dispute.opened <= LAST]
        before = [dispute for dispute in known if dispute.closed and dispute.closed < FIRST]
        self.assertEqual(len(before) + found.closed + found.open, len(known))

    @PATIENT
    @given(DISPUTES)
    def test_both_averages_lie_between_the_shortest_and_the_longest(self, disputes):
        found = figures.dispute_figures(disputes, FIRST, LAST, 1000)
        days = [(each.closed - each.opened).days for each in disputes if each.closed and FIRST <= each.closed <= LAST]
        if days:
            for mean in (found.mean_days, found.weighted_days):
                self.assertTrue(min(days) - 1e-9 <= mean <= max(days) + 1e-9)

    @PATIENT
    @given(DISPUTES, AMOUNTS)
    def test_equal_amounts_weigh_alike(self, disputes, amount):
        found = figures.dispute_figures([each._replace(amount=amount) for each in disputes], FIRST, LAST, 1000)
        self.assertAlmostEqual(found.mean_days, found.weighted_days)

    def test_without_sales_there_is_no_share(self):
        found = figures.dispute_figures([figures.Dispute(100, FIRST)], FIRST, LAST, 0)
        self.assertEqual((found.share, found.disputed_dso, found.open_age), (0, 0, 89))
