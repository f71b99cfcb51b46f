from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import text as text_tools

# France and where its commercial code applies as it is: its overseas departments and these collectivities
FRENCH_COMMERCIAL_CODE = ("FR", "GP", "MQ", "GF", "RE", "YT", "BL", "MF", "PM")
MENTION_PLACEHOLDERS = ("rate", "law", "no_discount")


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

    # What the law asks of invoices
    followup_invoice_mentions = fields.Boolean(
        string="Late-Payment Mention on Invoices",
        compute="_compute_followup_invoice_mentions",
        store=True,
        readonly=False,
        help="Prints the penalty rate and the €40 indemnity on the invoices of professionals and public bodies. "
        "Consumers' invoices and credit notes never bear it.",
    )
    followup_mention_text = fields.Text(
        string="Wording of the Mention",
        translate=True,
        help="Empty: the standard wording of French law. Placeholders: {rate} {law} {no_discount}.",
    )
    followup_term_days = fields.Integer(
        string="Longest Payment Terms",
        default=60,
        help="Days after the invoice date that the law allows between professionals. 0: no warning.",
    )
    followup_term_days_public = fields.Integer(
        string="Longest Payment Terms of Public Bodies",
        default=30,
        help="In France 30 days; 50 for public health, 60 for public undertakings. 0: no warning.",
    )
    followup_term_end_of_month = fields.Selection(
        [
            ("after", "45 days, then the end of the month"),
            ("before", "End of the month, then 45 days"),
        ],
        string="45 Days End of Month",
        default="after",
        help="France: how your contracts compute it. Only payment terms that count in ends of months may use it. "
        "Empty: never allowed, as in some trades.",
    )

    @api.depends("account_fiscal_country_id")
    def _compute_followup_invoice_mentions(self):
        for company in self:
            company.followup_invoice_mentions = company._followup_law() == "fr"

    @api.constrains("followup_scenario_id")
    def _check_followup_scenario_id(self):
        for company in self:
            scenario = company.followup_scenario_id
            if scenario and scenario.company_id != company:
                raise ValidationError(
                    self.env._(
                        "“%(scenario)s” is a scenario of another company than %(company)s.",
                        scenario=scenario.name,
                        company=company.name,
                    )
                )

    @api.constrains("followup_mention_text")
    def _check_followup_mention_text(self):
        for company in self:
            unknown = text_tools.unknown_placeholders(company.followup_mention_text, MENTION_PLACEHOLDERS)
            if unknown:
                raise ValidationError(
                    self.env._(
                        "The wording of the late-payment mention uses placeholders that do not exist: %(unknown)s. "
                        "Known ones: %(known)s.",
                        unknown=", ".join(f"{{{name}}}" for name in sorted(unknown)),
                        known=" ".join(f"{{{name}}}" for name in MENTION_PLACEHOLDERS),
                    )
                )

    def update_field_translations(self, field_name, translations, source_lang=""):
        """EXTENDS 'base': constraints do not see translations, and a misspelt placeholder would stop the invoice."""
        result = super().update_field_translations(field_name, translations, source_lang)
        if field_name == "followup_mention_text":
            for lang in translations:
                self.with_context(lang=lang)._check_followup_mention_text()
        return result

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
        names = ("scenario_standard", "scenario_good_customers", "scenario_key_customers")
        scenarios = [self.env.ref(f"credit_collection.{name}", raise_if_not_found=False) for name in names]
        return self.env["credit.dunning.scenario"].union(*filter(None, scenarios))

    # -- what the law asks of invoices ----------------------------------------

    def action_followup_mention(self):
        """Open the wording of the late-payment mention, which starts from the standard one in every language."""
        self.ensure_one()
        if not self.followup_mention_text and self._followup_law() == "fr":
            self._write_standard_mention()
        action = self.env["ir.actions.act_window"]._for_xml_id("credit_collection.res_company_mention_action")
        return {**action, "res_id": self.id}

    def _write_standard_mention(self):
        languages = [code for code, _name in self.env["res.lang"].get_installed()]
        texts = {code: self.with_context(lang=code)._followup_standard_mention() for code in languages}
        self.with_context(lang="en_US").followup_mention_text = self.with_context(
            lang="en_US"
        )._followup_standard_mention()
        self.update_field_translations("followup_mention_text", texts)

    def _followup_mention_wording(self):
        """Return the wording of the late-payment mention with its placeholders, in the language of the context.

        The company's own; else the standard one of French law; empty where that law does not apply.
        """
        self.ensure_one()
        standard = self._followup_standard_mention() if self._followup_law() == "fr" else ""
        return self.followup_mention_text or standard

    def _followup_standard_mention(self):
        return self.env._(
            "Late payment gives rise, without any reminder and from the day after the due date, to penalties at the "
            "{rate}, and to a fixed indemnity of €40 for collection costs ({law}). {no_discount}"
        )

    def _followup_law(self):
        """Return whose law of late payment the company is under: ``"fr"``, ``"eu"`` (the directive) or None."""
        country = self.account_fiscal_country_id or self.root_id.account_fiscal_country_id
        if country.code in FRENCH_COMMERCIAL_CODE:
            return "fr"
        return "eu" if "EU" in (country.country_group_codes or ()) else None

    # -- the nightly run ------------------------------------------------------

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

    def _dunning_closed_days(self, day, horizon=120):
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

    def _dunning_working_day(self, day, horizon=120):
        """Return the day, or the next one on which something leaves, as far as ``horizon`` days ahead."""
        return self._dunning_closed_days(day, horizon).get(day, day)

    def _dunning_unusual_days(self, day, horizon):
        """Return whether the company's calendar is closed, by ISO date, from ``day`` on."""
        self.ensure_one()
        calendar = self.resource_calendar_id
        start, end = datetime.combine(day, time.min), datetime.combine(day, time.max)
        return calendar._get_unusual_days(start, end + timedelta(days=horizon), self) if calendar else {}
