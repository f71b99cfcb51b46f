"""The few that make most of a total (Pareto: about 80 percent of the effects come from 20 percent of the causes).

Amounts are whole numbers of a currency's smallest unit, so that shares are compared exactly.

>>> invoices = [794050, 621537, 441020, 320500, 148000, 110540, 86025, 61290, 44518, 31000, 21520, 12000, 8000]
>>> ranks = pareto(invoices)
>>> [f"{rank.cumulative:.2%}" for rank in ranks[:4]]
['29.41%', '52.43%', '68.76%', '80.63%']
>>> sum(amount for amount, rank in zip(invoices, ranks) if rank.is_vital)
2177107
"""

from typing import NamedTuple

VITAL_PERCENT = 80


class Rank(NamedTuple):
    """Where an amount stands among the others; shares of the total from 0 to 1."""

    share: float
    cumulative: float
    is_vital: bool


def pareto(amounts, percent=VITAL_PERCENT):
    """Return a :class:`Rank` for each amount, in the order given.

    The largest amounts come first, equal ones in the order given; those are vital that are needed to reach ``percent``
    of the total. What is not positive makes no part of the total and has no share.

    :param amounts: whole numbers
    :param int percent: how much of the total the few have to make
    """
    total = sum(amount for amount in amounts if amount > 0)
    ranks, reached = [Rank(0.0, 0.0, False)] * len(amounts), 0
    for position in sorted(range(len(amounts)), key=lambda position: -amounts[position]):
        amount = amounts[position]
        if amount <= 0:
            break
        is_vital = 100 * reached < percent * total
        reached += amount
        ranks[position] = Rank(amount / total, reached / total, is_vital)
    return ranks
