from odoo import api, fields, models


class CreditLatePayment(models.TransientModel):
    """Note that the customer paid a late-payment claim, or a part of it, without a debit note."""

    _name = "credit.late.payment"
    _description = "Note the payment of a late-payment claim"

    claim_id = fields.Many2one("credit.late.claim", required=True, readonly=True)
    currency_id = fields.Many2one(related="claim_id.currency_id")
    amount = fields.Monetary(
        string="Amount Paid",
        compute="_compute_amount",
        store=True,
        readonly=False,
        precompute=True,
        help="In the claim's currency.",
    )

    @api.depends("claim_id")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = wizard.claim_id.amount_residual

    def action_apply(self):
        """Note the payment. Collectors only.

        :raise UserError: for a settled claim or an impossible amount
        """
        self.ensure_one()
        self.claim_id.action_record_payment(self.amount)
        return {"type": "ir.actions.act_window_close"}
