from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    followup_scenario_id = fields.Many2one(
        related="company_id.followup_scenario_id", readonly=False, domain="[('company_id', '=', company_id)]"
    )
    followup_invoice_mentions = fields.Boolean(related="company_id.followup_invoice_mentions", readonly=False)
    followup_term_days = fields.Integer(related="company_id.followup_term_days", readonly=False)
    followup_term_days_public = fields.Integer(related="company_id.followup_term_days_public", readonly=False)
    followup_term_end_of_month = fields.Selection(related="company_id.followup_term_end_of_month", readonly=False)
    followup_charge_account_id = fields.Many2one(
        related="company_id.followup_charge_account_id",
        readonly=False,
        domain="[('account_type', 'in', ('income', 'income_other'))]",
    )
    followup_payments_known_date = fields.Date(related="company_id.followup_payments_known_date", readonly=False)
    followup_payments_max_age = fields.Integer(related="company_id.followup_payments_max_age", readonly=False)
    followup_cutoff_date = fields.Date(related="company_id.followup_cutoff_date", readonly=False)
    followup_contact_cap = fields.Integer(related="company_id.followup_contact_cap", readonly=False)
    followup_promise_grace = fields.Integer(related="company_id.followup_promise_grace", readonly=False)
    followup_daily_max = fields.Integer(related="company_id.followup_daily_max", readonly=False)
    followup_test_email = fields.Char(related="company_id.followup_test_email", readonly=False)
    # Worklist
    followup_weight_amount = fields.Integer(related="company_id.followup_weight_amount", readonly=False)
    followup_weight_age = fields.Integer(related="company_id.followup_weight_age", readonly=False)
    followup_weight_promises = fields.Integer(related="company_id.followup_weight_promises", readonly=False)
    followup_weight_risk = fields.Integer(related="company_id.followup_weight_risk", readonly=False)
    # Credit control
    followup_rule_limit = fields.Selection(related="company_id.followup_rule_limit", readonly=False, required=True)
    followup_rule_overdue = fields.Selection(related="company_id.followup_rule_overdue", readonly=False, required=True)
    followup_rule_expired = fields.Selection(related="company_id.followup_rule_expired", readonly=False, required=True)
    followup_rule_hold = fields.Selection(related="company_id.followup_rule_hold", readonly=False, required=True)
    followup_rule_promise = fields.Selection(related="company_id.followup_rule_promise", readonly=False, required=True)
    followup_overdue_days = fields.Integer(related="company_id.followup_overdue_days", readonly=False)
    followup_overdue_amount = fields.Monetary(related="company_id.followup_overdue_amount", readonly=False)
    followup_exposure_drafts = fields.Boolean(related="company_id.followup_exposure_drafts", readonly=False)
    followup_order_horizon = fields.Integer(related="company_id.followup_order_horizon", readonly=False)
    followup_deposit_percent = fields.Integer(related="company_id.followup_deposit_percent", readonly=False)
    followup_dispute_days = fields.Integer(related="company_id.followup_dispute_days", readonly=False)
    followup_rates_missing = fields.Char(compute="_compute_followup_rates_missing")

    @api.depends("company_id")
    def _compute_followup_rates_missing(self):
        self.followup_rates_missing = self.env["credit.reference.rate"].sudo()._missing_sentence()

    def action_followup_mention(self):
        """Open the wording of the late-payment mention of the company."""
        return self.company_id.action_followup_mention()
