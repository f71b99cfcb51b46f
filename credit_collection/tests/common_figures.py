from datetime import timedelta

from psycopg2.extensions import AsIs

from odoo import fields
from odoo.tests import tagged

from .common import CollectionCommon


@tagged("post_install", "-at_install")
class FiguresCommon(CollectionCommon):
    """Promises and disputes as their tables have them, however they came there: the reports read nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.quality = cls.env.ref("credit_collection.credit_late_reason_quality")
        cls.price = cls.env.ref("credit_collection.credit_late_reason_price")
        cls.approval = cls.env.ref("credit_collection.credit_late_reason_approval")

    def _set(self, record, **columns):
        record.flush_recordset()
        names = [AsIs(name) for name in columns]
        assignments = ", ".join(["%s = %s"] * len(names))
        params = [param for pair in zip(names, columns.values(), strict=True) for param in pair]
        self.env.cr.execute(f"UPDATE {record._table} SET {assignments} WHERE id = %s", [*params, record.id])  # pylint: disable=sql-injection
        record.invalidate_recordset()

    def _dispute(self, amount, opened, closed=None, partner=None, company=None, due=None, **columns):
        """A dispute opened on a day; ``closed``: the day or the number of days after it."""
        opened = fields.Date.to_date(opened)
        if isinstance(closed, int):
            closed = opened + timedelta(days=closed)
        company = company or self.company
        dispute = (
            self.env["credit.dispute"]
            .sudo()
            .create(
                {
                    "partner_id": (partner or self.partner).id,
                    "company_id": company.id,
                    "currency_id": company.currency_id.id,
                    "reason_id": columns.pop("reason_id", self.price.id),
                    "owner_id": columns.pop("owner_id", self.salesperson.id),
                    "date_deadline": columns.pop("date_deadline", "2026-12-31"),
                }
            )
        )
        values = {"amount": amount, "amount_company": amount, "date": opened, "date_closed": closed}
        values["state"] = "closed" if closed else "open"
        self._set(dispute, **{**values, **columns})
        if due:
            line = self.env["credit.dispute.line"].sudo().create({"dispute_id": dispute.id, "amount": amount})
            self._set(line, date_maturity=due)
        return dispute

    def _s14(self, **values):
        """The four disputes of S14, opened in the first quarter of 2026."""
        return [
            self._dispute(1200, "2026-01-05", 14, **values),
            self._dispute(5400, "2026-01-12", 40, **values),
            self._dispute(300, "2026-02-02", 6, **values),
            self._dispute(4100, "2026-02-25", **values),
        ]

    def _promise(self, amount, received, state=None, deadline="2026-03-20", company=None, **columns):
        company = company or self.company
        promise = (
            self.env["credit.promise"]
            .sudo()
            .create(
                {
                    "partner_id": self.partner.id,
                    "company_id": company.id,
                    "currency_id": company.currency_id.id,
                    "date_promised": deadline,
                    "amount": amount,
                }
            )
        )
        judged = "kept" if received >= amount else "partly_kept" if received else "broken"
        values = {"date_deadline": deadline, "amount_company": amount, "amount_received": received}
        self._set(promise, state=state or judged, **{**values, **columns})
        return promise
