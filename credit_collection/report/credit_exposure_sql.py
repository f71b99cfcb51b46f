from odoo import fields, models
from odoo.tools import SQL


class CreditExposure(models.Model):
    """The exposure in SQL, in named pieces, each a clause of one WITH. ``b`` is the customer and company asked for."""

    _inherit = "credit.exposure"  # pylint: disable=consider-merging-classes-inherited

    # The columns of ``situation`` that are read as they are
    _COLUMNS = (
        "id",
        "profile_id",
        "partner_id",
        "company_id",
        "currency_id",
        "collector_id",
        "receivable",
        "unallocated",
        "delivered",
        "ordered",
        "drafts",
        "deposits",
        "credit_limit",
        "limit_review_date",
        "limit_valid_until",
        "overdue",
        "overdue_long",
        "late_since",
        "hold_orders",
        "hold_deliveries",
        "followup_overdue_days",
        "followup_overdue_amount",
    )

    def _sql_exposure(self, pairs=None, company=None):
        """Return the statement, a row per customer and company.

        :param pairs: only these (commercial partner's id, company's id), with or without a collection file
        :param company: every commercial partner, in this company; by default, a row per collection file
        """
        day = fields.Date.context_today(self)
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        if pairs:
            companies = companies.browse({company_id for _partner, company_id in pairs})
        else:
            companies = company.sudo() if company else companies.search([])
        partners = tuple({partner for partner, _company in pairs}) if pairs else None
        return SQL(
            """WITH base (partner_id, company_id) AS (%(base)s), %(rate)s, %(fallback)s, %(owed)s, %(draft_line)s, %(sold)s,
                    %(draft)s, %(held)s,
                    situation AS (%(situation)s)
               SELECT %(columns)s FROM situation o""",
            base=self._sql_base(pairs, company),
            rate=self._sql_rate(companies, day),
            fallback=self._sql_fallback(companies),
            owed=self._sql_owed(partners, companies),
            draft_line=self._sql_draft_line(),
            sold=self._sql_sold(partners, companies, day),
            draft=self._sql_draft(partners, companies),
            held=self._sql_held(partners, companies, day),
            situation=self._sql_situation(day),
            columns=SQL(", ").join(
                SQL("%s AS %s", expression, SQL.identifier(name)) for name, expression in self._sql_columns().items()
            ),
        )

    def _sql_base(self, pairs, company):
        if pairs:
            return SQL("VALUES %s", SQL(", ").join(SQL("(%s::int, %s::int)", *pair) for pair in pairs))
        if company:
            return SQL("SELECT id, %s::int FROM res_partner WHERE commercial_partner_id = id", company.id)
        return SQL("SELECT partner_id, company_id FROM credit_profile")

    def _sql_rate(self, companies, day):
        """``rate``: what a unit of a foreign currency is worth today in the company's currency."""
        Currency = self.env["res.currency"].sudo().with_context(active_test=False)
        currencies = Currency.search(["|", ("active", "=", True), ("rate_ids", "!=", False)])
        rows = []
        for company in companies if len(currencies) > 1 else ():
            rates = (currencies | company.currency_id)._get_rates(company, day)
            rows += [
                SQL("(%s, %s, %s::float)", company.id, currency.id, rates[company.currency_id.id] / rates[currency.id])
                for currency in currencies - company.currency_id
            ]
        rows = rows or [SQL("(0, 0, 1::float)")]
        return SQL("rate (company_id, currency_id, factor) AS (VALUES %s)", SQL(", ").join(rows))

    def _sql_fallback(self, companies):
        """``fallback``: the credit limit of customers that have none of their own, which core keeps as a default."""
        Partner = self.env["res.partner"].sudo()
        rows = [
            SQL(
                "(%s, %s::numeric)",
                company.id,
                Partner._fields["credit_limit"].get_company_dependent_fallback(Partner.with_company(company)) or 0,
            )
            for company in companies
        ]
        return SQL("fallback (company_id, amount) AS (VALUES %s)", SQL(", ").join(rows or [SQL("(0, 0::numeric)")]))

    def _sql_owed(self, partners, companies):
        """``owed``: the open items; and of them, what is late by more than the company tolerates."""
        items = self.env["credit.open.item"].sudo()._of_today().with_context(credit_facts_only=True)
        if partners:
            items = items.with_context(credit_rows=("partner_id", partners))
        return SQL(
            """owed AS MATERIALIZED (
                   SELECT i.partner_id, i.company_id,
                          SUM(%(amount)s) FILTER (WHERE i.bucket <> 'credit') AS receivable,
                          -SUM(%(amount)s) FILTER (WHERE i.bucket = 'credit') AS unallocated,
                          SUM(%(amount)s) FILTER (WHERE i.bucket <> 'credit' AND i.days_overdue > 0) AS overdue,
                          SUM(%(amount)s) FILTER (WHERE i.bucket <> 'credit' AND i.days_overdue > co.followup_overdue_days)
                            AS overdue_long,
                          MIN(i.date_maturity) FILTER (WHERE i.bucket <> 'credit' AND i.days_overdue > 0) AS late_since
                     FROM (%(items)s) i
                     JOIN res_company co ON co.id = i.company_id
                     LEFT JOIN rate r ON r.company_id = i.company_id AND r.currency_id = i.currency_id
                    WHERE i.partner_id IS NOT NULL AND i.company_id IN %(companies)s
                    GROUP BY i.partner_id, i.company_id)""",
            items=items._table_query,
            amount=SQL(
                """CASE WHEN i.currency_id = i.company_currency_id THEN i.amount_residual
                        ELSE COALESCE(i.amount_residual_currency * r.factor, i.amount_residual) END"""
            ),
            companies=tuple(companies.ids) or (0,),
        )

    def _sql_draft_line(self):
        """``draft_line``: quantities on draft invoices, which core's stored invoiced quantity counts; in the order's unit."""
        return SQL(
            """draft_line AS MATERIALIZED (
                   SELECT s.id, s.order_id,
                          SUM(CASE WHEN m.move_type = 'out_refund' THEN -l.quantity ELSE l.quantity END
                              * COALESCE(lu.factor / su.factor, 1)) AS quantity
                     FROM account_move m
                     JOIN account_move_line l ON l.move_id = m.id
                     JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = l.id
                     JOIN sale_order_line s ON s.id = rel.order_line_id
                     LEFT JOIN uom_uom lu ON lu.id = l.product_uom_id
                     LEFT JOIN uom_uom su ON su.id = s.product_uom_id
                    WHERE m.state = 'draft' AND m.move_type IN ('out_invoice', 'out_refund')
                      AND m.payment_state IS DISTINCT FROM 'invoicing_legacy'
                    GROUP BY s.id)"""
        )

    def _sql_sold(self, partners, companies, day):
        """``sold``: confirmed orders as far as no posted invoice covers them, tax included, at the order's prices.

        More delivered than ordered counts as delivered. What was invoiced in advance, or paid online without an entry
        in the ledger yet, comes off the order it was paid for, up to what remains of it.
        """
        left = SQL(
            """CASE WHEN l.product_uom_qty < 0 THEN LEAST(l.product_uom_qty - q.invoiced, 0)
                    ELSE GREATEST(l.product_uom_qty, l.qty_delivered) - q.invoiced END"""
        )
        return SQL(
            """open_order AS MATERIALIZED (
                   SELECT o.id, o.company_id, c.commercial_partner_id AS partner_id, COALESCE(r.factor, 1) AS factor,
                          COALESCE(o.amount_total / NULLIF(o.amount_untaxed, 0), 1) AS with_tax
                     FROM sale_order o
                     JOIN res_partner c ON c.id = o.partner_invoice_id
                     JOIN res_company co ON co.id = o.company_id
                     LEFT JOIN rate r ON r.company_id = o.company_id AND r.currency_id = o.currency_id
                    WHERE o.state = 'sale' AND o.company_id IN %(companies)s AND %(partners)s
                      AND (o.invoice_status IS DISTINCT FROM 'invoiced' OR o.id IN (SELECT order_id FROM draft_line))
                      AND (COALESCE(co.followup_order_horizon, 0) = 0
                           OR COALESCE(o.commitment_date, o.date_order)::date <= %(day)s + co.followup_order_horizon)),
               deposit AS (
                   SELECT order_id, SUM(amount) AS amount
                     FROM (SELECT s.order_id, al.price_total * COALESCE(r.factor, 1)
                                  * CASE WHEN m.move_type = 'out_refund' THEN -1 ELSE 1 END AS amount
                             FROM open_order o
                             JOIN sale_order_line s ON s.order_id = o.id AND s.is_downpayment
                             JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = s.id
                             JOIN account_move_line al ON al.id = rel.invoice_line_id AND al.parent_state = 'posted'
                             JOIN account_move m ON m.id = al.move_id
                             LEFT JOIN rate r ON r.company_id = al.company_id AND r.currency_id = al.currency_id
                           UNION ALL
                           SELECT o.id, t.amount * COALESCE(r.factor, 1)
                             FROM open_order o
                             JOIN sale_order_transaction_rel rel ON rel.sale_order_id = o.id
                             JOIN payment_transaction t ON t.id = rel.transaction_id
                             LEFT JOIN rate r ON r.company_id = o.company_id AND r.currency_id = t.currency_id
                            WHERE %(paid)s) d
                    GROUP BY order_id),
               sold AS MATERIALIZED (
                   SELECT x.partner_id, x.company_id, SUM(x.delivered) AS delivered, SUM(x.ordered) AS ordered,
                          SUM(LEAST(GREATEST(d.amount, 0), GREATEST(x.delivered + x.ordered, 0))) AS deposits
                     FROM (SELECT o.id, o.partner_id, o.company_id,
                                  SUM(v.unit * q.delivered) AS delivered, SUM(v.unit * (%(left)s - q.delivered)) AS ordered
                             FROM open_order o
                             JOIN sale_order_line l ON l.order_id = o.id
                             LEFT JOIN draft_line n ON n.id = l.id
                             CROSS JOIN LATERAL (SELECT l.qty_invoiced - COALESCE(n.quantity, 0) AS invoiced) p
                             CROSS JOIN LATERAL (
                                 SELECT CASE WHEN l.product_uom_qty < 0 THEN p.invoiced
                                             ELSE LEAST(p.invoiced, GREATEST(l.product_uom_qty, l.qty_delivered)) END AS invoiced,
                                        GREATEST(l.qty_delivered - p.invoiced, 0) AS delivered) q
                             CROSS JOIN LATERAL (
                                 SELECT o.factor * CASE WHEN l.product_uom_qty <> 0 THEN l.price_total / l.product_uom_qty
                                     ELSE l.price_unit * (1 - COALESCE(l.discount, 0) / 100) * o.with_tax END AS unit) v
                            WHERE l.display_type IS NULL AND l.is_downpayment IS NOT TRUE
                            GROUP BY o.id, o.partner_id, o.company_id) x
                     LEFT JOIN deposit d ON d.order_id = x.id
                    GROUP BY x.partner_id, x.company_id)""",
            companies=tuple(companies.ids) or (0,),
            partners=SQL("c.commercial_partner_id IN %s", partners) if partners else SQL("TRUE"),
            day=day,
            left=left,
            paid=self._sql_paid_outside_ledger(),
        )

    def _sql_paid_outside_ledger(self):
        """The condition on online payments ``t`` that are received or authorized, and not in the ledger yet."""
        return SQL(
            """(t.state = 'authorized' OR t.state = 'done' AND NOT EXISTS (
                   SELECT FROM account_payment y JOIN account_move ym ON ym.id = y.move_id AND ym.state = 'posted'
                    WHERE y.id = t.payment_id))"""
        )

    def _sql_draft(self, partners, companies):
        """``draft``: draft invoices of customers, less their lines that an order already counts."""
        return SQL(
            """draft AS MATERIALIZED (
                   SELECT m.commercial_partner_id AS partner_id, m.company_id,
                          SUM(GREATEST(m.amount_total - COALESCE(x.ordered, 0), 0) * COALESCE(r.factor, 1)) AS amount
                     FROM account_move m
                     JOIN res_company co ON co.id = m.company_id AND co.followup_exposure_drafts
                     LEFT JOIN LATERAL (SELECT SUM(l.price_total) AS ordered FROM account_move_line l
                                         WHERE l.move_id = m.id AND EXISTS (SELECT FROM sale_order_line_invoice_rel rel
                                                                             WHERE rel.invoice_line_id = l.id)) x ON TRUE
                     LEFT JOIN rate r ON r.company_id = m.company_id AND r.currency_id = m.currency_id
                    WHERE m.state = 'draft' AND m.move_type = 'out_invoice' AND m.company_id IN %s AND %s
                    GROUP BY m.commercial_partner_id, m.company_id)""",
            tuple(companies.ids) or (0,),
            SQL("m.commercial_partner_id IN %s", partners) if partners else SQL("TRUE"),
        )

    def _sql_held(self, partners, companies, day):
        """``held``: the customers on hold, and what of theirs is held."""
        return SQL(
            """held AS (
                   SELECT h.partner_id, h.company_id,
                          BOOL_OR(h.scope IN ('orders', 'both')) AS hold_orders,
                          BOOL_OR(h.scope IN ('deliveries', 'both')) AS hold_deliveries
                     FROM credit_hold h WHERE h.company_id IN %s AND %s AND %s GROUP BY h.partner_id, h.company_id)""",
            tuple(companies.ids) or (0,),
            SQL("h.partner_id IN %s", partners) if partners else SQL("TRUE"),
            self.env["credit.hold"]._sql_active(day),
        )

    def _sql_situation(self, day):
        """The parts beside the limit and the rules in force for each customer and company."""

        def rule(name):
            column = SQL.identifier(name)
            return SQL("COALESCE(pr.%s, co.%s) AS %s", column, SQL.identifier(f"followup_{name}"), column)

        def rounded(expression):
            return SQL("ROUND(COALESCE(%s, 0)::numeric, cur.decimal_places)", SQL(expression))

        return SQL(
            """SELECT pr.id, pr.id AS profile_id, b.partner_id, b.company_id, co.currency_id, pr.collector_id,
                      cur.decimal_places,
                      %(receivable)s AS receivable, %(unallocated)s AS unallocated, %(delivered)s AS delivered,
                      %(ordered)s AS ordered, %(drafts)s AS drafts, %(deposits)s AS deposits,
                      %(overdue)s AS overdue, %(overdue_long)s AS overdue_long, w.late_since,
                      CASE WHEN %(day)s BETWEEN pr.temporary_from AND pr.temporary_to THEN pr.temporary_limit
                           WHEN pr.limit_kind = 'unlimited' THEN NULL
                           WHEN pr.limit_kind = 'none' THEN 0
                           ELSE NULLIF(COALESCE((p.credit_limit ->> b.company_id::text)::numeric, fb.amount, 0), 0)
                      END AS credit_limit,
                      pr.limit_valid_until, pr.limit_review_date, pr.limit_valid_until < %(day)s AS past_validity,
                      CASE WHEN pr.insurance_end < %(day)s THEN 0 ELSE pr.insured_amount END AS insured_amount,
                      pr.insured_share, %(rules)s,
                      co.followup_overdue_days, co.followup_overdue_amount,
                      COALESCE(h.hold_orders, FALSE) AS hold_orders, COALESCE(h.hold_deliveries, FALSE) AS hold_deliveries
                 FROM base b
                 JOIN res_company co ON co.id = b.company_id
                 JOIN res_currency cur ON cur.id = co.currency_id
                 JOIN res_partner p ON p.id = b.partner_id
                 LEFT JOIN credit_profile pr ON pr.partner_id = b.partner_id AND pr.company_id = b.company_id
                 LEFT JOIN fallback fb ON fb.company_id = b.company_id
                 LEFT JOIN owed w ON w.partner_id = b.partner_id AND w.company_id = b.company_id
                 LEFT JOIN sold s ON s.partner_id = b.partner_id AND s.company_id = b.company_id
                 LEFT JOIN draft d ON d.partner_id = b.partner_id AND d.company_id = b.company_id
                 LEFT JOIN held h ON h.partner_id = b.partner_id AND h.company_id = b.company_id""",
            day=day,
            receivable=rounded("w.receivable"),
            unallocated=rounded("w.unallocated"),
            delivered=rounded("s.delivered"),
            ordered=rounded("s.ordered"),
            drafts=rounded("d.amount"),
            deposits=rounded("s.deposits"),
            overdue=rounded("w.overdue"),
            overdue_long=rounded("w.overdue_long"),
            rules=SQL(", ").join(map(rule, self.env["credit.control"]._rule_fields())),
        )

    def _sql_columns(self):
        """The columns of the model, and those that only the rules read."""
        exposure = SQL("(o.receivable - o.unallocated + o.delivered + o.ordered + o.drafts - o.deposits)")
        covered = SQL(
            "ROUND((LEAST(GREATEST(%s, 0), COALESCE(o.insured_amount, 0)) * COALESCE(o.insured_share, 0))::numeric,"
            " o.decimal_places)",
            exposure,
        )
        plain = [*self._COLUMNS, *self.env["credit.control"]._rule_fields()]
        return {
            **{name: SQL.identifier("o", name) for name in plain},
            "exposure": exposure,
            "is_limited": SQL("o.credit_limit IS NOT NULL"),
            "headroom": SQL("o.credit_limit - %s", exposure),
            "usage": SQL("(%s / NULLIF(o.credit_limit, 0))::float", exposure),
            "over_limit": SQL("COALESCE(%s > o.credit_limit, FALSE)", exposure),
            "limit_expired": SQL("COALESCE(o.past_validity AND o.credit_limit IS NOT NULL, FALSE)"),
            "insured_part": covered,
            "own_risk": SQL("GREATEST(%s, 0) - %s", exposure, covered),
        }
