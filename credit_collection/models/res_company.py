from datetime import datetime, time, timedelta

from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    followup_scenario_id = fields.Many2one(
        "credit.dunning.scenario",
        string="Default Dunning Scenario",
        domain="[('company_id', '=', id)]",
        help="Chases the customers of this company that have no scenario of their own.",
    )

    followup_charge_account_id = fields.Many2one(
        "account.account",
        string="Late-Payment Income Account",
        check_company=True,
        domain="[('account_type', 'in', ('income', 'income_other'))]",
        help="For the debit notes of late-payment interest and indemnities.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies.sudo()._create_dunning_scenarios()
        self.env["credit.interest.policy"].sudo()._create_shipped(companies)
        return companies

    def write(self, vals):
        res = super().write(vals)
        if {"country_id", "account_fiscal_country_id"} & vals.keys():
            self.env["credit.interest.policy"].sudo()._create_shipped(self)
        return res

    def _create_dunning_scenarios(self):
        """Copy the shipped scenarios, with their translations, to the companies that have none; the first one is default."""
        Scenario = self.env["credit.dunning.scenario"].with_context(active_test=False)
        for company in self:
            own = Scenario.search([("company_id", "=", company.id)])
            own = own or self._shipped_dunning_scenarios().copy({"company_id": company.id})
            if not company.followup_scenario_id:
                company.followup_scenario_id = own[:1]

    def _shipped_dunning_scenarios(self):
        xmlids = ("credit_collection.scenario_standard", "credit_collection.scenario_good_customers")
        scenarios = [self.env.ref(xmlid, raise_if_not_found=False) for xmlid in xmlids]
        return self.env["credit.dunning.scenario"].union(*filter(None, scenarios))

    @api.model
    def _dunning_companies(self):
        """Return the companies that chase: those with a scenario."""
        return self.env["credit.dunning.scenario"].search([("active", "=", True)]).company_id

    def _dunning_tz(self):
        """Return the time zone in which the company's nightly run asks what day it is."""
        return self.resource_calendar_id.tz or self.env.user.tz or "UTC"

    def _dunning_today(self):
        """Return what day it is for the company."""
        return fields.Date.context_today(self.with_context(tz=self._dunning_tz()))

    def _dunning_is_closed(self, day):
        """Return whether nothing leaves on this day."""
        return self._dunning_unusual_days(day, 0).get(fields.Date.to_string(day), False)

    def _dunning_closed_days(self, day, horizon=400):
        """Return the days on which nothing leaves, each with the next working day, as ``{date: date}``.

        :param date day: the first day looked at
        :param int horizon: how many days ahead; a later closed day is only met again on the day itself
        """
        unusual = self._dunning_unusual_days(day, horizon)
        closed, following = {}, None
        for text in sorted(unusual, reverse=True):
            current = fields.Date.to_date(text)
            if not unusual[text]:
                following = current
            elif following:
                closed[current] = following
        return closed

    def _dunning_unusual_days(self, day, horizon):
        """Return whether the company's calendar is closed, by ISO date, from ``day`` on."""
        self.ensure_one()
        calendar = self.resource_calendar_id
        start, end = datetime.combine(day, time.min), datetime.combine(day, time.max)
        return calendar._get_unusual_days(start, end + timedelta(days=horizon), self) if calendar else {}
