from odoo import fields, models
from odoo.tools import SQL


class CreditLateReasonReport(models.Model):
    """What is paid late, and why: how much money each reason costs, for how many days. A row per receivable item, whose id it
    has: open and late today, or paid late, wholly or in part, within the last two years.

    Each part of an item counts for the days from its due date to the day it was settled, the open part up to today. What
    was paid in time does not count, nor what a credit note settled: it was never owed. Amounts are in the company's
    currency at the item's own rate.
    """

    _name = "credit.late.reason.report"
    _description = "Late-payment reasons analysis"
    _inherit = ["credit.weighted.days"]
    _auto = False
    _order = "amount_days desc, id"
    _rec_name = "move_name"
    _depends = {
        "account.account": ["account_type"],
        "account.journal": ["type"],
        "account.move": [
            "invoice_user_id",
            "move_type",
            "origin_payment_id",
            "payment_state",
            "state",
            "statement_line_id",
        ],
        "account.move.line": [
            "account_id",
            "amount_currency",
            "amount_residual_currency",
            "balance",
            "company_currency_id",
            "company_id",
            "date",
            "date_maturity",
            "followup_late_reason_id",
            "move_id",
            "move_name",
            "no_followup",
            "parent_state",
            "partner_id",
            "reconciled",
        ],
        "account.partial.reconcile": ["credit_move_id", "debit_amount_currency", "debit_move_id", "max_date"],
        "account.payment": ["date", "invoice_ids", "move_id", "state"],
        "credit.late.claim": ["debit_note_id"],
        "credit.late.reason": ["side"],
        "credit.profile": ["collector_id", "company_id", "partner_id"],
        "res.currency": ["decimal_places"],
        "res.partner": ["commercial_partner_id"],
    }

    move_id = fields.Many2one("account.move", string="Journal Entry", readonly=True)
    move_name = fields.Char(string="Number", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    collector_id = fields.Many2one("res.users", readonly=True)
    invoice_user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    date_maturity = fields.Date(string="Due Date", readonly=True)
    late_reason_id = fields.Many2one("credit.late.reason", string="Late-Payment Reason", readonly=True)
    side = fields.Selection(
        selection=lambda self: self.env["credit.late.reason"]._fields["side"]._description_selection(self.env),
        string="Caused By",
        readonly=True,
    )
    state = fields.Selection([("open", "Still open"), ("paid", "Paid late")], readonly=True)

    # Figures
    amount = fields.Monetary(string="Late Amount", help="Paid late, or late and open.")
    amount_open = fields.Monetary(string="Still Open", currency_field="company_currency_id", readonly=True)
    days_late = fields.Integer(
        readonly=True, aggregator="max", help="From the due date to the last payment, or to today while some is open."
    )

    @property
    def _table_query(self):
        return SQL(
            """WITH item AS MATERIALIZED (%(items)s), part AS (%(parts)s), late AS (%(late)s)
               SELECT i.id, i.move_id, i.move_name, cp.commercial_partner_id AS partner_id, i.company_id,
                      i.company_currency_id, f.collector_id, m.invoice_user_id, i.due AS date_maturity,
                      i.followup_late_reason_id AS late_reason_id, r.side,
                      CASE WHEN y.amount_open > 0 THEN 'open' ELSE 'paid' END AS state,
                      y.amount, y.amount_open, y.amount_days, late.days_late,
                      y.amount_days / y.amount AS weighted_days
                 FROM late
                 JOIN item i ON i.id = late.move_line_id
                 JOIN account_move m ON m.id = i.move_id
                 JOIN res_currency cur ON cur.id = i.company_currency_id
                 LEFT JOIN res_partner cp ON cp.id = i.partner_id
                 LEFT JOIN credit_profile f ON f.partner_id = cp.commercial_partner_id AND f.company_id = i.company_id
                 LEFT JOIN credit_late_reason r ON r.id = i.followup_late_reason_id
                CROSS JOIN LATERAL (
                      SELECT ROUND(late.amount * i.rate, cur.decimal_places) AS amount,
                             ROUND(COALESCE(late.amount_open, 0) * i.rate, cur.decimal_places) AS amount_open,
                             ROUND(late.amount_days * i.rate, cur.decimal_places) AS amount_days) y
                WHERE y.amount > 0""",
            items=self._sql_items(fields.Date.context_today(self)),
            parts=self._sql_parts(fields.Date.context_today(self)),
            late=self._sql_late(fields.Date.context_today(self)),
        )

    def _sql_items(self, day):
        """The claims on customers that are due and open, or of which something was settled late within two years."""
        return SQL(
            """SELECT l.id, l.move_id, l.move_name, l.partner_id, l.company_id, l.company_currency_id,
                      l.followup_late_reason_id, l.amount_currency, COALESCE(l.date_maturity, l.date) AS due,
                      l.balance / l.amount_currency AS rate
                 FROM account_move_line l
                 JOIN account_move m ON m.id = l.move_id
                WHERE %(receivable)s AND l.parent_state = 'posted' AND l.amount_currency > 0 AND l.balance > 0
                  AND COALESCE(l.date_maturity, l.date) < %(day)s AND l.company_id IN %(companies)s AND %(claim)s
                  AND (l.reconciled IS NOT TRUE
                       OR EXISTS (SELECT FROM account_partial_reconcile p
                                   WHERE p.debit_move_id = l.id
                                     AND p.max_date > GREATEST(COALESCE(l.date_maturity, l.date),
                                                               %(day)s - INTERVAL '2 years')))""",
            day=day,
            receivable=self.env["credit.open.item"]._of_today()._sql_receivable(),
            companies=tuple(self.env["credit.exposure"]._readable_companies().ids) or (0,),
            claim=self.env["credit.late.interest"]._sql_is_claim(),
        )

    def _sql_parts(self, day):
        """What an item was settled by up to today; and, as of today, what is left of it."""
        return SQL(
            """SELECT i.id AS move_line_id, i.due, s.kind, s.date, s.amount
                 FROM item i JOIN (%(matches)s) s ON s.move_line_id = i.id AND s.date <= %(day)s""",
            matches=self.env["credit.settlement"]._sql_matches(SQL("SELECT id FROM item")),
            day=day,
        )

    def _sql_late(self, day):
        """By item, in its currency: what was late, the part still open, and the days."""
        return SQL(
            """SELECT move_line_id, SUM(amount) AS amount, SUM(amount) FILTER (WHERE is_open) AS amount_open,
                      SUM(amount * (date - due)) AS amount_days, MAX(date - due) AS days_late
                 FROM (SELECT move_line_id, due, date, amount, FALSE AS is_open
                         FROM part WHERE kind <> 'credit_note' AND date > due
                        UNION ALL
                       SELECT i.id, i.due, %(day)s, i.amount_currency - COALESCE(SUM(s.amount), 0), TRUE
                         FROM item i LEFT JOIN part s ON s.move_line_id = i.id
                        GROUP BY i.id, i.due, i.amount_currency
                       HAVING i.amount_currency > COALESCE(SUM(s.amount), 0)) x
                GROUP BY move_line_id""",
            day=day,
        )

    def action_open_move(self):
        """Open the invoice or entry of the item."""
        self.ensure_one()
        return self.move_id._get_records_action()
