from odoo import api, fields, models
from odoo.exceptions import ValidationError

RULE_CHOICES = [("ignore", "Ignore"), ("warn", "Warn"), ("block", "Block")]


# How the company controls the credit of its customers: which rules warn, which block, what counts as exposure.
class ResCompany(models.Model):
    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    followup_rule_limit = fields.Selection(
        RULE_CHOICES,
        string="Over the Credit Limit",
        default="warn",
        required=True,
        help="When the customer's exposure, the document included, is more than its credit limit.",
    )
    followup_rule_overdue = fields.Selection(
        RULE_CHOICES,
        string="Overdue",
        default="warn",
        required=True,
        help="When the customer owes more than the amount, late by more than the days.",
    )
    followup_overdue_days = fields.Integer(string="Late by More Than", default=30, help="Days after the due date.")
    followup_overdue_amount = fields.Monetary(
        string="Overdue Amount Tolerated",
        help="In the company's currency. The customer's unallocated payments and credit notes are taken off first.",
    )
    followup_rule_expired = fields.Selection(
        RULE_CHOICES,
        string="Credit Limit Expired",
        default="warn",
        required=True,
        help="When the day until which the customer's credit limit holds has passed.",
    )
    followup_rule_hold = fields.Selection(
        RULE_CHOICES,
        string="Customer on Hold",
        default="block",
        required=True,
        help="When someone, or a dunning level, has put the customer on hold.",
    )
    followup_exposure_drafts = fields.Boolean(
        string="Draft Invoices Count",
        default=True,
        help="Draft invoices without an order count in the customer's exposure. Those of an order always do, once, with it.",
    )
    followup_order_horizon = fields.Integer(
        string="Orders Counted Up To",
        help="Confirmed orders to be delivered later than in this many days are left out of the exposure. 0: all count.",
    )
    followup_deposit_percent = fields.Integer(
        string="Deposit of Bad Payers",
        default=30,
        help="The deposit suggested on quotations of customers who pay badly, in percent of the order.",
    )

    @api.constrains(
        "followup_overdue_days", "followup_overdue_amount", "followup_order_horizon", "followup_deposit_percent"
    )
    def _check_followup_credit_numbers(self):
        for company in self:
            if (
                min(
                    company.followup_overdue_days,
                    company.followup_overdue_amount,
                    company.followup_order_horizon,
                    company.followup_deposit_percent,
                )
                < 0
                or company.followup_deposit_percent > 100
            ):
                raise ValidationError(
                    self.env._(
                        "Days and amounts of the credit rules cannot be negative, and a deposit is at most 100 percent."
                    )
                )
