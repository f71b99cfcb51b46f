from odoo import models


class AccountPaymentTerm(models.Model):
    _inherit = "account.payment.term"

    def _followup_last_due_date(self, invoice_date):
        """Return the due date of the last instalment of an invoice of this date."""
        self.ensure_one()
        return max((line._get_due_date(invoice_date) for line in self.line_ids), default=invoice_date)

    def _followup_counts_in_months(self):
        """Return whether these terms (none: no) count in ends of months, as “45 days end of month” does."""
        return any(line.delay_type != "days_after" for line in self.line_ids)
