from odoo import fields, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    # Beside core's no_followup, which has neither an end nor a reason
    followup_excluded_until = fields.Date(
        string="Excluded From Reminders Until", copy=False, help="Not chased up to and including this day."
    )
    followup_exclusion_reason = fields.Char(string="Reason of the Exclusion", copy=False)
