from odoo import api, models


class CreditStatementReport(models.AbstractModel):
    """What the printed statement shows, for the collection files it is asked for."""

    _name = "report.credit_collection.credit_statement"
    _description = "Printed statement of account"

    @api.model
    def _get_report_values(self, docids, data=None):
        profiles = self.env["credit.profile"].browse(docids)
        day = (data or {}).get("credit_as_of") or self.env.context.get("credit_as_of")
        statements = self.env["credit.statement"]._values_by_profile(profiles, day)
        return {
            "doc_ids": docids,
            "doc_model": profiles._name,
            "docs": [profile.with_context(lang=values["lang"]) for profile, values in statements.items()],
            "statements": statements,
        }
