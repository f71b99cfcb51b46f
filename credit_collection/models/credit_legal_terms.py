from odoo import fields, models
from odoo.tools import format_date

from ..tools import payment_terms


class CreditLegalTerms(models.AbstractModel):
    """The longest payment terms the law of a company's country allows, and the sentences that say they are exceeded.

    France: C. com. L441-10 I, public bodies CCP R2192-10 to -12. Elsewhere in the European Union: directive 2011/7/EU,
    art. 3(5) and 4. Other countries and consumers have no maximum here. Nothing is blocked: the sentences only warn.
    """

    _name = "credit.legal.terms"
    _description = "Legal payment terms"

    def _invoice_warning(self, move):
        """Return the sentence for a customer invoice due later than the law allows, or None.

        The dates are those of the invoice, its due date being that of its last instalment. Paid and cancelled
        invoices, credit notes and receipts have none.
        """
        open_invoice = move.move_type == "out_invoice" and move.state in ("draft", "posted")
        if not open_invoice or (move.state == "posted" and move.payment_state not in ("not_paid", "partial")):
            return None
        partner, company = move.commercial_partner_id, move.company_id
        periodic = bool(self._with_periodic_invoices(partner, company))
        limit = self._limit(partner, company, move.invoice_payment_term_id, periodic)
        day = move.invoice_date or fields.Date.context_today(move)
        excess = limit and limit.excess(day, self._last_due_date(move) or day)
        if not excess:
            return None
        return self.env._(
            "Due %(days)s after the legal maximum of %(maximum)s (%(rule)s). Bring the due date forward, or agree on "
            "shorter payment terms with the customer.",
            days=self._days_words(excess),
            maximum=format_date(self.env, limit.last_day(day)),
            rule=self._rule(partner, company, limit, day),
        )

    def _partner_warnings(self, partners, company):
        """Return the sentence for the customers whose payment terms can be too long, as ``{partner: sentence}``.

        Every invoice date of the year to come is tried; the worst one is the example.

        :param partners: commercial partners
        """
        today = fields.Date.context_today(self)
        periodic = self._with_periodic_invoices(partners, company)
        warnings, worst = {}, {}
        for partner in partners:
            term = partner.with_company(company).property_payment_term_id
            limit = term and self._limit(partner, company, term, partner._origin in periodic)
            if not limit:
                continue
            if (term, limit) not in worst:
                worst[term, limit] = payment_terms.worst_excess(term._followup_last_due_date, limit, today)
            excess, day = worst[term, limit]
            if excess:
                warnings[partner] = self._partner_sentence(partner, company, limit, term, day, excess)
        return warnings

    def _partner_sentence(self, partner, company, limit, term, day, excess):
        return self.env._(
            "With the payment terms “%(term)s”, an invoice of %(date)s would be due %(days)s after the legal maximum of "
            "%(maximum)s (%(rule)s). Agree on shorter payment terms with this customer.",
            term=term.name,
            date=format_date(self.env, day),
            days=self._days_words(excess),
            maximum=format_date(self.env, limit.last_day(day)),
            rule=self._rule(partner, company, limit, day),
        )

    def _with_periodic_invoices(self, partners, company):
        """Return those of these commercial partners that the company bills by periodic invoices."""
        return partners._followup_profiles(company).filtered("periodic_invoices").partner_id

    def _limit(self, partner, company, term, periodic):
        """Return the maximum for a commercial partner's invoices, or None where the law knows none.

        :param term: the payment terms; only those that count in ends of months may use 45 days end of month
        :param bool periodic: billed by periodic invoices
        """
        law = company._followup_law()
        kind = partner._followup_kind() if partner else "consumer"
        if not law or kind == "consumer":
            return None
        days, end_of_month = company.followup_term_days, None
        if kind == "public":
            days = company.followup_term_days_public
        elif law == "fr" and periodic:
            days = min(days, payment_terms.PERIODIC_DAYS)
        elif law == "fr" and term._followup_counts_in_months():
            end_of_month = company.followup_term_end_of_month or None
        return payment_terms.Limit(days, end_of_month) if days else None

    def _last_due_date(self, move):
        """Return the due date of the last instalment, which may have been changed since the invoice was posted."""
        instalments = move.line_ids.filtered(lambda line: line.display_type == "payment_term" and line.date_maturity)
        if move.state == "posted" and instalments:
            return max(instalments.mapped("date_maturity"))
        return move.invoice_date_due

    def _days_words(self, days):
        return self.env._("1 day") if days == 1 else self.env._("%s days", days)

    def _rule(self, partner, company, limit, day):
        """Return how the maximum was computed, and the article that sets it."""
        basis = {
            "days": self.env._("%s days after the invoice date", limit.days),
            "after": self.env._("45 days after the invoice date, then the end of the month"),
            "before": self.env._("the end of the invoice’s month, then 45 days"),
        }
        articles = {
            "fr": self.env._("art. L441-10 I of the French Commercial Code"),
            "fr_public": self.env._("art. R2192-10 to R2192-12 of the French Public Procurement Code"),
            "eu": self.env._("art. 3(5) of directive 2011/7/EU"),
            "eu_public": self.env._("art. 4 of directive 2011/7/EU"),
        }
        public = "_public" if partner._followup_kind() == "public" else ""
        return f"{basis[limit.basis(day)]}, {articles[company._followup_law() + public]}"
