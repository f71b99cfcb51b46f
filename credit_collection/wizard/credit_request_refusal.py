from odoo import fields, models


class CreditRequestRefusal(models.TransientModel):
    """Refuse a credit request, for a reason that who asked will read."""

    _name = "credit.request.refusal"
    _description = "Refuse a credit request"

    request_id = fields.Many2one("credit.request", required=True, readonly=True, ondelete="cascade")
    reason = fields.Text(required=True)

    def action_apply(self):
        """Refuse. Credit managers only.

        :raise AccessError: for anybody else
        :raise UserError: when the request is decided already
        """
        self.ensure_one()
        self.request_id.action_refuse(self.reason)
        return {"type": "ir.actions.act_window_close"}
