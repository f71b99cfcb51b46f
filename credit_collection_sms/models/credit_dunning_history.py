from odoo import models


class CreditDunningHistory(models.AbstractModel):
    _inherit = "credit.dunning.history"

    def _claim_charges(self, action):
        """EXTENDS 'credit_collection': an SMS lists no interest and no indemnity, so it claims none."""
        return None if action.channel == "sms" else super()._claim_charges(action)

    def _prepare_message_vals(self, action):
        vals = super()._prepare_message_vals(action)
        if action.channel == "sms":
            vals.update(message_type="sms", subject=False)
        return vals
