"""Key figures of promises to pay and of disputes, over a period: pure arithmetic on amounts of one currency and on days.

Rates are shares from 0 to 1. A figure of nothing is 0.
"""

from datetime import date
from typing import NamedTuple


class Promise(NamedTuple):
    """A promise whose day is past: what was promised, what of it came in, and how it was judged."""

    amount: float
    received: float
    state: str


class PromiseFigures(NamedTuple):
    count: int
    kept: int
    partly_kept: int
    broken: int
    amount: float
    kept_amount: float
    received: float

    @property
    def kept_rate(self):
        """Promises kept in full, by number."""
        return ratio(self.kept, self.count)

    @property
    def amount_rate(self):
        """Promises kept in full, by amount."""
        return ratio(self.kept_amount, self.amount)

    @property
    def received_rate(self):
        """Money received on promises, on those not kept too."""
        return ratio(self.received, self.amount)


class Dispute(NamedTuple):
    """A disputed amount, the day it was contested and, once it is settled, the day of that."""

    amount: float
    opened: date
    closed: date | None = None

    def days(self, last):
        """Days from opening to settlement, or to ``last``."""
        return (min(self.closed or last, last) - self.opened).days


class DisputeFigures(NamedTuple):
    days: int
    count: int
    amount: float
    share: float
    closed: int
    mean_days: float
    weighted_days: float
    open: int
    open_amount: float
    open_age: float
    disputed_dso: float


def ratio(part, whole):
    """Return the share, 0 where there is no whole.

    >>> ratio(1, 4), ratio(1, 0)
    (0.25, 0.0)
    """
    return part / whole if whole > 0 else 0.0


def promise_figures(promises):
    """Return the :class:`PromiseFigures` of promises whose day is past.

    >>> kept = [Promise(amount, amount, "kept") for amount in (5000, 1200, 800, 4100, 1500)]
    >>> late = [Promise(3000, 1800, "partly_kept"), Promise(2500, 0, "broken"), Promise(600, 0, "broken")]
    >>> found = promise_figures(kept + late)
    >>> [f"{rate:.1%}" for rate in (found.kept_rate, found.amount_rate, found.received_rate)]
    ['62.5%', '67.4%', '77.0%']
    """
    kept = [promise for promise in promises if promise.state == "kept"]
    return PromiseFigures(
        len(promises),
        len(kept),
        sum(promise.state == "partly_kept" for promise in promises),
        sum(promise.state == "broken" for promise in promises),
        sum(promise.amount for promise in promises),
        sum(promise.amount for promise in kept),
        sum(min(promise.received, promise.amount) for promise in promises),
    )


def dispute_figures(disputes, first, last, sales):
    """Return the :class:`DisputeFigures` of the period from ``first`` to ``last``, both included.

    Opened: in the period. Settled: in the period, whenever opened. Open: at the end of it, whenever opened.

    :param sales: of the period, tax included

    >>> start = date(2026, 1, 1)
    >>> settled = [
    ...     Dispute(1200, start, date(2026, 1, 15)),
    ...     Dispute(5400, start, date(2026, 2, 10)),
    ...     Dispute(300, start, date(2026, 1, 7)),
    ... ]
    >>> still_open = Dispute(4100, date(2026, 2, 25))
    >>> found = dispute_figures([*settled, still_open], start, date(2026, 3, 31), 450_000)
    >>> found.count, found.amount, f"{found.share:.2%}", f"{found.disputed_dso:.2f}"
    (4, 11000, '2.44%', '0.82')
    >>> found.mean_days, found.weighted_days, found.open_age
    (20.0, 34.0, 34.0)
    """
    days = (last - first).days + 1
    opened = [dispute for dispute in disputes if first <= dispute.opened <= last]
    closed = [dispute for dispute in disputes if dispute.closed and first <= dispute.closed <= last]
    still_open = [
        dispute for dispute in disputes if dispute.opened <= last and not (dispute.closed and dispute.closed <= last)
    ]
    amount, open_amount = (sum(dispute.amount for dispute in chosen) for chosen in (opened, still_open))
    return DisputeFigures(
        days,
        len(opened),
        amount,
        ratio(amount, sales),
        len(closed),
        ratio(sum(dispute.days(last) for dispute in closed), len(closed)),
        ratio(
            sum(dispute.amount * dispute.days(last) for dispute in closed), sum(dispute.amount for dispute in closed)
        ),
        len(still_open),
        open_amount,
        ratio(sum(dispute.days(last) for dispute in still_open), len(still_open)),
        ratio(open_amount, sales) * days,
    )
