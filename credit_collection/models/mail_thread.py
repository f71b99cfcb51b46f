from odoo import api, models


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        """EXTENDS 'mail': a reminder that came back is void. Found by its own Message-ID, not by its history's."""
        res = super()._routing_handle_bounce(email_message, message_dict)
        message_ids = message_dict.get("bounced_msg_ids")
        if message_ids:
            actions = (
                self.env["credit.collection.action"]
                .sudo()
                .search([("message_id", "in", message_ids), ("state", "in", ("sending", "sent"))])
            )
            for action in actions:
                action._void_bounced(message_dict.get("bounced_email") or action.email_to)
        return res
