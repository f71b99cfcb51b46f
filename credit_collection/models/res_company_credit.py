from odoo import api, fields, models
from odoo.exceptions import ValidationError

RULE_CHOICES = [("ignore", "Ignore"), ("warn", "Warn"), ("block", "Block")]
RULE_FIELDS = (
    "followup_rule_limit",
    "followup_rule_overdue",
    "followup_overdue_days",
    "followup_overdue_amount",
    "followup_rule_expired",
    "followup_rule_hold",
    "followup_rule_promise",
    "followup_exposure_drafts",
    "followup_order_horizon",
    "followup_deposit_percent",
)


# How the company controls the credit of its customers: which rules warn, which block, what counts as exposure. Not for
# customers to read, and for who decides about credit to change.
class ResCompany(models.Model):
    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    followup_rule_limit = fields.Selection(
        RULE_CHOICES,
        string="Over the Credit Limit",
        default="warn",
        required=True,
        help="When the customer's exposure, the document included, is more than its credit limit.",
        groups="base.group_user",
    )
    followup_rule_overdue = fields.Selection(
        RULE_CHOICES,
        string="Overdue",
        default="warn",
        required=True,
        help="When what the customer owes late, for more than these days, is more than the amount tolerated.",
        groups="base.group_user",
    )
    followup_overdue_days = fields.Integer(
        string="Late by More Than", default=30, help="Days after the due date.", groups="base.group_user"
    )
    followup_overdue_amount = fields.Monetary(
        string="Overdue Amount Tolerated",
        help="In the company's currency. The customer's unallocated payments and credit notes are taken off first.",
        groups="base.group_user",
    )
    followup_rule_expired = fields.Selection(
        RULE_CHOICES,
        string="Credit Limit Expired",
        default="warn",
        required=True,
        help="When the day until which the customer's credit limit holds has passed.",
        groups="base.group_user",
    )
    followup_rule_hold = fields.Selection(
        RULE_CHOICES,
        string="Customer on Hold",
        default="block",
        required=True,
        help="When someone, or a dunning level, has put the customer on hold.",
        groups="base.group_user",
    )
    followup_rule_promise = fields.Selection(
        RULE_CHOICES,
        string="Broken Promise",
        default="warn",
        required=True,
        help="When the customer has not kept a firm promise to pay, and something of it is still late.",
        groups="base.group_user",
    )
    followup_exposure_drafts = fields.Boolean(
        string="Draft Invoices Count",
        default=True,
        help="Draft invoices without an order count in the customer's exposure. Those of an order always do, once, with it.",
        groups="base.group_user",
    )
    followup_order_horizon = fields.Integer(
        string="Orders Counted Up To",
        help="Confirmed orders to be delivered later than in this many days are left out of the exposure. 0: all count.",
        groups="base.group_user",
    )
    followup_deposit_percent = fields.Integer(
        string="Deposit of Bad Payers",
        default=30,
        help="The deposit suggested on quotations of customers who pay badly, in percent of the order.",
        groups="base.group_user",
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

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'base': access rights alone let a user create companies, and write on them
        companies = super().create(vals_list)
        plain = {name: self._fields[name].default for name in RULE_FIELDS}
        plain = {name: default and default(self) for name, default in plain.items()}
        companies.filtered(
            lambda company: any((company[name] or False) != (plain[name] or False) for name in RULE_FIELDS)
        )._check_followup_decides()
        return companies

    def write(self, vals):
        # EXTENDS 'base'
        names = [name for name in RULE_FIELDS if name in vals]
        before = {company: [company[name] for name in names] for company in self}
        res = super().write(vals)
        self.filtered(lambda company: before[company] != [company[name] for name in names])._check_followup_decides()
        return res

    def _check_followup_decides(self):
        if self:
            self.env["credit.control"]._check_decides(
                self.env._("Only a credit manager or an administrator changes the credit rules of a company.")
            )
