"""Late-payment interest by dated segments.

Simple interest on what was still owed, day by day: ``principal × rate × days ÷ days of a year``. A segment is a run of
days with one principal and one rate; it ends where a payment lowers the principal and where the rate changes. Each
segment is rounded half up to the minor unit and the total is the sum of the rounded segments, so that a printed table
adds up. Nothing is compounded (French C. civ. 1343-2). Amounts are integers in minor units (cents), rates are Decimals
in percent per year. A rate that nobody entered is None and bears nothing: it is reported, never guessed.

10 000.00 due on 31 January, paid on 9 March, at 12.15 %:

>>> rates = timeline([(date(2026, 1, 1), date(2026, 6, 30), Decimal("12.15"))])
>>> paid = [Reduction(date(2026, 3, 9), 1_000_000)]
>>> interest = late_interest(1_000_000, date(2026, 1, 31), paid, date(2026, 4, 15), rates)
>>> interest.amount, interest.segments[0].days, str(interest.segments[0].last)
(12316, 37, '2026-03-09')

4 000.00 of it paid on 20 February; with *interest first* the payment lowers the principal by less:

>>> paid = [Reduction(date(2026, 2, 20), 400_000), Reduction(date(2026, 3, 9), 600_000)]
>>> late_interest(1_000_000, date(2026, 1, 31), paid, date(2026, 4, 15), rates).amount
10053
>>> terms = Terms(interest_first=True)
>>> [(s.principal, s.amount) for s in late_interest(1_000_000, date(2026, 1, 31), paid, date(2026, 4, 15), rates, terms).segments]
[(1000000, 6658), (606658, 3433)]

The second half-year has no rate yet:

>>> unpaid = late_interest(1_000_000, date(2026, 6, 25), [], date(2026, 7, 10), rates)
>>> str(unpaid.missing_from), [(s.days, s.rate, s.amount) for s in unpaid.segments]
('2026-07-01', [(5, Decimal('12.15'), 1664), (10, None, 0)])
"""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

DAY = timedelta(days=1)


class Terms(NamedTuple):
    """How interest is counted.

    ``day_count``: the year has "365" days, "360", or its own number ("actual": segments are also cut at year ends).
    ``from_due_day``: the due day bears interest too. ``payment_day``: the day of a payment still does.
    ``fixed``: the rate of the first day holds for the whole delay.
    ``interest_first``: a payment eats the interest accrued so far before it lowers the principal (C. civ. 1343-1).
    """

    day_count: str = "365"
    from_due_day: bool = False
    payment_day: bool = True
    fixed: bool = False
    interest_first: bool = False


class Reduction(NamedTuple):
    """A payment or credit note of a day; ``retroactive`` as if the amount had never been owed."""

    day: date
    amount: int
    retroactive: bool = False


class Segment(NamedTuple):
    """Days (``first`` and ``last`` included) with one principal and one rate (None: unknown)."""

    first: date
    last: date
    days: int
    principal: int
    rate: Decimal | None
    amount: int


class Interest(NamedTuple):
    """The segments, their sum, and the first day without a known rate, or None."""

    segments: tuple[Segment, ...]
    amount: int
    missing_from: date | None


class Timeline(NamedTuple):
    """A rate for every day: ``rates[i]`` from ``starts[i]`` on, until the next start. Neighbours differ."""

    starts: tuple[date, ...]
    rates: tuple[Decimal | None, ...]

    def rate_on(self, day: date) -> Decimal | None:
        """Return the rate of a day, or None where it is unknown."""
        return self.rates[bisect_right(self.starts, day) - 1]


NOTHING = Interest((), 0, None)
DEFAULT_TERMS = Terms()


def timeline(periods: Iterable[tuple[date, date | None, Decimal | None]]) -> Timeline:
    """Return the rate of every day from periods ``(first day, last day or None, rate or None)`` that do not overlap.

    Days of no period have no rate. Equal neighbours become one. A negative rate counts as zero.

    >>> half_years = [(date(2025, 7, 1), date(2025, 12, 31), Decimal("12.15")), (date(2026, 1, 1), None, Decimal("12.15"))]
    >>> timeline(half_years).rates
    (None, Decimal('12.15'))
    """
    starts, rates = [date.min], [None]

    def add(start, rate):
        if starts[-1] == start:
            starts.pop(), rates.pop()
        if not rates or rates[-1] != rate:
            starts.append(start)
            rates.append(rate)

    for first, last, rate in sorted(periods, key=lambda period: period[0]):
        add(first, None if rate is None else max(rate, Decimal(0)))
        if last is not None:
            add(last + DAY, None)
    return Timeline(tuple(starts), tuple(rates))


def late_interest(
    principal: int,
    due: date,
    reductions: Iterable[Reduction],
    day: date,
    rates: Timeline,
    terms: Terms = DEFAULT_TERMS,
    start: date | None = None,
    stop: date | None = None,
) -> Interest:
    """Return the interest of one instalment from its due date up to and including ``day``.

    Reductions dated after ``day`` are not known yet. What is paid by the due date bears nothing. Once the reductions
    reach the amount, interest ends: what *interest first* then leaves is the interest itself, which bears none.

    :param principal: the instalment's amount, in minor units
    :param due: the last day on which payment was in time
    :param day: the day to compute to
    :param start: the day a formal notice was received, where interest runs only from then on, like from a due date
    :param stop: the day of an insolvency judgment; the last day with interest is the one before
    """
    due = max(due, start) if start else due
    last = min(day, stop - DAY) if stop else day
    if last <= due:
        return NOTHING
    changes = []
    for reduction in sorted(known for known in reductions if known.day <= day):
        if reduction.retroactive or reduction.day <= due:
            principal -= reduction.amount
        else:
            changes.append((reduction.day + DAY if terms.payment_day else reduction.day, reduction.amount))
    first = due if terms.from_due_day else due + DAY
    if terms.fixed:
        rates = Timeline((date.min,), (rates.rate_on(first),))
    return _sum_up(_segments(principal, first, last, changes, rates, terms))


def _segments(principal, first, last, changes, rates, terms):
    """Return the segments from ``first`` to ``last``; ``changes`` are (first day of the lower principal, amount)."""
    segments = []
    unpaid = principal  # by the reductions alone
    accrued = 0
    for change, amount in (*changes, (last + DAY, 0)):
        until = min(change - DAY, last)
        if until >= first and principal > 0:
            for segment in _pieces(principal, first, until, rates, terms.day_count):
                segments.append(segment)
                accrued += segment.amount
        first = max(first, change)
        unpaid -= amount
        if unpaid <= 0:
            break
        eaten = min(accrued, amount) if terms.interest_first else 0
        accrued -= eaten
        principal -= amount - eaten
    return segments


def _pieces(principal, first, last, rates, day_count):
    """Yield the segments of one principal, cut where the rate changes and, by the true year, at year ends."""
    starts = rates.starts
    index = bisect_right(starts, first) - 1
    while first <= last:
        end = min(last, starts[index + 1] - DAY) if index + 1 < len(starts) else last
        rate = rates.rates[index]
        while first <= end:
            until, year = end, 360 if day_count == "360" else 365
            if day_count == "actual":
                until = min(end, date(first.year, 12, 31))
                year = (date(first.year + 1, 1, 1) - date(first.year, 1, 1)).days
            days = (until - first).days + 1
            yield Segment(first, until, days, principal, rate, _amount(principal, rate, days, year))
            first = until + DAY
        index += 1


def _amount(principal, rate, days, year):
    """Return ``principal × rate % × days ÷ year``, rounded half up; 0 for an unknown rate."""
    if not rate:
        return 0
    above, below = rate.as_integer_ratio()
    below *= 100 * year
    return (2 * principal * days * above + below) // (2 * below)


def _sum_up(segments):
    missing = next((segment.first for segment in segments if segment.rate is None), None)
    return Interest(tuple(segments), sum(segment.amount for segment in segments), missing)
