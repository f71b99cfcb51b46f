from odoo import fields, models


class CreditLateReason(models.Model):
    """Why an invoice is paid late: one list for calls, disputes and items, the same for all companies."""

    _name = "credit.late.reason"
    _description = "Late-payment reason"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    side = fields.Selection(
        [("ours", "Ours"), ("customer", "The customer's"), ("third", "A third party's")],
        string="Caused On",
        required=True,
        default="customer",
        help="Whose side makes the payment late.",
    )
    is_dispute = fields.Boolean(
        string="For Disputes", help="The customer contests the invoice: the reason can be chosen for a dispute."
    )
