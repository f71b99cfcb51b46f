from odoo import fields, models
from odoo.tools import SQL

# The hours in which a phone may ring, in the company's time.
DAYTIME = range(8, 20)


class CreditDunningRecheck(models.AbstractModel):
    _inherit = "credit.dunning.recheck"

    def _sql_held(self):
        """EXTENDS 'credit_collection': an SMS leaves by day only; on closed days nothing leaves anyway."""
        companies = self.env["res.company"].sudo()._dunning_companies()
        asleep = [company.id for company in companies if self._dunning_hour(company) not in DAYTIME]
        return SQL("(%s OR a.channel = 'sms' AND a.company_id IN %s)", super()._sql_held(), tuple(asleep) or (0,))

    def _dunning_hour(self, company):
        """Return the hour of the day it is for the company."""
        local = self.with_context(tz=company._dunning_tz())
        return fields.Datetime.context_timestamp(local, fields.Datetime.now()).hour
