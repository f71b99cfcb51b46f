from odoo import fields, models

STATES = [("open", "Open"), ("closed", "Closed"), ("cancelled", "Cancelled")]
OUTCOMES = [("founded", "Founded"), ("partly_founded", "Partly founded"), ("unfounded", "Unfounded")]


class CreditDispute(models.Model):
    """What a customer contests of its open items: why, how much, who must answer, by when, and how it ended.

    The disputed part of an item is not claimed while the dispute is open; after its deadline it may be claimed again,
    but no reminder leaves unconfirmed. Amounts are in the items' currency.
    """

    _name = "credit.dispute"
    _description = "Dispute"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date_deadline, id"
    _check_company_auto = True

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one("res.currency", required=True)
    reason_id = fields.Many2one(
        "credit.late.reason", required=True, ondelete="restrict", domain=[("is_dispute", "=", True)], tracking=True
    )
    owner_id = fields.Many2one("res.users", string="Owner", required=True, tracking=True, help="Who must answer.")
    date = fields.Date(string="Opened On", required=True, default=fields.Date.context_today, readonly=True)
    date_deadline = fields.Date(string="Answer By", required=True, tracking=True)
    state = fields.Selection(STATES, required=True, default="open", readonly=True, index=True, tracking=True)
    outcome = fields.Selection(OUTCOMES, readonly=True, tracking=True)
    amount = fields.Monetary(string="Disputed", readonly=True)
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    amount_company = fields.Monetary(string="Disputed (Company)", currency_field="company_currency_id", readonly=True)
    amount_accepted = fields.Monetary(string="Accepted", readonly=True)
    date_answered = fields.Date(string="Answered On", readonly=True)
    date_closed = fields.Date(string="Closed On", readonly=True)
    line_ids = fields.One2many("credit.dispute.line", "dispute_id", string="Items")

    def _judge(self):
        pass
