from odoo import api, models
from odoo.tools import format_date


class CreditLateInterest(models.AbstractModel):
    """What letters print about late payment."""

    _inherit = "credit.late.interest"

    @api.model
    def _letter_table(self, records, day):
        """Return what a letter prints about late payment: a dict per currency, the company's first.

        Interest is in the currency of the invoices, the indemnity in the company's: its figures stand with the
        company's currency. What was waived, paid or invoiced is left out; ``paid`` is what was paid on open claims.
        All records are of one customer and one company.

        :param records: journal items (an invoice's other instalments join them) or entries
        :return: dicts of ``currency`` (record), ``segments`` (dicts of ``invoice date_from date_to days principal rate
            rate_text amount``), ``interest``, ``indemnity_count``, ``indemnity_amount`` (of one invoice), ``indemnity``
            (of all), ``paid``, ``total``, ``missing`` (a sentence, or False), ``penalty_rate`` (``12.15%``, or False)
        """
        documents = [
            document
            for document in self._open_documents(records, day)
            if document.interest or document.indemnity or document.missing_from
        ]
        paid = self._paid_amounts(documents)
        tables = {}
        for document in documents:
            self._add_interest(tables, document, paid, day)
            self._add_indemnity(tables, document, paid, day)
        for table in tables.values():
            self._close_table(table)
        return sorted(tables.values(), key=lambda table: (not table["is_company"], table["currency"].name))

    def _add_interest(self, tables, document, paid, day):
        if not document.interest and not document.missing_from:
            return
        table = self._currency_table(tables, document, document.currency_id, day)
        table["segments"] += [
            self._segment_dict(document, segment)
            for item in document.items
            for segment in item.segments
            if segment.rate is not None
        ]
        table["interest"] += document.interest
        table["paid"] += paid.get((document.move_id, document.line_id, "interest"), 0.0)
        table["missing_from"] = min(filter(None, (table["missing_from"], document.missing_from)), default=False)

    def _add_indemnity(self, tables, document, paid, day):
        if not document.indemnity:
            return
        company = self.env["res.company"].browse(document.company_id)
        table = self._currency_table(tables, document, company.currency_id.id, day)
        table["indemnity_count"] += 1
        table["indemnity_amount"] = document.indemnity
        table["indemnity"] += document.indemnity
        table["paid"] += paid.get((document.move_id, document.line_id, "indemnity"), 0.0)

    def _currency_table(self, tables, document, currency_id, day):
        """Return the currency's table, begun when there is none."""
        if currency_id not in tables:
            company = self.env["res.company"].browse(document.company_id)
            policy = self.env["credit.interest.policy"].sudo().browse(document.items[0].policy_id)
            rate = policy._rate_on(day)
            tables[currency_id] = {
                "currency": self.env["res.currency"].browse(currency_id),
                "is_company": currency_id == company.currency_id.id,
                "segments": [],
                "interest": 0.0,
                "indemnity_count": 0,
                "indemnity_amount": 0.0,
                "indemnity": 0.0,
                "paid": 0.0,
                "missing_from": False,
                "penalty_rate": False if rate is None else policy._format_rate(rate),
            }
        return tables[currency_id]

    def _close_table(self, table):
        currency = table["currency"]
        for name in ("interest", "indemnity", "paid"):
            table[name] = currency.round(table[name])
        table["total"] = currency.round(table["interest"] + table["indemnity"] - table["paid"])
        table["missing"] = table["missing_from"] and self.env._(
            "Interest from %s on comes in addition.", format_date(self.env, table["missing_from"])
        )

    def _segment_dict(self, document, segment):
        return {
            "invoice": document.name,
            "date_from": segment.first,
            "date_to": segment.last,
            "days": segment.days,
            "principal": segment.principal,
            "rate": segment.rate,
            "rate_text": self.env["credit.interest.policy"]._format_rate(segment.rate),
            "amount": segment.amount,
        }

    @api.model
    def _missing_sentence(self, day):
        """Return that interest is incomplete, for those who read the figures; False without a day."""
        return day and self.env._(
            "Interest from %s on is not included: the rate is not known yet.", format_date(self.env, day)
        )

    def _paid_amounts(self, documents):
        """Return what was paid on the open claims of the documents, by claim key."""
        move_ids = [document.move_id for document in documents]
        claims = self.env["credit.late.claim"].sudo().search([("move_id", "in", move_ids), ("amount_paid", ">", 0)])
        return {claim._key(): claim.amount_paid for claim in claims}
