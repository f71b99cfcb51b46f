"""The longest payment terms that the law allows between professionals, and to public bodies.

French law (C. com. L441-10 I): at most 60 days after the invoice date; or, when the contract counts in ends of months,
45 days end of month, which is computed in one of two ways. An invoice of 15 January 2026:

>>> from datetime import date
>>> Limit(60).last_day(date(2026, 1, 15))
datetime.date(2026, 3, 16)
>>> end_of_month_after(date(2026, 1, 15))
datetime.date(2026, 3, 31)
>>> end_of_month_before(date(2026, 1, 15))
datetime.date(2026, 3, 17)

Terms of 90 days are 30 days too long:

>>> Limit(60).excess(date(2026, 1, 15), date(2026, 4, 15))
30

A periodic invoice (CGI 289 I-3) is payable within 45 days, a public body has 30 (CCP R2192-10):

>>> Limit(PERIODIC_DAYS).last_day(date(2026, 1, 15)), Limit(30).last_day(date(2026, 1, 15))
(datetime.date(2026, 3, 1), datetime.date(2026, 2, 14))

Terms that count in ends of months may use the better of both ways:

>>> Limit(60, "after").last_day(date(2026, 1, 15)), Limit(60, "after").basis(date(2026, 1, 15))
(datetime.date(2026, 3, 31), 'after')
>>> Limit(60, "after").last_day(date(2026, 1, 14)), Limit(60, "after").basis(date(2026, 1, 14))
(datetime.date(2026, 3, 15), 'days')

Over a year, "60 days end of month" goes too far; the worst day, and by how much:

>>> worst_excess(lambda day: last_of_month(day + timedelta(60)), Limit(60, "after"), date(2026, 1, 1), days=31)
(29, datetime.date(2026, 1, 1))
"""

from calendar import monthrange
from datetime import timedelta
from typing import NamedTuple

PERIODIC_DAYS = 45
END_OF_MONTH_DAYS = 45


def last_of_month(day):
    """Return the last day of the month of ``day``."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def end_of_month_after(invoice_date):
    """45 days end of month, first way: 45 days after the invoice date, then the end of that month."""
    return last_of_month(invoice_date + timedelta(END_OF_MONTH_DAYS))


def end_of_month_before(invoice_date):
    """45 days end of month, second way: the end of the invoice's month, then 45 days."""
    return last_of_month(invoice_date) + timedelta(END_OF_MONTH_DAYS)


_END_OF_MONTH = {"after": end_of_month_after, "before": end_of_month_before}


class Limit(NamedTuple):
    """A legal maximum: a number of days after the invoice date or, where allowed, 45 days end of month.

    :param int days: after the invoice date
    :param end_of_month: the way 45 days end of month are counted, ``"after"`` or ``"before"``; ``None``: not allowed
    """

    days: int
    end_of_month: str | None = None

    def last_day(self, invoice_date):
        """Return the last due date that the law allows to an invoice of this date."""
        return max(self._candidates(invoice_date).values())

    def basis(self, invoice_date):
        """Return what the last day comes from: ``"days"``, ``"after"`` or ``"before"``; days when both agree."""
        candidates = self._candidates(invoice_date)
        return max(candidates, key=candidates.get)

    def excess(self, invoice_date, due_date):
        """Return by how many days ``due_date`` is later than allowed; 0 when it is not."""
        return max(0, (due_date - self.last_day(invoice_date)).days)

    def _candidates(self, invoice_date):
        candidates = {"days": invoice_date + timedelta(self.days)}
        if self.end_of_month:
            candidates[self.end_of_month] = _END_OF_MONTH[self.end_of_month](invoice_date)
        return candidates


def worst_excess(due_date, limit, first, days=366):
    """Return how much too long payment terms can be, over every invoice date of a year.

    Every day is tried: where terms go too far depends on how their days meet the ends of months.

    :param due_date: function from an invoice date to the last due date that the terms give it
    :param Limit limit: the legal maximum
    :param date first: the first invoice date tried
    :param int days: how many are tried
    :return: ``(days of excess, invoice date)`` of the worst invoice date, the earliest one of equals
    """
    dates = (first + timedelta(n) for n in range(days))
    return max(((limit.excess(day, due_date(day)), day) for day in dates), key=lambda found: found[0])
