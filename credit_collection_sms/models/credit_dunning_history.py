from odoo import models


class CreditDunningHistory(models.AbstractModel):
    _inherit = "credit.dunning.history"

    def _prepare_message_vals(self, action):
        vals = super()._prepare_message_vals(action)
        if action.channel == "sms":
            vals.update(message_type="sms", subject=False)
        return vals
