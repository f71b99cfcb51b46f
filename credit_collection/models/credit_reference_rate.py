from decimal import Decimal

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import format_date


class CreditReferenceRate(models.Model):
    """A published rate that late-payment interest is counted from, day by day: the ECB's, the legal rate …

    Public facts, the same for every company. A value that nobody entered is asked for, never guessed.
    """

    _name = "credit.reference.rate"
    _description = "Reference rate"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    period_months = fields.Integer(
        string="Months a Value Holds",
        default=6,
        help="6: for its own half-year only, then the next value is asked for. 0: until the next value.",
    )
    value_ids = fields.One2many("credit.reference.rate.value", "reference_id", string="Values", copy=True)
    missing_since = fields.Date(
        compute="_compute_missing_since", help="The first day, up to today, for which no value was entered."
    )

    _code_uniq = models.Constraint("UNIQUE (code)", "There is already a reference rate with this code.")
    _period_positive = models.Constraint(
        "CHECK (period_months >= 0)", "The months for which a value holds cannot be negative."
    )

    @api.depends("period_months", "value_ids.date_from")
    def _compute_missing_since(self):
        today = fields.Date.context_today(self)
        for reference in self:
            periods = reference._periods()
            known_to = periods[-1][1] if periods else fields.Date.subtract(today, days=1)
            known = known_to is None or known_to >= today
            reference.missing_since = False if known else fields.Date.add(known_to, days=1)

    @api.model
    def _missing_sentence(self):
        """Return which values are asked for, in one sentence; False when none is."""
        lacking = self.search([]).filtered("missing_since")  # pylint: disable=no-search-all
        if not lacking:
            return False
        names = ", ".join(
            self.env._(
                "%(rate)s (from %(day)s)",
                rate=reference.name,
                day=format_date(self.env, reference.missing_since),
            )
            for reference in lacking
        )
        return self.env._("Please enter the reference rates that are missing: %s.", names)

    def _periods(self):
        """Return the values as ``(first day, last day or None, Decimal percent per year)``, in order."""
        self.ensure_one()
        values = self.value_ids.filtered("date_from").sorted("date_from")
        periods = []
        for position, value in enumerate(values, 1):
            following = values[position : position + 1]
            ends = [fields.Date.subtract(following.date_from, days=1)] if following else []
            if self.period_months:
                ends.append(value.date_from + relativedelta(months=self.period_months, days=-1))
            periods.append((value.date_from, min(ends, default=None), Decimal(str(round(value.rate, 4)))))
        return periods
