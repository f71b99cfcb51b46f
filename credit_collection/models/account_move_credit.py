from odoo import fields, models

from .credit_control import Ask


# What the credit rules say of a draft customer invoice. Nothing here blocks: posting an invoice or a credit note is free.
class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    # A customer's drafts count in its exposure (see credit.exposure), which is read whenever an order is confirmed.
    _followup_draft_idx = models.Index("(commercial_partner_id) WHERE state = 'draft'")

    def _get_alerts(self):
        """EXTENDS 'account': our sentence in the place of core's, which reads the limit of the active company."""
        alerts = super()._get_alerts()
        alerts.pop("account_partner_credit_warning", None)
        if sentences := self._followup_credit_sentences():
            alerts["credit_collection_credit"] = {"level": "warning", "message": sentences}
        return alerts

    def _followup_credit_sentences(self):
        """Return what the rules say of this draft, a line each; nothing to who may not read receivables."""
        customer = self.commercial_partner_id._origin
        if (
            self.state != "draft"
            or self.move_type != "out_invoice"
            or not customer
            or not self.env["credit.control"]._of_user(self)
            or not self.env.user.has_groups("account.group_account_readonly,account.group_account_invoice")
        ):
            return ""
        ask = Ask(self, customer, self.company_id, self._followup_uncounted_amount())
        return self.env["credit.control"]._verdicts([ask])[self].sentences()

    def _followup_uncounted_amount(self):
        """Return what posting the draft adds to the customer's exposure, in the company's currency.

        What comes from an order counts with the order. The rest of a saved draft counts already where the company counts
        drafts; then it is what was changed since it was saved.
        """
        amount, saved = self._followup_amount_without_order(), self._origin
        counts = (
            self.company_id.sudo().followup_exposure_drafts
            and saved.state == "draft"
            and (saved.commercial_partner_id, saved.company_id)
            == (self.commercial_partner_id._origin, self.company_id)
        )
        return amount - saved._followup_amount_without_order() if counts else amount

    def _followup_amount_without_order(self):
        """Return the total, tax included, without the lines of orders, in the company's currency at today's rate."""
        total = (self.tax_totals or {}).get("total_amount_currency", self.amount_total)  # of an unsaved draft too
        ordered = sum(line.price_total for line in self.invoice_line_ids if line.sale_line_ids)
        return self.currency_id._convert(
            max(total - ordered, 0.0),
            self.company_id.currency_id,
            self.company_id,
            fields.Date.context_today(self),
        )
