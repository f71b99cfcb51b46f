from odoo import fields, models


class CreditPromiseLine(models.Model):
    """An open item in a promise to pay, with what was open and what had been paid of it when the customer promised."""

    _name = "credit.promise.line"
    _description = "Item in a promise to pay"
    _order = "promise_id, date_maturity, id"

    promise_id = fields.Many2one("credit.promise", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="promise_id.company_id")
    partner_id = fields.Many2one(related="promise_id.partner_id")
    currency_id = fields.Many2one(related="promise_id.currency_id")
    move_line_id = fields.Many2one(
        "account.move.line", string="Journal Item", ondelete="set null", index="btree_not_null"
    )
    move_id = fields.Many2one(related="move_line_id.move_id", string="Invoice")
    move_name = fields.Char(string="Number", readonly=True)
    date_maturity = fields.Date(string="Due Date", readonly=True)
    amount = fields.Monetary(string="Open Amount", readonly=True, help="When the customer promised.")
    paid_before = fields.Monetary(readonly=True, help="Money matched with the item before the promise.")
    is_open = fields.Boolean(readonly=True, help="The promise is open.")

    _open_uniq = models.UniqueIndex("(move_line_id) WHERE is_open", "An item stands in one open promise at a time.")
