from odoo import api, models


class CreditDunningMailer(models.AbstractModel):
    _inherit = "credit.dunning.mailer"

    @api.model
    def _cron_send(self):
        """EXTENDS 'credit_collection': then the SMS, even when the mail server is down."""
        result = super()._cron_send()
        self.env["credit.dunning.texter"]._send_queued()
        return result
