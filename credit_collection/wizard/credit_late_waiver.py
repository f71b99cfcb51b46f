from odoo import fields, models
from odoo.exceptions import UserError


class CreditLateWaiver(models.TransientModel):
    """Give up late-payment claims, or the indemnity of invoices of which it was not claimed yet, for a reason."""

    _name = "credit.late.waiver"
    _description = "Waive late-payment claims"

    claim_ids = fields.Many2many("credit.late.claim", string="Claims", readonly=True)
    move_ids = fields.Many2many(
        "account.move", string="Invoices", readonly=True, help="Their indemnity is waived, claimed or not yet."
    )
    reason = fields.Char(required=True)

    def action_apply(self):
        """Waive. Credit managers only.

        :raise AccessError: for anybody else
        :raise UserError: when no indemnity is due, or a claim is settled
        """
        self.ensure_one()
        claims = self.claim_ids
        if self.move_ids:
            claims._check_waiver()
            self.move_ids.check_access("read")
            today = fields.Date.context_today(self)
            claims |= self.env["credit.late.claim"]._claim(self.move_ids, today, kinds=("indemnity",))
            if not claims:
                raise UserError(self.env._("No indemnity is due on these invoices, or it was settled."))
        claims.with_env(self.env).action_waive(self.reason)
        return {"type": "ir.actions.act_window_close"}
