"""The calculation of late-payment interest: no Odoo needed."""

import doctest
import time
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import interest
from ..tools.interest import DAY, Reduction, Terms, late_interest, timeline

# a loaded machine is no failure
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
EPOCH = date(2023, 1, 1)
DAYS = st.integers(0, 1200).map(lambda days: EPOCH + timedelta(days=days))
CENTS = st.integers(1, 5_000_000)
RATES = st.decimals("0", "20", places=2, allow_nan=False)
TERMS = st.builds(
    Terms, st.sampled_from(["365", "360", "actual"]), st.booleans(), st.booleans(), st.booleans(), st.booleans()
)
PAYMENTS = st.lists(st.builds(Reduction, DAYS, st.integers(1, 2_000_000), st.just(False)), max_size=5)
REDUCTIONS = st.lists(st.builds(Reduction, DAYS, st.integers(1, 2_000_000), st.booleans()), max_size=5)


@st.composite
def periods(draw, unknown=True):
    """Consecutive periods of a rate each (or of none), that may begin after and end before the days looked at."""
    days = sorted(draw(st.sets(DAYS, min_size=1, max_size=6)))
    rates = [draw(RATES | st.none() if unknown else RATES) for _day in days]
    ends = [day - DAY for day in days[1:]] + [draw(st.none() | st.just(date(2026, 3, 31)))]
    return [
        (first, max(first, last) if last else None, rate) for first, last, rate in zip(days, ends, rates, strict=True)
    ]


@tagged("post_install", "-at_install")
class TestInterestTools(BaseCase):
    def test_doctests(self):
        result = doctest.testmod(interest)
        self.assertGreater(result.attempted, 0)
        self.assertEqual(result.failed, 0)

    @PATIENT
    @given(CENTS, DAYS, REDUCTIONS, DAYS, periods(), TERMS, st.none() | DAYS, st.none() | DAYS)
    def test_segments_add_up_and_follow_each_other(self, principal, due, paid, day, rates, terms, start, stop):
        result = late_interest(principal, due, paid, day, timeline(rates), terms, start, stop)
        self.assertEqual(result.amount, sum(segment.amount for segment in result.segments))
        for before, after in zip(result.segments, result.segments[1:], strict=False):
            self.assertEqual(after.first, before.last + DAY)
        for segment in result.segments:
            self.assertEqual(segment.days, (segment.last - segment.first).days + 1)
            self.assertGreater(segment.days, 0)
            self.assertTrue(0 < segment.principal <= principal)
            self.assertGreaterEqual(segment.amount, 0)
            self.assertLessEqual(segment.last, day)
            self.assertTrue(stop is None or segment.last < stop)
            self.assertGreaterEqual(
                segment.first, max(due, start or due) + (DAY if not terms.from_due_day else DAY * 0)
            )

    @PATIENT
    @given(CENTS, DAYS, REDUCTIONS, st.integers(0, 50), periods(), TERMS)
    def test_nothing_is_due_on_the_due_day_and_before(self, principal, due, paid, days, rates, terms):
        result = late_interest(principal, due, paid, due - timedelta(days=days), timeline(rates), terms)
        self.assertEqual(result, interest.NOTHING)

    @PATIENT
    @given(CENTS, DAYS, st.integers(0, 50), DAYS, periods(), TERMS)
    def test_who_pays_in_time_owes_nothing(self, principal, due, days, day, rates, terms):
        paid = [Reduction(due - timedelta(days=days), principal)]
        self.assertEqual(late_interest(principal, due, paid, day, timeline(rates), terms), interest.NOTHING)

    @PATIENT
    @given(CENTS, DAYS, PAYMENTS, DAYS, st.integers(0, 300), periods(), TERMS)
    def test_interest_never_falls_with_time(self, principal, due, paid, day, later, rates, terms):
        first = late_interest(principal, due, paid, day, timeline(rates), terms)
        second = late_interest(principal, due, paid, day + timedelta(days=later), timeline(rates), terms)
        self.assertGreaterEqual(second.amount, first.amount)

    @PATIENT
    @given(CENTS, DAYS, PAYMENTS, DAYS, periods(), TERMS)
    def test_interest_stays_once_the_principal_is_paid(self, principal, due, paid, day, rates, terms):
        paid = [*paid, Reduction(day, principal)]
        settled = late_interest(principal, due, paid, day + DAY, timeline(rates), terms)
        self.assertEqual(late_interest(principal, due, paid, day + 900 * DAY, timeline(rates), terms), settled)

    @PATIENT
    @given(CENTS, DAYS, DAYS, st.sets(DAYS, max_size=6), RATES, TERMS)
    def test_a_rate_entered_in_pieces_is_one_rate(self, principal, due, day, cuts, rate, terms):
        starts = sorted({date(2020, 1, 1), *cuts})
        ends = [start - DAY for start in starts[1:]] + [None]
        pieces = timeline([(first, last, rate) for first, last in zip(starts, ends, strict=True)])
        self.assertEqual(
            late_interest(principal, due, [], day, pieces, terms),
            late_interest(principal, due, [], day, timeline([(date(2020, 1, 1), None, rate)]), terms),
        )

    @PATIENT
    @given(CENTS, DAYS, DAYS, RATES, st.integers(1, 400))
    def test_segments_differ_from_one_multiplication_by_half_a_cent_each(self, principal, due, day, rate, days):
        other = rate + Decimal("1")
        rates = timeline(
            [(date(2020, 1, 1), due + timedelta(days=days), rate), (due + timedelta(days=days + 1), None, other)]
        )
        result = late_interest(principal, due, [], day, rates)
        exact = sum(segment.principal * segment.days * segment.rate / 36500 for segment in result.segments)
        self.assertLessEqual(abs(result.amount - exact), Decimal("0.5") * len(result.segments))

    @PATIENT
    @given(CENTS, DAYS, PAYMENTS, DAYS, periods(unknown=False), TERMS)
    def test_interest_first_never_claims_less(self, principal, due, paid, day, rates, terms):
        rates = timeline(rates)
        first = late_interest(principal, due, paid, day, rates, terms._replace(interest_first=True))
        second = late_interest(principal, due, paid, day, rates, terms._replace(interest_first=False))
        # rounding of each segment may favour either by a cent
        self.assertGreaterEqual(first.amount, second.amount - len(second.segments))

    @PATIENT
    @given(CENTS, DAYS, REDUCTIONS, DAYS, periods(), TERMS)
    def test_a_missing_rate_is_said_and_bears_nothing(self, principal, due, paid, day, rates, terms):
        result = late_interest(principal, due, paid, day, timeline(rates), terms)
        unknown = [segment for segment in result.segments if segment.rate is None]
        self.assertEqual(result.missing_from, unknown[0].first if unknown else None)
        self.assertFalse(any(segment.amount for segment in unknown))

    def test_a_retroactive_credit_note_was_never_owed(self):
        rates = timeline([(EPOCH, None, Decimal("10"))])
        due, day = date(2025, 1, 31), date(2025, 6, 30)
        dated = late_interest(100_000, due, [Reduction(date(2025, 3, 31), 40_000)], day, rates)
        retroactive = late_interest(100_000, due, [Reduction(date(2025, 3, 31), 40_000, True)], day, rates)
        self.assertEqual(retroactive, late_interest(60_000, due, [], day, rates))
        self.assertGreater(dated.amount, retroactive.amount)

    def test_twenty_five_thousand_instalments_take_a_second_or_so(self):
        rates = timeline([(date(2023 + i // 2, 1 + i % 2 * 6, 1), None, Decimal(10 + i)) for i in range(7)])
        paid = [Reduction(date(2024, 5, 5), 10_000), Reduction(date(2025, 5, 5), 10_000)]
        started = time.process_time()
        for _turn in range(25_000):
            late_interest(1_000_000, date(2023, 6, 1), paid, date(2026, 1, 1), rates)
        self.assertLess(time.process_time() - started, 5)
