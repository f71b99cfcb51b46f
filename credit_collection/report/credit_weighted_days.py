from odoo import fields, models
from odoo.tools import SQL


class CreditWeightedDays(models.AbstractModel):
    """Days of amounts: their average in a group weighs each row by its amount, not by its being one row.

    For SQL read models with a column ``amount`` and ``amount_days``, in the currency ``company_currency_id``.
    """

    _name = "credit.weighted.days"
    _description = "Days weighted by amounts"

    company_id = fields.Many2one("res.company", readonly=True)
    company_currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary(currency_field="company_currency_id", readonly=True)
    amount_days = fields.Monetary(
        string="Amount × Days",
        currency_field="company_currency_id",
        readonly=True,
        help="What was missing times the days it was missing: a thousand for thirty days weighs like thirty thousand for one.",
    )
    weighted_days = fields.Float(
        string="Days, by Amount",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="Average weighted by the amounts.",
    )

    def _read_group_select(self, aggregate_spec, query):
        """EXTENDS 'base': the average of weighted days; companies of other currencies weigh at today's rate."""
        if aggregate_spec != "weighted_days:avg":
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            "%s / NULLIF(%s, 0)",
            super()._read_group_select("amount_days:sum_currency", query),
            super()._read_group_select("amount:sum_currency", query),
        )
