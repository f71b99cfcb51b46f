from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    followup_scenario_id = fields.Many2one(
        related="company_id.followup_scenario_id", readonly=False, domain="[('company_id', '=', company_id)]"
    )
    followup_invoice_mentions = fields.Boolean(related="company_id.followup_invoice_mentions", readonly=False)
    followup_term_days = fields.Integer(related="company_id.followup_term_days", readonly=False)
    followup_term_days_public = fields.Integer(related="company_id.followup_term_days_public", readonly=False)
    followup_term_end_of_month = fields.Selection(related="company_id.followup_term_end_of_month", readonly=False)

    def action_followup_mention(self):
        """Open the wording of the late-payment mention of the company."""
        return self.company_id.action_followup_mention()
