from odoo import fields, models

from .res_company_credit import RULE_CHOICES


class CreditProfile(models.Model):
    """The customer's credit limit in the company, its insurance and its own rules. All amounts are in the company's
    currency. The amount of the limit is core's ``credit_limit``.
    """

    _inherit = "credit.profile"  # pylint: disable=consider-merging-classes-inherited

    # Limit
    limit_kind = fields.Selection(
        [("amount", "Credit limit"), ("unlimited", "No limit"), ("none", "No credit")],
        default="amount",
        required=True,
        tracking=True,
        help="“Credit limit” with an amount of 0 means, as in Odoo, that the customer has none. “No credit”: everything "
        "is paid in advance.",
    )
    limit_valid_until = fields.Date(tracking=True, help="The last day on which the limit holds.")
    limit_review_date = fields.Date(tracking=True, help="The day on which the limit is to be looked at again.")
    temporary_limit = fields.Monetary(
        tracking=True, help="Takes the place of the limit, whatever its kind, from the first to the last day."
    )
    temporary_from = fields.Date(tracking=True)
    temporary_to = fields.Date(tracking=True)

    # Insurance
    insured_amount = fields.Monetary(tracking=True)
    insured_share = fields.Float(tracking=True, help="The part of a loss that the insurer bears: 0.9 is 90 %.")
    insurer_id = fields.Many2one("res.partner", tracking=True)
    insurance_reference = fields.Char(tracking=True)
    insurance_rating = fields.Char(tracking=True)
    insurance_end = fields.Date(tracking=True, help="The last day on which the customer is insured.")

    # The customer's own rules
    rule_limit = fields.Selection(RULE_CHOICES, string="Rule: Over the Credit Limit", tracking=True)
    rule_overdue = fields.Selection(RULE_CHOICES, string="Rule: Overdue", tracking=True)
    rule_expired = fields.Selection(RULE_CHOICES, string="Rule: Credit Limit Expired", tracking=True)
    rule_hold = fields.Selection(RULE_CHOICES, string="Rule: Customer on Hold", tracking=True)
