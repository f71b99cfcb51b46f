"""The rule by which promises are judged: no Odoo needed."""

import doctest
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import promise as promise_tools
from ..tools.promise import Item, Match, Promise, judge

# a loaded machine is no failure
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NOTED = date(2026, 3, 1)
DAYS = st.integers(-20, 60).map(lambda days: NOTED + timedelta(days=days))
MATCHES = st.builds(Match, st.sampled_from(["money", "credit_note", "other"]), DAYS, st.integers(1, 500))
ITEMS = st.lists(
    st.builds(Item, st.integers(0, 1000), st.integers(0, 300), st.lists(MATCHES, max_size=5).map(tuple)),
    min_size=1,
    max_size=4,
)
PROMISES = st.builds(
    lambda amount, days: Promise(amount, NOTED, NOTED + timedelta(days=days)), st.integers(1, 2000), st.integers(0, 30)
)
BEST_FIRST = ["kept", "open", "partly_kept", "broken"]


@tagged("post_install", "-at_install")
class TestPromiseTools(BaseCase):
    def test_doctests(self):
        result = doctest.testmod(promise_tools)
        self.assertGreater(result.attempted, 0)
        self.assertEqual(result.failed, 0)

    @PATIENT
    @given(PROMISES, ITEMS, DAYS, st.integers(0, 500))
    def test_what_a_judgement_says_fits_together(self, promise, items, today, unallocated):
        result = judge(promise, items, today, unallocated)
        self.assertTrue(0 <= result.received <= promise.amount)
        self.assertTrue(0 <= result.share <= 1)
        if result.state == "kept":
            self.assertEqual(result.share, 1)
        if result.state in ("broken", "partly_kept"):
            self.assertGreater(today, promise.deadline)
            self.assertEqual(result.state == "broken", result.received == 0)
            self.assertLess(result.share, 1)

    @PATIENT
    @given(PROMISES, ITEMS, DAYS, st.integers(0, 500), st.randoms())
    def test_the_order_of_events_does_not_matter(self, promise, items, today, unallocated, dice):
        mixed = [item._replace(matches=tuple(dice.sample(item.matches, len(item.matches)))) for item in items]
        dice.shuffle(mixed)
        self.assertEqual(judge(promise, items, today, unallocated), judge(promise, mixed, today, unallocated))

    @PATIENT
    @given(PROMISES, ITEMS, DAYS, st.integers(0, 500), st.integers(1, 500))
    def test_more_money_in_time_never_makes_it_worse(self, promise, items, today, unallocated, more):
        before = judge(promise, items, today, unallocated)
        paid = items[0]._replace(matches=(*items[0].matches, Match("money", promise.deadline, more)))
        after = judge(promise, [paid, *items[1:]], today, unallocated)
        self.assertGreaterEqual(after.received, before.received)
        if "cancelled" not in (before.state, after.state):
            self.assertLessEqual(BEST_FIRST.index(after.state), BEST_FIRST.index(before.state))

    @PATIENT
    @given(PROMISES, ITEMS, DAYS, st.integers(1, 500))
    def test_money_after_the_deadline_changes_nothing(self, promise, items, today, more):
        late = Match("money", promise.deadline + timedelta(days=1), more)
        paid = items[0]._replace(matches=(*items[0].matches, late))
        self.assertEqual(judge(promise, [paid, *items[1:]], today), judge(promise, items, today))

    @PATIENT
    @given(PROMISES, ITEMS, DAYS)
    def test_time_alone_only_ends_an_open_promise(self, promise, items, today):
        now, later = judge(promise, items, today), judge(promise, items, today + timedelta(days=90))
        if now.state != "open":
            self.assertEqual(now, later)
        else:
            self.assertIn(later.state, ("broken", "partly_kept"))
