from odoo import fields, models


class CreditLateClaimLine(models.Model):
    """A line of the printed calculation: days with one principal and one rate, rounded."""

    _name = "credit.late.claim.line"
    _description = "Late-payment interest by period"
    _order = "date_maturity, date_from, id"
    _rec_name = "date_from"

    claim_id = fields.Many2one("credit.late.claim", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="claim_id.company_id")
    currency_id = fields.Many2one("res.currency", required=True)
    move_line_id = fields.Many2one(
        "account.move.line", string="Instalment", ondelete="set null", index="btree_not_null"
    )
    date_maturity = fields.Date(string="Due Date")
    date_from = fields.Date(string="From")
    date_to = fields.Date(string="To", help="This day included.")
    days = fields.Integer(aggregator=None)
    principal = fields.Monetary(aggregator=None)
    rate = fields.Float(string="Rate (%)", digits=(12, 4), aggregator=None)
    is_rate_missing = fields.Boolean(string="Rate Missing")
    amount = fields.Monetary(string="Interest")
