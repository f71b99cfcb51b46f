from odoo import models

from .credit_collection_action import UNDELIVERED


class SmsTracker(models.Model):
    _inherit = "sms.tracker"

    def _update_sms_notifications(self, notification_status, failure_type=False, failure_reason=False):
        """EXTENDS 'sms': have reminders that did not arrive voided, by the next sending and in its own transaction.

        Not here: a conflict would undo what the provider has just said of a whole batch, and Odoo would send it again.
        """
        result = super()._update_sms_notifications(notification_status, failure_type, failure_reason)
        messages = self.mail_notification_id.mail_message_id
        if notification_status in UNDELIVERED and "credit.profile" in messages.mapped("model"):
            self.env["credit.collection.action"]._trigger_sending()
        return result
