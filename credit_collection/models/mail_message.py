from odoo import api, models
from odoo.exceptions import UserError

KEPT = {"attachment_ids", "author_id", "body", "date", "email_from", "message_id", "model", "res_id", "subject"}


class MailMessage(models.Model):
    _inherit = "mail.message"

    def write(self, vals):
        if KEPT & vals.keys():
            self._check_dunning_evidence()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_dunning_evidence(self):
        self._check_dunning_evidence()

    def _check_dunning_evidence(self):
        """Refuse to change the history entry of a reminder that was sent."""
        actions = self.env["credit.collection.action"].sudo()
        if actions.search_count([("mail_message_id", "in", self.ids)], limit=1):
            raise UserError(self.env._("This reminder was sent and is kept as evidence: it cannot be changed."))
