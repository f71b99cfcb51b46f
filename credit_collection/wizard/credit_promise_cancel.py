from odoo import fields, models


class CreditPromiseCancel(models.TransientModel):
    """Cancel a promise to pay, for a reason."""

    _name = "credit.promise.cancel"
    _description = "Cancel a promise to pay"

    promise_id = fields.Many2one("credit.promise", required=True, readonly=True, ondelete="cascade")
    reason = fields.Char(required=True)

    def action_apply(self):
        """Cancel: an open promise any collector, one that was judged a credit manager.

        :raise AccessError: for anybody else
        :raise UserError: when the promise is final
        """
        self.ensure_one()
        self.promise_id.action_cancel(self.reason)
        return {"type": "ir.actions.act_window_close"}
