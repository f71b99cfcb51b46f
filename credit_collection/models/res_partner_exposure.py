import operator as op

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .credit_control import ACCOUNTING

COMPARISONS = {"<": op.lt, "<=": op.le, ">": op.gt, ">=": op.ge, "in": lambda value, values: value in values}


# The customer's credit exposure in the active company, in lists and searches. A contact has none of its own.
class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    followup_exposure = fields.Monetary(
        compute="_compute_followup_exposure",
        search="_search_followup_exposure",
        string="Credit Exposure",
        groups=ACCOUNTING,
        help="What the customer owes the active company or will owe it for what was ordered, in the company's currency.",
    )
    followup_over_limit = fields.Boolean(
        compute="_compute_followup_exposure",
        search="_search_followup_over_limit",
        string="Over the Credit Limit",
        groups=ACCOUNTING,
    )

    @api.depends_context("company")
    def _compute_followup_exposure(self):
        company = self.env.company
        positions = self.env["credit.exposure"]._positions(
            [(partner, company) for partner in self._origin if partner == partner.commercial_partner_id]
        )
        for partner in self:
            position = positions.get((partner._origin, company), {})
            partner.followup_exposure = position.get("exposure", 0.0)
            partner.followup_over_limit = position.get("over_limit", False)

    @api.model
    def _search_followup_exposure(self, operator, value):
        if operator not in COMPARISONS:
            return NotImplemented
        values = [float(item or 0.0) for item in (value if operator == "in" else [value])]
        return self._followup_search("exposure", operator, values)

    @api.model
    def _search_followup_over_limit(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self._followup_search("over_limit", operator, [bool(item) for item in value])

    def _followup_search(self, column, operator, values):
        """Return the domain of the partners whose figure in the active company compares so with ``values``.

        The statement knows commercial partners only. What a contact's zero matches is what the statement does not exclude.
        """
        # a search tells the figure, too: the field's groups do not stop it
        self.env["credit.exposure"].check_access("read")
        if not values:
            return Domain.FALSE
        right = SQL("%s", tuple(values)) if operator == "in" else SQL("%s", values[0])
        matches = SQL("x.%s %s %s", SQL.identifier(column), SQL(operator.upper()), right)
        zero_matches = COMPARISONS[operator](0, values if operator == "in" else values[0])
        condition = SQL("NOT (%s)", matches) if zero_matches else matches
        company = self.env.company

        def to_sql(model, alias, query):
            partners = model.env["credit.exposure"]._sql_partners(company, condition)
            return SQL(
                "%s %s (%s)", SQL.identifier(alias, "id"), SQL("NOT IN") if zero_matches else SQL("IN"), partners
            )

        return Domain.custom(to_sql=to_sql)
