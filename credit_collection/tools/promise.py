"""What became of a promise to pay, from how its items were settled. Amounts are whole numbers of the currency's smallest
unit.

Of 3,000.00 promised for 20 March, with three days of grace, 1,800.00 came in time:

>>> promise = Promise(amount=300000, date=date(2026, 3, 9), deadline=date(2026, 3, 23))
>>> paid = Match("money", date(2026, 3, 19), 180000)
>>> judge(promise, [Item(300000, 0, (paid,))], today=date(2026, 3, 23)).state
'open'
>>> judge(promise, [Item(300000, 0, (paid,))], today=date(2026, 3, 24))
Judgement(state='partly_kept', received=180000, share=0.6)

Money that came too late keeps no promise; what a credit note says was never owed breaks none:

>>> late = Match("money", date(2026, 3, 24), 120000)
>>> judge(promise, [Item(300000, 0, (paid, late))], today=date(2026, 3, 31)).state
'partly_kept'
>>> credited = Match("credit_note", date(2026, 4, 30), 120000)
>>> judge(promise, [Item(300000, 0, (paid, credited))], today=date(2026, 4, 30))
Judgement(state='kept', received=180000, share=1.0)
"""

from datetime import date
from typing import NamedTuple


class Match(NamedTuple):
    """What settled a part of an item: ``money`` that came in, ``credit_note`` or ``other`` (a write-off, a set-off, the
    discount in a payment); on which day, and how much."""

    kind: str
    date: date
    amount: int


class Item(NamedTuple):
    """An item promised: its amount (0 while its entry is not posted), what had been paid of it when the customer
    promised, and what settled it."""

    amount: int
    paid_before: int
    matches: tuple[Match, ...]

    def received(self, promise):
        """The money that came for the promise up to its deadline."""
        before = sum(match.amount for match in self.matches if match.kind == "money" and match.date <= promise.date)
        return self._settled(promise, "money") - min(self.paid_before, before)

    def left(self, promise):
        """What was still open at the deadline, of what was owed at all."""
        return max(self.amount - self._settled(promise, "money", "credit_note", "other"), 0)

    def _settled(self, promise, *kinds):
        return sum(
            match.amount
            for match in self.matches
            if match.kind in kinds and (match.kind == "credit_note" or match.date <= promise.deadline)
        )


class Promise(NamedTuple):
    """How much was promised, on which day, and the last day on which it may come."""

    amount: int
    date: date
    deadline: date


class Judgement(NamedTuple):
    """``state``: open, kept, partly_kept, broken, or cancelled when nothing was owed; ``received`` for the promise, never
    more than was promised; and its share of what could be expected."""

    state: str
    received: int
    share: float


def judge(promise, items, today, unallocated=0):
    """Return what became of the promise, as a :class:`Judgement`.

    :param unallocated: what the customer has paid up to the deadline that is matched with nothing yet: where it covers
        what is missing, the promise stays open until somebody allocates it
    """
    received = min(promise.amount, sum(item.received(promise) for item in items))
    left = sum(item.left(promise) for item in items)
    expected = min(promise.amount, received + left)
    return Judgement(
        _state(promise, received, left, today, unallocated), received, received / expected if expected else 0.0
    )


def _state(promise, received, left, today, unallocated):
    if received >= promise.amount or (not left and received):
        return "kept"
    if not left:
        return "cancelled"
    if today <= promise.deadline or unallocated >= min(promise.amount - received, left):
        return "open"
    return "partly_kept" if received else "broken"
