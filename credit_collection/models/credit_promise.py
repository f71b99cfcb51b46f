from odoo import fields, models

KINDS = [("firm", "Firm"), ("announced", "Announced only")]
STATES = [
    ("open", "Open"),
    ("kept", "Kept"),
    ("partly_kept", "Partly kept"),
    ("broken", "Broken"),
    ("replaced", "Replaced"),
    ("cancelled", "Cancelled"),
]


class CreditPromise(models.Model):
    """What a customer said it would pay, and when: a promise to pay, or a date merely announced.

    A firm promise keeps its items from being chased up to ``date_deadline``; an announced one does not, and never counts
    against the customer. Whether it was kept is judged from the ledger, and judged again when the ledger changes.
    """

    _name = "credit.promise"
    _description = "Promise to pay"
    _order = "date_promised desc, id desc"
    _check_company_auto = True

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one("res.currency", required=True)
    kind = fields.Selection(KINDS, required=True, default="firm")
    state = fields.Selection(STATES, required=True, default="open", readonly=True, index=True)
    date = fields.Date(string="Noted On", required=True, default=fields.Date.context_today, readonly=True)
    date_promised = fields.Date(string="Promised For", required=True)
    date_deadline = fields.Date(
        string="Waited For Until", readonly=True, help="The day promised and the company's days of grace."
    )
    amount = fields.Monetary(string="Promised")
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    amount_company = fields.Monetary(string="Promised (Company)", currency_field="company_currency_id", readonly=True)
    amount_received = fields.Monetary(string="Received", readonly=True)
    line_ids = fields.One2many("credit.promise.line", "promise_id", string="Items")

    def _judge(self):
        pass
