from odoo import models


class CreditProfile(models.Model):
    _inherit = "credit.profile"  # pylint: disable=consider-merging-classes-inherited

    def action_ask_limit(self):
        """Open the dialog to ask for another credit limit of the customer."""
        return self._ask(self.env._("Ask for a Credit Limit"), "limit")

    def action_ask_terms(self):
        """Open the dialog to ask for other payment terms of the customer."""
        return self._ask(self.env._("Ask for Payment Terms"), "terms")

    def _ask(self, name, kind):
        self.ensure_one()
        self.check_access("read")
        return self.env["credit.request"]._open_dialog(
            name, kind=kind, partner_id=self.partner_id.id, company_id=self.company_id.id
        )
