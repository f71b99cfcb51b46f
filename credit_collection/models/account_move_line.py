from odoo import fields, models

# Written by the collector's wizard, which asks for a reason and keeps a trace
COLLECTOR = "credit_collection.credit_collection_group_user"


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    # Beside core's no_followup, which has neither an end nor a reason
    followup_excluded_until = fields.Date(
        string="Excluded From Reminders Until",
        copy=False,
        groups=COLLECTOR,
        help="Not chased up to and including this day.",
    )
    followup_exclusion_reason = fields.Char(string="Reason of the Exclusion", copy=False, groups=COLLECTOR)
