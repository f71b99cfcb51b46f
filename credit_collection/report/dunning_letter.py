from odoo import api, models
from odoo.tools import format_date


class ReportDunningLetter(models.AbstractModel):
    """What the letter's document shows: the words of each reminder, and what a letter adds to them."""

    _name = "report.credit_collection.dunning_letter_document"
    _description = "Reminder letter"

    @api.model
    def _get_report_values(self, docids, data=None):
        """:param data: may hold ``rendered``, the words of the letters by id, so that they are not written twice"""
        actions = self.env["credit.collection.action"].browse(docids)
        rendered = (data or {}).get("rendered") or {}
        words = self.env["credit.dunning.words"]
        return {
            "docs": actions,
            "letters": [self._letter(action, rendered.get(action.id) or words._render(action)) for action in actions],
        }

    def _letter(self, action, words):
        action = action.with_context(lang=words["lang"])
        return {
            **words,
            "action": action,
            "address": self._address(action),
            "reference": f"{action.id:06d}",
            "test": action.company_id._dunning_is_test(),
            "registered": action.registered and self.with_context(lang=words["lang"]).env._("Registered letter"),
            "place_and_date": self.with_context(lang=words["lang"])._place_and_date(action),
        }

    def _address(self, action):
        """Return the lines of the address window of the action's letter."""
        return self._address_lines(action._postal_partner(), action.recipient_id, action.company_id)

    @api.model
    def _address_lines(self, partner, contact, company):
        """Return the lines of an address window; the contact's name under the company's, the country in letters abroad.

        :param partner: who has the address
        """
        name = partner.commercial_partner_id.name or partner.name
        person = contact.name if contact and contact.name and contact.name != name else False
        lines = [line.strip() for line in (name, person) if line and line.strip()]
        lines += partner._followup_address_lines()
        if partner.country_id == company.country_id and lines[-1] == partner.country_id.name:
            lines.pop()
        return list(dict.fromkeys(lines))  # a contact's address may begin with its name

    def _place_and_date(self, action):
        company = action.company_id
        day = format_date(self.env, company._dunning_today(), date_format="long")
        if not company.city:
            return day
        return self.env._("%(city)s, %(date)s", city=company.city, date=day)
