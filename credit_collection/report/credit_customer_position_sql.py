from odoo import fields, models
from odoo.tools import SQL

from ..tools.pareto import VITAL_PERCENT
from ..tools.priority import FACTORS

# The age and the broken promises from which on they count in full
FULL_AGE = 90
FULL_PROMISES = 3
# What a person has to do today, counted
TO_DO = ("to_do", "to_confirm", "to_print", "failed", "disputes_late", "disputes_answered", "activities_due")


class CreditCustomerPosition(models.Model):
    """The customers' positions in SQL, in named pieces, each a clause of one WITH: what is owed, what is planned, what was
    promised and disputed; then the points. ``i`` is an open item, ``o`` a customer's row.
    """

    _inherit = "credit.customer.position"  # pylint: disable=consider-merging-classes-inherited

    def _sql_positions(self, partners, dated):
        """Return the statement, a row per collection file with open items.

        :param partners: the ids of the customers that are read; then the ranks mean nothing
        :param bool dated: whether the next action is read; only whether there is one is known otherwise
        """
        day = fields.Date.context_today(self)
        companies = tuple(self._readable_companies().ids) or (0,)
        scope = SQL("company_id IN %s", companies)
        if partners:
            scope = SQL("%s AND partner_id IN %s", scope, partners)
        return SQL(
            """WITH owed AS MATERIALIZED (%(owed)s), planned AS (%(planned)s), promise AS (%(promises)s),
                    dispute AS (%(disputes)s), activity AS (%(activities)s), situation AS MATERIALIZED (%(situation)s)
               SELECT o.*, %(points)s AS priority FROM (SELECT %(columns)s FROM situation o) o""",
            owed=self._sql_owed(day, partners, companies, dated),
            planned=self._sql_planned(day, scope),
            promises=self._sql_promises(day, scope),
            disputes=self._sql_disputes(day, scope),
            activities=self._sql_activities(day),
            situation=self._sql_situation(day),
            points=SQL(" + ").join(SQL.identifier("o", f"points_{name}") for name in FACTORS),
            columns=SQL(", ").join(
                SQL("%s AS %s", expression, SQL.identifier(name))
                for name, expression in self._sql_columns(day).items()
            ),
        )

    # -------------------------------------------------------------------------
    # What is owed
    # -------------------------------------------------------------------------

    def _sql_owed(self, day, partners, companies, dated):
        """``owed``: the open items, by file. A level to come is a next action only where it may leave by itself."""
        items = self.env["credit.open.item"]._of_today().with_context(credit_undated=not dated)
        if partners:
            items = items.with_context(credit_rows=("partner_id", partners))
        return SQL(
            """SELECT i.profile_id, SUM(i.amount_residual) FILTER (WHERE i.is_debit) AS due,
                      SUM(i.amount_overdue) AS overdue, -SUM(i.amount_residual) FILTER (WHERE NOT i.is_debit) AS unallocated,
                      MIN(i.date_maturity) FILTER (WHERE i.is_late) AS oldest,
                      MAX(i.days_overdue) FILTER (WHERE i.is_late) AS days,
                      SUM(i.claimable_company) FILTER (WHERE i.is_claimed AND i.is_late) AS claimable,
                      SUM(i.claimable_company * i.days_overdue) FILTER (WHERE i.is_claimed AND i.is_late) AS claim_days,
                      SUM(i.claimable_company) FILTER (WHERE i.is_debit AND i.promise_id IS NOT NULL) AS promised,
                      SUM(i.disputed_amount * i.amount_residual / NULLIF(i.amount_residual_currency, 0))
                        FILTER (WHERE i.disputed_amount > 0) AS disputed,
                      MAX(ARRAY[i.amount_residual, i.late_reason_id]) FILTER (WHERE i.is_late AND i.late_reason_id > 0)
                        AS reason,
                      MAX(ARRAY[lv.day, lv.id]) AS level,
                      MIN(i.next_date) FILTER (WHERE %(leaves)s) AS level_date,
                      BOOL_OR(i.has_next_level) FILTER (WHERE %(leaves)s) AS has_level,
                      MIN(i.followup_excluded_until) FILTER (WHERE i.is_late AND i.followup_excluded_until >= %(day)s)
                        AS excluded_until
                 FROM (SELECT i.*, i.bucket <> 'credit' AS is_debit, i.bucket <> 'credit' AND i.days_overdue > 0 AS is_late,
                              i.bucket <> 'credit' AND NOT i.is_held AND i.promise_id IS NULL AS is_claimed
                         FROM (%(items)s) i) i
                 LEFT JOIN credit_dunning_level lv ON lv.id = i.dunning_level_id
                 LEFT JOIN credit_dunning_scenario s ON s.id = i.scenario_id
                WHERE i.company_id IN %(companies)s
                GROUP BY i.profile_id""",
            items=items._table_query,
            companies=companies,
            day=day,
            leaves=SQL("i.is_claimed AND i.claimable_company > 0 AND s.live AND s.active"),
        )

    # -------------------------------------------------------------------------
    # What is planned, promised, disputed
    # -------------------------------------------------------------------------

    def _sql_planned(self, day, scope):
        """``planned``: the actions that have not left, by customer; a registered letter is posted by a person."""

        def due(condition):
            return SQL("COUNT(*) FILTER (WHERE date_planned <= %s AND %s)", day, condition)

        return SQL(
            """SELECT partner_id, company_id, %(to_do)s AS to_do, %(to_confirm)s AS to_confirm, %(to_print)s AS to_print,
                      COUNT(*) FILTER (WHERE state = 'failed') AS failed,
                      MIN(date_planned) FILTER (WHERE channel = 'call') AS call_date,
                      MIN(date_planned) FILTER (WHERE channel <> 'call') AS message_date
                 FROM credit_collection_action
                WHERE state IN ('to_confirm', 'queued', 'to_print', 'to_do', 'sending', 'failed') AND %(scope)s
                GROUP BY partner_id, company_id""",
            to_do=due(SQL("state = 'to_do'")),
            to_confirm=due(SQL("state = 'to_confirm'")),
            to_print=due(SQL("(state = 'to_print' OR state = 'sending' AND channel = 'letter')")),
            scope=scope,
        )

    def _sql_promises(self, day, scope):
        """``promise``: by customer, firm promises broken within a year, the last of them, and the next payment waited for."""
        return SQL(
            """SELECT partner_id, company_id,
                      MIN(date_deadline) FILTER (WHERE state = 'open' AND date_deadline >= %(day)s) AS date,
                      COUNT(*) FILTER (WHERE %(broken)s) AS broken,
                      MAX(ARRAY[date_deadline - DATE '2000-01-01', id]) FILTER (WHERE %(broken)s) AS last_broken
                 FROM credit_promise WHERE state IN ('open', 'broken', 'partly_kept') AND %(scope)s
                GROUP BY partner_id, company_id""",
            broken=SQL("state <> 'open' AND kind = 'firm' AND date_deadline > (%s::date - INTERVAL '12 months')", day),
            day=day,
            scope=scope,
        )

    def _sql_disputes(self, day, scope):
        """``dispute``: by customer, those that nobody has answered in time, those answered and to close, and the first
        deadline or answer."""
        return SQL(
            """SELECT partner_id, company_id, MIN(COALESCE(date_answered, date_deadline)) AS date,
                      COUNT(*) FILTER (WHERE date_answered IS NULL AND date_deadline < %(day)s) AS late,
                      COUNT(date_answered) AS answered
                 FROM credit_dispute WHERE state = 'open' AND %(scope)s GROUP BY partner_id, company_id""",
            day=day,
            scope=scope,
        )

    def _sql_activities(self, day):
        """``activity``: by file."""
        return SQL(
            """SELECT res_id, MIN(date_deadline) AS date, COUNT(*) FILTER (WHERE date_deadline <= %s) AS due
                 FROM mail_activity WHERE res_model = 'credit.profile' AND active GROUP BY res_id""",
            day,
        )

    # -------------------------------------------------------------------------
    # Together
    # -------------------------------------------------------------------------

    def _sql_situation(self, day):
        """``situation``: the pieces by file, before the ranks among all customers."""
        return SQL(
            """SELECT pr.id, pr.partner_id, pr.company_id, pr.collector_id, p.user_id, co.currency_id, pr.reply_waiting,
                      %(amounts)s, f.oldest, f.days, f.claim_days / NULLIF(f.claimable, 0) AS claim_age,
                      f.reason[2]::int AS late_reason_id, f.level[2] AS level_id, f.level_date, f.has_level,
                      LEAST(f.excluded_until, CASE WHEN pr.paused_until >= %(day)s THEN pr.paused_until END) AS review_date,
                      CASE WHEN f.due > 0 AND (pr.insurance_end >= %(day)s OR pr.insurance_end IS NULL)
                           THEN COALESCE(LEAST(f.due, pr.insured_amount) * pr.insured_share / f.due, 0) ELSE 0 END
                        AS insured_share,
                      a.to_do, a.to_confirm, a.to_print, a.failed, a.call_date, a.message_date,
                      y.date AS promise_date, COALESCE(y.broken, 0) AS broken_promises,
                      CASE WHEN f.claimable > 0 AND y.last_broken IS NOT NULL AND NOT EXISTS (
                                SELECT FROM credit_collection_action c
                                 WHERE c.partner_id = pr.partner_id AND c.company_id = pr.company_id AND %(contact)s
                                   AND c.date_done >= DATE '2000-01-01' + y.last_broken[1] + 1)
                           THEN y.last_broken[2] END AS broken_promise_id,
                      d.date AS dispute_date, d.late AS disputes_late, d.answered AS disputes_answered,
                      t.date AS activity_date, COALESCE(t.due, 0) AS activities_due,
                      %(weights)s
                 FROM owed f
                 JOIN credit_profile pr ON pr.id = f.profile_id
                 JOIN res_partner p ON p.id = pr.partner_id
                 JOIN res_company co ON co.id = pr.company_id
                 JOIN res_currency cur ON cur.id = co.currency_id
                 LEFT JOIN planned a ON a.partner_id = pr.partner_id AND a.company_id = pr.company_id
                 LEFT JOIN promise y ON y.partner_id = pr.partner_id AND y.company_id = pr.company_id
                 LEFT JOIN dispute d ON d.partner_id = pr.partner_id AND d.company_id = pr.company_id
                 LEFT JOIN activity t ON t.res_id = pr.id""",
            day=day,
            amounts=SQL(", ").join(
                SQL("ROUND(COALESCE(%s, 0)::numeric, cur.decimal_places) AS %s", SQL.identifier("f", name), SQL(name))
                for name in ("due", "overdue", "claimable", "promised", "disputed", "unallocated")
            ),
            contact=self._sql_is_contact("c"),
            weights=self._sql_weights(),
        )

    def _sql_is_contact(self, alias):
        return SQL("%(a)s.state = 'sent' AND %(a)s.channel <> 'manual'", a=SQL.identifier(alias))

    def _sql_weights(self):
        """What each factor counts for at most; together 100."""
        total = SQL(" + ").join(SQL.identifier("co", f"followup_weight_{name}") for name in FACTORS)
        return SQL(", ").join(
            SQL(
                "100.0 * %s / NULLIF(%s, 0) AS %s",
                SQL.identifier("co", f"followup_weight_{name}"),
                total,
                SQL.identifier(f"most_{name}"),
            )
            for name in FACTORS
        )

    def _sql_columns(self, day):
        """The columns of the model but the priority, which sums the points up."""
        at_stake = SQL("GREATEST(o.claimable - o.unallocated, 0)")
        plain = ("id", "partner_id", "company_id", "collector_id", "user_id", "currency_id", "reply_waiting", "oldest")
        amounts = ("due", "overdue", "claimable", "promised", "disputed", "unallocated")
        counts = (*TO_DO, "broken_promises")
        others = ("broken_promise_id", "late_reason_id", "level_id", "insured_share")
        next_date, next_kind = self._sql_next_action()
        no_next = SQL("(o.claimable > 0 AND %s IS NULL AND o.has_level IS NOT TRUE)", next_date)
        return {
            **{name: SQL.identifier("o", name) for name in (*plain, *amounts, *others)},
            **{name: SQL("COALESCE(%s, 0)", SQL.identifier("o", name)) for name in counts},
            "profile_id": SQL("o.id"),
            "days_overdue": SQL("COALESCE(o.days, 0)"),
            "at_stake": at_stake,
            "last_contact": SQL(
                """(SELECT MAX(c.date_done) FROM credit_collection_action c
                     WHERE c.partner_id = o.partner_id AND c.company_id = o.company_id AND %s)""",
                self._sql_is_contact("c"),
            ),
            "next_action_date": next_date,
            "next_action": next_kind,
            "no_next_action": no_next,
            "act_today": self._sql_act_today(no_next),
            **self._sql_ranks(at_stake),
        }

    def _sql_next_action(self):
        """Return the day of what is planned first, and what it is; of several that day, what a person does comes first."""
        kinds = [kind for kind, _label in self._fields["next_action"].selection]
        dates = {kind: SQL.identifier("o", f"{kind}_date") for kind in kinds}
        first = SQL("LEAST(%s)", SQL(", ").join(dates.values()))
        whens = SQL(" ").join(SQL("WHEN %s THEN %s", day, kind) for kind, day in dates.items())
        return first, SQL("CASE %s %s END", first, whens)

    def _sql_act_today(self, no_next):
        return SQL(
            "(%s > 0 OR COALESCE(o.reply_waiting, FALSE) OR o.broken_promise_id IS NOT NULL OR %s)",
            SQL(" + ").join(SQL("COALESCE(%s, 0)", SQL.identifier("o", name)) for name in TO_DO),
            no_next,
        )

    def _sql_ranks(self, at_stake):
        """The points, and how much of all that is overdue this customer and the larger ones make. Who has nothing at stake
        has no points: the amount is ranked among the others.
        """

        def points(name, expression):
            most = SQL.identifier("o", f"most_{name}")
            return SQL("CASE WHEN %s > 0 THEN ROUND((%s * (%s))::numeric)::int ELSE 0 END", at_stake, most, expression)

        largest_first = SQL("OVER (PARTITION BY o.company_id ORDER BY o.overdue DESC, o.id)")
        total = SQL("NULLIF(SUM(o.overdue) OVER (PARTITION BY o.company_id), 0)")
        return {
            "points_amount": points(
                "amount",
                SQL("CUME_DIST() OVER (PARTITION BY o.company_id, %(s)s > 0 ORDER BY %(s)s)", s=at_stake),
            ),
            "points_age": points("age", SQL("LEAST(o.claim_age / %s, 1)", FULL_AGE)),
            "points_promises": points("promises", SQL("LEAST(o.broken_promises / %s::numeric, 1)", FULL_PROMISES)),
            "points_risk": points("risk", SQL("1 - LEAST(o.insured_share, 1)")),
            "cumulative_share": SQL(
                "(CASE WHEN o.overdue > 0 THEN SUM(o.overdue) %s / %s ELSE 0 END)::float", largest_first, total
            ),
            "is_vital": SQL(
                "o.overdue > 0 AND 100 * (SUM(o.overdue) %s - o.overdue) < %s * SUM(o.overdue) OVER (PARTITION BY o.company_id)",
                largest_first,
                VITAL_PERCENT,
            ),
        }
