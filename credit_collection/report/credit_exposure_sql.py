from functools import partial

from odoo import fields, models
from odoo.tools import SQL

from .credit_exposure import PARTS, SOURCES
from .sql_lookup import lookup


class CreditExposure(models.Model):
    """The exposure in SQL, in named pieces, each a clause of one WITH; the orders' are in ``credit_exposure_order.py``.
    ``b`` is the customer and company asked for.
    """

    _inherit = "credit.exposure"  # pylint: disable=consider-merging-classes-inherited

    # The columns of ``situation`` that are read as they are
    _COLUMNS = (
        "id",
        "profile_id",
        "partner_id",
        "company_id",
        "currency_id",
        "collector_id",
        *PARTS,
        "credit_limit",
        "limit_review_date",
        "limit_valid_until",
        "overdue",
        "overdue_long",
        "late_since",
        "hold_orders",
        "hold_deliveries",
        "promise_broken",
        "promise_open",
        "disputes_open",
        "followup_overdue_days",
        "followup_overdue_amount",
    )

    def _sql_exposure(self, pairs=None, company=None):
        """Return the statement, a row per customer and company.

        :param pairs: only these (commercial partner's id, company's id), with or without a collection file
        :param company: every commercial partner, in this company; by default, a row per collection file
        """
        day = fields.Date.context_today(self)
        partners = None
        if pairs is not None:
            companies = self.env["res.company"].browse({company_id for _partner, company_id in pairs})
            partners = tuple({partner for partner, _company in pairs}) or (0,)
        else:
            companies = company or self._readable_companies()
        return SQL(
            """WITH base (partner_id, company_id) AS (%(base)s), %(rate)s, %(firm)s, %(figures)s,
                    situation AS MATERIALIZED (%(situation)s)
               SELECT %(columns)s FROM situation o""",
            base=self._sql_base(pairs, company, companies),
            rate=self._sql_rate(companies, day),
            firm=self._sql_firm(companies),
            figures=self._sql_figures(partners, companies, day),
            situation=self._sql_situation(day),
            columns=SQL(", ").join(
                SQL("%s AS %s", expression, SQL.identifier(name)) for name, expression in self._sql_columns().items()
            ),
        )

    def _sql_base(self, pairs, company, companies):
        if pairs is not None:
            partner_ids = [partner_id for partner_id, _company_id in pairs]
            company_ids = [company_id for _partner_id, company_id in pairs]
            return SQL("SELECT * FROM UNNEST(%s::int[], %s::int[])", partner_ids, company_ids)
        if company:
            return SQL("SELECT id, %s::int FROM res_partner WHERE commercial_partner_id = id", company.id)
        return SQL(
            "SELECT partner_id, company_id FROM credit_profile WHERE company_id IN %s", tuple(companies.ids) or (0,)
        )

    def _sql_rate(self, companies, day):
        """``rate``: what a unit of a foreign currency is worth today in the company's currency, by core's rule: the latest
        rate, else the first, else 1; the company's own before the shared ones.
        """

        def today(currency):
            return SQL(
                """COALESCE((
                       SELECT v.rate FROM res_currency_rate v
                        WHERE v.currency_id = %(currency)s AND (v.company_id = k.root_id OR v.company_id IS NULL)
                        ORDER BY v.name > %(day)s, v.company_id, CASE WHEN v.name <= %(day)s THEN v.name END DESC, v.name
                        LIMIT 1), 1)""",
                currency=currency,
                day=day,
            )

        return SQL(
            """rate AS MATERIALIZED (
                   SELECT k.id AS company_id, cu.id AS currency_id, (k.rate / %(foreign)s)::float AS factor
                     FROM (SELECT k.*, %(own)s AS rate
                             FROM (SELECT id, currency_id, SPLIT_PART(parent_path, '/', 1)::int AS root_id
                                     FROM res_company WHERE id IN %(companies)s) k) k
                     JOIN res_currency cu ON cu.id <> k.currency_id
                    WHERE cu.active OR EXISTS (SELECT FROM res_currency_rate v WHERE v.currency_id = cu.id))""",
            own=today(SQL("k.currency_id")),
            foreign=today(SQL("cu.id")),
            companies=tuple(companies.ids) or (0,),
        )

    def _sql_firm(self, companies):
        """``firm``: the companies, with the credit limit of customers that have none of their own (core's default)."""
        Partner = self.env["res.partner"].sudo()
        limit = Partner._fields["credit_limit"]
        fallbacks = [
            SQL("(%s, %s)", company.id, limit.get_company_dependent_fallback(Partner.with_company(company)) or 0.0)
            for company in companies
        ]
        names = ["id", "currency_id", "followup_overdue_amount", "followup_overdue_days"]
        names += [f"followup_{name}" for name in self.env["credit.control"]._rule_fields()]
        return SQL(
            """firm AS MATERIALIZED (
                   SELECT %s, cur.decimal_places, fb.amount AS fallback_limit
                     FROM res_company co
                     JOIN res_currency cur ON cur.id = co.currency_id
                     JOIN (VALUES %s) AS fb (company_id, amount) ON fb.company_id = co.id)""",
            SQL(", ").join(SQL.identifier("co", name) for name in names),
            SQL(", ").join(fallbacks or [SQL("(0, 0.0)")]),
        )

    def _sql_owed(self, partners, companies, _day):
        """``owed``: the open items; and of them, what is late by more than the company tolerates."""
        items = self.env["credit.open.item"].sudo()._of_today().with_context(credit_facts_only=True)
        if partners:
            items = items.with_context(credit_rows=("partner_id", partners))
        return SQL(
            """owed AS (
                   SELECT i.partner_id, i.company_id,
                          SUM(%(amount)s) FILTER (WHERE i.bucket <> 'credit') AS receivable,
                          -SUM(%(amount)s) FILTER (WHERE i.bucket = 'credit') AS unallocated,
                          SUM(%(amount)s) FILTER (WHERE i.bucket <> 'credit' AND i.days_overdue > 0) AS overdue,
                          SUM(%(amount)s) FILTER (WHERE i.bucket <> 'credit' AND i.days_overdue > co.followup_overdue_days)
                            AS overdue_long,
                          MIN(i.date_maturity) FILTER (WHERE i.bucket <> 'credit' AND i.days_overdue > 0) AS late_since
                     FROM (%(items)s) i
                     JOIN firm co ON co.id = i.company_id
                     LEFT JOIN rate r ON r.company_id = i.company_id AND r.currency_id = i.currency_id
                    WHERE %(which)s AND i.company_id IN %(companies)s
                    GROUP BY i.partner_id, i.company_id)""",
            items=items._table_query,
            which=SQL("i.partner_id IN %s", partners) if partners else SQL("i.partner_id IS NOT NULL"),
            amount=SQL(
                """CASE WHEN i.currency_id = i.company_currency_id THEN i.amount_residual
                        ELSE COALESCE(i.amount_residual_currency * r.factor, i.amount_residual) END"""
            ),
            companies=tuple(companies.ids) or (0,),
        )

    def _sql_figures(self, partners, companies, day):
        """``figures``: by customer, all that counts, and the holds in force; with the clauses it is summed from. Put together
        before it is joined with the customers: PostgreSQL expects few rows of each clause and would look them up one by one.
        """
        latest = ("hold_orders", "hold_deliveries", "promise_broken", "promise_open")
        aggregates = {"late_since": "MIN", **dict.fromkeys(latest, "MAX")}
        types = {"late_since": "date", **dict.fromkeys(latest, "int")}
        names = [name for columns in SOURCES.values() for name in columns]
        present = self._present(partners)
        sources = {source: columns for source, columns in SOURCES.items() if source in present}
        clauses = {
            "owed": self._sql_owed,
            "order_left": partial(self.env["credit.exposure.order"]._sql_orders, online="online" in present),
            "draft": self._sql_draft,
            "held": self._sql_held,
            "promised": self._sql_promised,
            "contested": self._sql_contested,
        }
        unions = SQL(" UNION ALL ").join(
            SQL(
                "SELECT partner_id, company_id, %s FROM %s",
                SQL(", ").join(
                    SQL.identifier(name) if name in columns else SQL("NULL::%s", SQL(types.get(name, "numeric")))
                    for name in names
                ),
                SQL.identifier(source),
            )
            for source, columns in sources.items()
        )
        return SQL(
            """%(clauses)s,
               figures AS MATERIALIZED (
                   SELECT partner_id, company_id, %(sums)s
                     FROM (%(unions)s) AS u (partner_id, company_id, %(names)s)
                    GROUP BY partner_id, company_id)""",
            clauses=SQL(", ").join(clauses[source](partners, companies, day) for source in sources),
            sums=SQL(", ").join(
                SQL("%s(%s) AS %s", SQL(aggregates.get(name, "SUM")), SQL.identifier(name), SQL.identifier(name))
                for name in names
            ),
            unions=unions,
            names=SQL(", ").join(map(SQL.identifier, names)),
        )

    def _sql_draft(self, partners, companies, day):
        """``draft``: draft invoices of customers, less their lines that a counted order holds already. Draft credit notes
        are not credit yet.
        """
        return SQL(
            """draft AS (
                   SELECT m.commercial_partner_id AS partner_id, m.company_id, %(amount)s AS drafts
                     FROM %(drafts)s %(joins)s
                    WHERE %(condition)s AND m.company_id IN %(companies)s AND %(partners)s)""",
            companies=tuple(companies.ids) or (0,),
            partners=SQL("m.commercial_partner_id IN %s", partners) if partners else SQL("TRUE"),
            **self._sql_draft_pieces(day),
        )

    def _sql_draft_pieces(self, day):
        """The draft invoices ``m`` found by journal and state, which has an index, or by customer; and what each counts for."""
        return {
            "drafts": SQL("account_journal j JOIN account_move m ON m.journal_id = j.id AND m.state = 'draft'"),
            "joins": SQL(
                """JOIN res_company dc ON dc.id = m.company_id AND dc.followup_exposure_drafts
                   LEFT JOIN rate r ON r.company_id = m.company_id AND r.currency_id = m.currency_id
                   CROSS JOIN LATERAL (
                       SELECT BOOL_OR(x.ordered) AS ordered, SUM(CASE WHEN NOT x.ordered THEN x.price_total END) AS price_total
                         FROM (SELECT l.price_total, EXISTS (
                                          SELECT FROM (SELECT) one %(ordered)s
                                            JOIN res_company co ON co.id = o.company_id
                                           WHERE %(counts)s) AS ordered
                                 FROM account_move_line l
                                WHERE l.move_id = m.id AND l.display_type = 'product' OFFSET 0) x) dl""",
                ordered=SQL(" ").join(
                    [
                        lookup(
                            "sale_order_line_invoice_rel", "rel", ["order_line_id"], SQL("rel.invoice_line_id = l.id")
                        ),
                        lookup("sale_order_line", "s", ["order_id"], SQL("s.id = rel.order_line_id")),
                        lookup(
                            "sale_order",
                            "o",
                            ["commitment_date", "company_id", "date_order", "state"],
                            SQL("o.id = s.order_id"),
                        ),
                    ]
                ),
                counts=self.env["credit.exposure.order"]._sql_counts(day),
            ),
            "condition": SQL("j.type = 'sale' AND m.move_type IN ('out_invoice', 'out_receipt')"),
            "amount": SQL(
                """GREATEST(CASE WHEN dl.ordered THEN COALESCE(dl.price_total, 0) ELSE m.amount_total END, 0)
                   * COALESCE(r.factor, 1)"""
            ),
        }

    def _sql_held(self, partners, companies, day):
        """``held``: the holds in force, by their ids, and what each holds: the highest id is the one decided last."""
        return SQL(
            """held AS (
                   SELECT h.partner_id, h.company_id, CASE WHEN h.scope <> 'deliveries' THEN h.id END AS hold_orders,
                          CASE WHEN h.scope <> 'orders' THEN h.id END AS hold_deliveries
                     FROM credit_hold h WHERE h.company_id IN %s AND %s AND %s)""",
            tuple(companies.ids) or (0,),
            SQL("h.partner_id IN %s", partners) if partners else SQL("TRUE"),
            self.env["credit.hold"]._sql_active(day),
        )

    def _sql_promised(self, partners, companies, day):
        """``promised``: the firm promises that were not kept and of which something is late, and those that are open, by
        their ids."""
        return SQL(
            """promised AS (
                   SELECT partner_id, company_id, CASE WHEN is_broken THEN id END AS promise_broken,
                          CASE WHEN NOT is_broken THEN id END AS promise_open
                     FROM (SELECT id, partner_id, company_id, TRUE AS is_broken FROM (%(broken)s) b
                           UNION ALL
                           SELECT id, partner_id, company_id, FALSE FROM credit_promise
                            WHERE kind = 'firm' AND state = 'open' AND date_deadline >= %(day)s) q
                    WHERE company_id IN %(companies)s AND %(partners)s)""",
            broken=self.env["credit.promise"]._sql_broken(due_before=day),
            companies=tuple(companies.ids) or (0,),
            partners=SQL("partner_id IN %s", partners) if partners else SQL("TRUE"),
            day=day,
        )

    def _sql_contested(self, partners, companies, _day):
        """``contested``: how many disputes are open."""
        return SQL(
            """contested AS (
                   SELECT partner_id, company_id, COUNT(*) AS disputes_open FROM credit_dispute
                    WHERE state = 'open' AND company_id IN %s AND %s GROUP BY partner_id, company_id)""",
            tuple(companies.ids) or (0,),
            SQL("partner_id IN %s", partners) if partners else SQL("TRUE"),
        )

    def _sql_situation(self, day):
        """The parts beside the limit and the rules in force for each customer and company."""

        def rule(name):
            column = SQL.identifier(name)
            return SQL("COALESCE(pr.%s, co.%s) AS %s", column, SQL.identifier(f"followup_{name}"), column)

        def rounded(name):
            return SQL("ROUND(COALESCE(%s, 0)::numeric, co.decimal_places)", SQL.identifier("f", name))

        amounts = (*PARTS, "overdue", "overdue_long")
        return SQL(
            """SELECT pr.id, pr.id AS profile_id, b.partner_id, b.company_id, co.currency_id, pr.collector_id,
                      co.decimal_places, %(amounts)s, f.late_since,
                      CASE WHEN %(temporary)s THEN COALESCE(pr.temporary_limit, 0)
                           WHEN pr.limit_kind = 'unlimited' THEN NULL
                           WHEN pr.limit_kind = 'none' THEN 0
                           ELSE NULLIF(COALESCE((p.credit_limit ->> b.company_id::text)::numeric, co.fallback_limit), 0)
                      END AS credit_limit,
                      pr.limit_valid_until, pr.limit_review_date,
                      pr.limit_valid_until < %(day)s AND %(temporary)s IS NOT TRUE AS past_validity,
                      CASE WHEN pr.insurance_end < %(day)s THEN 0 ELSE pr.insured_amount END AS insured_amount,
                      pr.insured_share, %(rules)s,
                      co.followup_overdue_days, co.followup_overdue_amount,
                      f.hold_orders, f.hold_deliveries, f.promise_broken, f.promise_open, f.disputes_open::int AS disputes_open
                 FROM base b
                 JOIN firm co ON co.id = b.company_id
                 JOIN res_partner p ON p.id = b.partner_id
                 LEFT JOIN credit_profile pr ON pr.partner_id = b.partner_id AND pr.company_id = b.company_id
                 LEFT JOIN figures f ON f.partner_id = b.partner_id AND f.company_id = b.company_id""",
            day=day,
            temporary=SQL("(%s BETWEEN pr.temporary_from AND pr.temporary_to)", day),
            amounts=SQL(", ").join(SQL("%s AS %s", rounded(name), SQL.identifier(name)) for name in amounts),
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
