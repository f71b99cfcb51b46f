from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    followup_scenario_id = fields.Many2one(
        related="company_id.followup_scenario_id", readonly=False, domain="[('company_id', '=', company_id)]"
    )
    followup_payments_known_date = fields.Date(related="company_id.followup_payments_known_date", readonly=False)
    followup_payments_max_age = fields.Integer(related="company_id.followup_payments_max_age", readonly=False)
    followup_cutoff_date = fields.Date(related="company_id.followup_cutoff_date", readonly=False)
    followup_contact_cap = fields.Integer(related="company_id.followup_contact_cap", readonly=False)
    followup_daily_max = fields.Integer(related="company_id.followup_daily_max", readonly=False)
    followup_test_email = fields.Char(related="company_id.followup_test_email", readonly=False)
