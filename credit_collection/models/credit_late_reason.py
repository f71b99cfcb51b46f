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
        [("ours", "Us"), ("customer", "The customer"), ("third", "A third party")],
        string="Caused By",
        required=True,
        default="customer",
        help="Whose side makes the payment late.",
    )
    is_dispute = fields.Boolean(
        string="For Disputes", help="The customer contests the invoice: the reason can be chosen for a dispute."
    )
