from odoo import fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    followup_credit_state = fields.Selection(
        [
            ("clear", "Clear"),
            ("warning", "Warning"),
            ("hold", "On hold"),
            ("released", "Released"),
            ("refused", "Refused"),
        ],
        string="Credit",
        readonly=True,
        copy=False,
        index="btree_not_null",
        tracking=True,
        help="What the last credit check said of the order. Empty: not checked yet.",
    )
    followup_allowed_amount = fields.Monetary(
        string="Allowed Up To",
        readonly=True,
        copy=False,
        help="The total, tax included, that the last credit check or release let pass. More is checked again.",
    )
