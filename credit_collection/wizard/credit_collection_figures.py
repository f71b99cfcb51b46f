from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_amount, format_date

from ..tools import figures as figures_tools

JUDGED = ("kept", "partly_kept", "broken")


class CreditCollectionFigures(models.TransientModel):
    """Key figures of promises to pay and of disputes over a period, each with the numbers it is made of.

    In the currency of the company. Promises count by the last day they were waited for, once it is past; dates merely
    announced do not. Of a period that is not over, only the days up to today count.
    """

    _name = "credit.collection.figures"
    _description = "Key figures of promises and disputes"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_from = fields.Date(string="From", required=True, default=lambda self: self._default_date_from())
    date_to = fields.Date(string="To", required=True, default=fields.Date.context_today)

    # Promises
    promise_count = fields.Integer(string="Due in the Period", compute="_compute_promises")
    promise_kept = fields.Integer(string="Promises Kept", compute="_compute_promises")
    promise_partly_kept = fields.Integer(string="Promises Partly Kept", compute="_compute_promises")
    promise_broken = fields.Integer(string="Promises Broken", compute="_compute_promises")
    promise_amount = fields.Monetary(string="Promised", compute="_compute_promises")
    promise_kept_amount = fields.Monetary(string="Promised and Kept", compute="_compute_promises")
    promise_received = fields.Monetary(string="Received on Promises", compute="_compute_promises")
    promise_kept_rate = fields.Float(string="Kept, by Number", compute="_compute_promises")
    promise_amount_rate = fields.Float(string="Kept, by Amount", compute="_compute_promises")
    promise_received_rate = fields.Float(
        string="Money Received", compute="_compute_promises", help="On promises not kept in full too."
    )

    # Disputes
    sales = fields.Monetary(
        compute="_compute_disputes", help="Posted invoices less credit notes of the period, tax included."
    )
    days = fields.Integer(string="Days in the Period", compute="_compute_disputes")
    dispute_count = fields.Integer(string="Disputes Opened", compute="_compute_disputes")
    dispute_amount = fields.Monetary(string="Amount Disputed", compute="_compute_disputes")
    dispute_share = fields.Float(string="Share of the Sales", compute="_compute_disputes")
    closed_count = fields.Integer(
        string="Disputes Settled", compute="_compute_disputes", help="In the period, whenever opened."
    )
    closed_days = fields.Float(string="Days to Settle", digits=(16, 1), compute="_compute_disputes")
    closed_weighted_days = fields.Float(
        string="Days to Settle, by Amount",
        digits=(16, 1),
        compute="_compute_disputes",
        help="Average weighted by the amounts.",
    )
    open_count = fields.Integer(
        string="Disputes Open", compute="_compute_disputes", help="At the end of the period, whenever opened."
    )
    open_amount = fields.Monetary(string="Amount Open", compute="_compute_disputes")
    open_age = fields.Float(string="Age of Open Disputes (Days)", digits=(16, 1), compute="_compute_disputes")
    disputed_dso = fields.Float(
        string="Disputed DSO (Days)",
        digits=(16, 2),
        compute="_compute_disputes",
        help="Days of sales that are held in open disputes.",
    )

    # The numbers behind them, in words
    promise_kept_words = fields.Char(compute="_compute_words", export_string_translation=False)
    promise_amount_words = fields.Char(compute="_compute_words", export_string_translation=False)
    promise_received_words = fields.Char(compute="_compute_words", export_string_translation=False)
    dispute_share_words = fields.Char(compute="_compute_words", export_string_translation=False)
    disputed_dso_words = fields.Char(compute="_compute_words", export_string_translation=False)

    @api.model
    def _default_date_from(self):
        """A year, with today."""
        return fields.Date.subtract(fields.Date.context_today(self), years=1) + timedelta(days=1)

    # -------------------------------------------------------------------------
    # Computes
    # -------------------------------------------------------------------------

    @api.depends("date_from", "date_to")
    def _compute_display_name(self):
        for record in self:
            record.display_name = self.env._(
                "Key figures from %(first)s to %(last)s",
                first=format_date(self.env, record.date_from),
                last=format_date(self.env, record.date_to),
            )

    @api.depends("company_id", "date_from", "date_to")
    def _compute_promises(self):
        for record in self:
            found = figures_tools.promise_figures(record._read_promises())
            record.promise_count = found.count
            record.promise_kept = found.kept
            record.promise_partly_kept = found.partly_kept
            record.promise_broken = found.broken
            record.promise_amount = found.amount
            record.promise_kept_amount = found.kept_amount
            record.promise_received = found.received
            record.promise_kept_rate = found.kept_rate
            record.promise_amount_rate = found.amount_rate
            record.promise_received_rate = found.received_rate

    @api.depends("company_id", "date_from", "date_to")
    def _compute_disputes(self):
        for record in self:
            sales = record._read_sales()
            first, last = record._period()
            found = figures_tools.dispute_figures(record._read_disputes(), first, last, sales)
            record.sales = sales
            record.days = found.days
            record.dispute_count = found.count
            record.dispute_amount = found.amount
            record.dispute_share = found.share
            record.closed_count = found.closed
            record.closed_days = found.mean_days
            record.closed_weighted_days = found.weighted_days
            record.open_count = found.open
            record.open_amount = found.open_amount
            record.open_age = found.open_age
            record.disputed_dso = found.disputed_dso

    @api.depends("company_id", "date_from", "date_to")
    @api.depends_context("lang")
    def _compute_words(self):
        for record in self:
            record.promise_kept_words = record._of(record.promise_kept, record.promise_count)
            record.promise_amount_words = record._of(
                record._money(record.promise_kept_amount), record._money(record.promise_amount)
            )
            record.promise_received_words = record._of(
                record._money(record.promise_received), record._money(record.promise_amount)
            )
            record.dispute_share_words = record._of(record._money(record.dispute_amount), record._money(record.sales))
            record.disputed_dso_words = self.env._(
                "%(disputed)s of %(sales)s × %(days)s days",
                disputed=record._money(record.open_amount),
                sales=record._money(record.sales),
                days=record.days,
            )

    @api.constrains("date_from", "date_to")
    def _check_period(self):
        if any(record.date_from > record.date_to for record in self):
            raise ValidationError(self.env._("The period ends before it begins: choose a later end."))

    # -------------------------------------------------------------------------
    # Buttons
    # -------------------------------------------------------------------------

    def action_promises(self):
        """Open the promises that the rates are made of."""
        self.ensure_one()
        return self._action_list("credit.promise", self.env._("Promises to Pay"), self._promise_domain())

    def action_disputes(self):
        """Open the disputes that were opened or settled in the period, or were open at its end."""
        self.ensure_one()
        return self._action_list("credit.dispute.report", self.env._("Disputes"), self._dispute_domain())

    def _action_list(self, model, name, domain):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "views": [(False, "list"), (False, "pivot")],
            "domain": domain,
            "context": {"create": False},
        }

    # -------------------------------------------------------------------------
    # What is read
    # -------------------------------------------------------------------------

    def _period(self):
        """Return the first and the last day that count; a date not chosen yet, or chosen the wrong way round, is today."""
        today = fields.Date.context_today(self)
        last = min(self.date_to or today, today)
        return min(self.date_from or last, last), last

    def _promise_domain(self):
        first, last = self._period()
        yesterday = fields.Date.context_today(self) - timedelta(days=1)
        return [
            ("company_id", "=", self.company_id.id),
            ("kind", "=", "firm"),
            ("state", "in", JUDGED),
            ("date_deadline", ">=", first),
            ("date_deadline", "<=", min(last, yesterday)),
        ]

    def _read_promises(self):
        names = ["amount", "amount_company", "amount_received", "state"]
        promises = self.env["credit.promise"].search_fetch(self._promise_domain(), names)
        return [
            figures_tools.Promise(
                promise.amount_company,
                promise.amount_company * figures_tools.ratio(promise.amount_received, promise.amount),
                promise.state,
            )
            for promise in promises
        ]

    def _dispute_domain(self):
        first, last = self._period()
        return [
            ("company_id", "=", self.company_id.id),
            ("state", "!=", "cancelled"),
            ("date", "<=", last),
            "|",
            ("date_closed", "=", False),
            ("date_closed", ">=", first),
        ]

    def _read_disputes(self):
        names = ["amount_company", "date", "date_closed"]
        return [
            figures_tools.Dispute(dispute.amount_company, dispute.date, dispute.date_closed or None)
            for dispute in self.env["credit.dispute"].search_fetch(self._dispute_domain(), names)
        ]

    def _read_sales(self):
        first, last = self._period()
        domain = [
            ("company_id", "=", self.company_id.id),
            ("move_type", "in", ("out_invoice", "out_refund", "out_receipt")),
            ("state", "=", "posted"),
            ("date", ">=", first),
            ("date", "<=", last),
        ]
        [(total,)] = self.env["account.move"]._read_group(domain, aggregates=["amount_total_signed:sum"])
        return total or 0.0

    # -------------------------------------------------------------------------
    # In words
    # -------------------------------------------------------------------------

    def _money(self, amount):
        return format_amount(self.env, amount, self.currency_id)

    def _of(self, part, whole):
        return self.env._("%(part)s of %(whole)s", part=part, whole=whole)
