from odoo import fields, models
from odoo.tools import SQL


class CreditDisputeReport(models.Model):
    """Disputes measured, as of today: how much, how long, and what they cost in delay. A row per dispute, whose id it has.

    Amounts are in the company's currency at the rate of the day the dispute was opened. Days of an open dispute run up to
    today.
    """

    _name = "credit.dispute.report"
    _description = "Dispute analysis"
    _inherit = ["credit.weighted.days"]
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "dispute_id"
    _depends = {
        "credit.dispute": [
            "amount",
            "amount_accepted",
            "amount_company",
            "company_id",
            "date",
            "date_answered",
            "date_closed",
            "date_deadline",
            "outcome",
            "owner_id",
            "partner_id",
            "reason_id",
            "state",
        ],
        "credit.dispute.line": ["date_maturity", "dispute_id"],
        "credit.late.reason": ["side"],
        "res.company": ["currency_id"],
        "res.currency": ["decimal_places"],
        "res.users": ["sale_team_id"],
    }

    dispute_id = fields.Many2one("credit.dispute", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    reason_id = fields.Many2one("credit.late.reason", readonly=True)
    side = fields.Selection(
        selection=lambda self: self.env["credit.late.reason"]._fields["side"]._description_selection(self.env),
        string="Caused By",
        readonly=True,
    )
    owner_id = fields.Many2one("res.users", readonly=True)
    team_id = fields.Many2one("crm.team", string="Owner's Team", readonly=True)
    date = fields.Date(string="Opened On", readonly=True)
    date_deadline = fields.Date(string="Answer By", readonly=True)
    date_closed = fields.Date(string="Closed On", readonly=True)
    state = fields.Selection(
        selection=lambda self: self.env["credit.dispute"]._fields["state"]._description_selection(self.env),
        readonly=True,
    )
    outcome = fields.Selection(
        selection=lambda self: self.env["credit.dispute"]._fields["outcome"]._description_selection(self.env),
        readonly=True,
    )
    is_late = fields.Boolean(
        string="Answered Late", readonly=True, help="The answer came after the deadline, or is still missing after it."
    )

    # Figures
    amount = fields.Monetary(string="Disputed")
    amount_accepted = fields.Monetary(string="Accepted", currency_field="company_currency_id", readonly=True)
    days = fields.Float(
        string="Days in Dispute",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="From opening to closing; while it is open, to today.",
    )
    answer_days = fields.Float(
        string="Days to Answer",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="From opening to the owner's answer; empty before.",
    )
    delay_days = fields.Float(
        string="Days of Delay",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="Days in dispute after the oldest item was due: by so much the dispute delays the payment.",
    )
    disputes_in_year = fields.Integer(
        string="Customer's Disputes in 12 Months",
        readonly=True,
        aggregator="max",
        help="Opened within the last twelve months, without those opened by mistake.",
    )

    @property
    def _table_query(self):
        day = fields.Date.context_today(self)
        return SQL(
            """SELECT x.id, x.id AS dispute_id, x.partner_id, x.company_id, x.company_currency_id, x.reason_id, x.side,
                      x.owner_id, x.team_id, x.date, x.date_deadline, x.date_closed, x.state, x.outcome, x.is_late,
                      x.amount, x.amount_accepted, x.days, x.days AS weighted_days, x.amount * x.days AS amount_days,
                      x.answer_days, GREATEST(x.until - GREATEST(x.date, x.date_maturity), 0) AS delay_days,
                      COUNT(*) FILTER (WHERE x.state <> 'cancelled' AND x.date > %(day)s - INTERVAL '1 year')
                          OVER (PARTITION BY x.company_id, x.partner_id) AS disputes_in_year
                 FROM (%(disputes)s) x""",
            day=day,
            disputes=self._sql_disputes(day),
        )

    def _sql_disputes(self, day):
        return SQL(
            """SELECT d.*, d.until - d.date AS days, d.date_answered - d.date AS answer_days,
                      COALESCE(d.date_answered, d.until) > d.date_deadline AS is_late
                 FROM (SELECT d.id, d.partner_id, d.company_id, co.currency_id AS company_currency_id, d.reason_id, r.side,
                              d.owner_id, u.sale_team_id AS team_id, d.date, d.date_deadline, d.date_answered,
                              d.date_closed, d.state, d.outcome, d.amount_company AS amount,
                              ROUND(d.amount_accepted * d.amount_company / NULLIF(d.amount, 0), cur.decimal_places)
                                  AS amount_accepted,
                              COALESCE(d.date_closed, %(day)s) AS until,
                              (SELECT MIN(dl.date_maturity) FROM credit_dispute_line dl WHERE dl.dispute_id = d.id)
                                  AS date_maturity
                         FROM credit_dispute d
                         JOIN credit_late_reason r ON r.id = d.reason_id
                         JOIN res_company co ON co.id = d.company_id
                         JOIN res_currency cur ON cur.id = co.currency_id
                         JOIN res_users u ON u.id = d.owner_id) d""",
            day=day,
        )

    def action_open_dispute(self):
        """Open the dispute."""
        self.ensure_one()
        return self.dispute_id._get_records_action()
