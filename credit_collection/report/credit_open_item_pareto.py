from odoo import api, fields, models

from ..tools.pareto import Rank, pareto

NOT_LATE = Rank(0.0, 0.0, False)


class CreditOpenItem(models.Model):
    """What an item weighs in what its customer owes late: its share, and whether it is one of the few that make 80 %."""

    _inherit = "credit.open.item"  # pylint: disable=consider-merging-classes-inherited

    amount_share = fields.Float(
        string="Share",
        compute="_compute_shares",
        help="Of the customer's overdue amount in the company: 0.25 is 25 %.",
    )
    cumulative_share = fields.Float(
        compute="_compute_shares",
        help="Of the customer's overdue amount: this item and all larger ones.",
    )
    is_vital = fields.Boolean(
        string="Makes the 80 %",
        compute="_compute_shares",
        help="One of the few largest items that make 80 % of the customer's overdue amount.",
    )

    @api.depends("amount_overdue", "partner_id", "company_id")
    @api.depends_context("credit_as_of")
    def _compute_shares(self):
        ranks = self._overdue_ranks()
        for item in self:
            item.amount_share, item.cumulative_share, item.is_vital = ranks.get(item.id, NOT_LATE)

    def _overdue_ranks(self):
        """Return the ranks of all overdue items of these customers, in their company, by the items' ids."""
        late = self.filtered("amount_overdue")
        items = self.with_context(credit_facts_only=True).search_fetch(
            [
                ("partner_id", "in", late.partner_id.ids),
                ("company_id", "in", late.company_id.ids),
                ("amount_overdue", ">", 0),
            ],
            ["amount_overdue", "partner_id", "company_id", "company_currency_id"],
        )
        ranks = {}
        for (_partner, company), mine in items.grouped(lambda item: (item.partner_id, item.company_id)).items():
            cents = [round(item.amount_overdue / company.currency_id.rounding) for item in mine]
            ranks.update(zip(mine.ids, pareto(cents), strict=True))
        return ranks
