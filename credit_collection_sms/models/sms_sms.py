from odoo import models


class SmsSms(models.Model):
    _inherit = "sms.sms"

    def _send(self, unlink_failed=False, unlink_sent=True, raise_exception=False):
        """EXTENDS 'sms': Odoo's queue stumbles over the SMS of two companies, whose accounts may differ. One by one."""
        if self.env.context.get("sms_api"):
            return super()._send(unlink_failed, unlink_sent, raise_exception)
        for sms_api, texts in self._split_by_api():
            texts = texts.with_context(sms_api=sms_api)
            super(SmsSms, texts)._send(unlink_failed, unlink_sent, raise_exception)
        return None
