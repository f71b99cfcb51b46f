from odoo import fields, models


class CreditProfile(models.Model):
    _inherit = "credit.profile"

    sms_failed_number = fields.Char(
        string="Number in Error", readonly=True, copy=False, help="Reminders to this number did not arrive."
    )

    def action_forget_sms_failure(self):
        """Use again the number that reminders did not reach."""
        self.write({"sms_failed_number": False})
