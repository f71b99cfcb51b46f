from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    followup_scenario_id = fields.Many2one(
        related="company_id.followup_scenario_id", readonly=False, domain="[('company_id', '=', company_id)]"
    )
    followup_charge_account_id = fields.Many2one(
        related="company_id.followup_charge_account_id",
        readonly=False,
        domain="[('account_type', 'in', ('income', 'income_other'))]",
    )
    followup_rates_missing = fields.Char(compute="_compute_followup_rates_missing")

    @api.depends("company_id")
    def _compute_followup_rates_missing(self):
        self.followup_rates_missing = self.env["credit.reference.rate"].sudo()._missing_sentence()
