from odoo import fields, models


class CreditDisputeLine(models.Model):
    """An open item, or a part of it, in a dispute. Written by the dispute only."""

    _name = "credit.dispute.line"
    _description = "Item in a dispute"
    _order = "dispute_id, date_maturity, id"

    dispute_id = fields.Many2one("credit.dispute", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="dispute_id.company_id")
    # with the user's rights: employees who answer disputes could else search by what they may not read
    partner_id = fields.Many2one(related="dispute_id.partner_id", related_sudo=False)
    currency_id = fields.Many2one(related="dispute_id.currency_id")
    move_line_id = fields.Many2one(
        "account.move.line", string="Journal Item", ondelete="set null", index="btree_not_null"
    )
    move_id = fields.Many2one(related="move_line_id.move_id", related_sudo=False, string="Invoice")
    move_name = fields.Char(string="Number", readonly=True)
    date_maturity = fields.Date(string="Due Date", readonly=True)
    amount = fields.Monetary(string="Disputed", readonly=True)
    amount_residual = fields.Monetary(string="Open Amount", readonly=True, help="When the dispute was opened.")
    credited_before = fields.Monetary(readonly=True, help="Credit notes matched with the item before the dispute.")
    amount_open = fields.Monetary(
        string="Not Claimed",
        readonly=True,
        help="What is disputed and not credited yet; once it is closed, what a draft credit note will credit.",
    )
    is_open = fields.Boolean(
        readonly=True, help="The dispute keeps something of the item from being claimed: see the amount not claimed."
    )

    _open_idx = models.Index("(move_line_id) WHERE is_open")
