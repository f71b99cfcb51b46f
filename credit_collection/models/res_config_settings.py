from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    followup_scenario_id = fields.Many2one(
        related="company_id.followup_scenario_id", readonly=False, domain="[('company_id', '=', company_id)]"
    )
