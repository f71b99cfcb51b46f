"""How the ledger ends a dispute: what became of the disputed items says whether the customer was right.

A credit note admits the dispute; money answers it; an entry that is gone takes it along. Example: of an invoice of 5,000,
1,200 is contested.

>>> open_item = Line("posted", amount=1200, credited=0, open=5000)
>>> verdict([open_item], 0.005)
('open', None, 0.0)
>>> verdict([open_item._replace(credited=1200, open=3800)], 0.005)
('closed', 'founded', 1200)
>>> verdict([open_item._replace(credited=500, open=0)], 0.005)
('closed', 'partly_founded', 500)
>>> verdict([open_item._replace(open=0)], 0.005)
('closed', 'unfounded', 0)
>>> verdict([open_item._replace(entry="gone", open=0)], 0.005)
('cancelled', None, 0.0)
>>> verdict([open_item._replace(entry="draft", open=0)], 0.005)
('open', None, 0.0)
"""

from typing import NamedTuple


class Line(NamedTuple):
    """An item in a dispute, in its currency: what is contested, what of that was credited since, what is open of the item."""

    entry: str  # "posted", "draft", or "gone": cancelled or deleted
    amount: float
    credited: float
    open: float

    @property
    def contested(self):
        """What is still contested: what was credited is not any more."""
        return max(self.amount - self.credited, 0.0)


def verdict(lines, tolerance):
    """Return (state, outcome, amount accepted) of a dispute as the ledger says it.

    Nobody knows what an entry in draft will be: the dispute stays open. All credited: founded, whatever else of the items
    is open. As long as something is open, the dispute is.

    :param list lines: its items, as ``Line``
    :param float tolerance: less than this is nothing, in the items' currency
    """
    credited = sum(line.credited for line in lines)
    if any(line.entry == "draft" for line in lines):
        return "open", None, 0.0
    if lines and credited > sum(line.amount for line in lines) - tolerance:
        return "closed", "founded", credited
    if any(line.open > tolerance for line in lines):
        return "open", None, 0.0
    if credited > tolerance:
        return "closed", "partly_founded", credited
    if all(line.entry == "gone" for line in lines):
        return "cancelled", None, 0.0
    return "closed", "unfounded", credited


def share(amount, parts, digits=2):
    """Return ``amount`` spread over ``parts``, the first ones filled first.

    >>> share(700, [500, 300, 100])
    [500, 200, 0]
    """
    shares = []
    for part in parts:
        shares.append(min(part, round(amount - sum(shares), digits)))
    return shares


def proportion(amount, weights, digits=2):
    """Return ``amount`` spread in proportion to ``weights``; what rounding leaves goes to the largest.

    >>> proportion(100, [1, 1, 1])
    [33.34, 33.33, 33.33]
    >>> proportion(100, [0])
    [100]
    """
    total = sum(weights)
    if not total:
        return [amount] + [0.0] * (len(weights) - 1)
    shares = [round(amount * weight / total, digits) for weight in weights]
    largest = max(range(len(weights)), key=lambda index: weights[index])
    shares[largest] = round(shares[largest] + amount - sum(shares), digits)
    return shares
