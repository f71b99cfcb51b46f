from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL


class CreditOpenItem(models.Model):
    """The rules of the open item in SQL, in named pieces. Aliases: ``i`` the item, ``m`` its entry, ``p`` its partner,
    ``pr`` the collection file, ``s`` the scenario, ``la``/``pe`` its latest and its pending action line, ``n`` the next
    level, ``f`` the customer's money.
    """

    _inherit = "credit.open.item"  # pylint: disable=consider-merging-classes-inherited

    @property
    def _table_query(self):
        day = self._as_of()
        past = day < fields.Date.context_today(self)
        policy = not past and not self.env.context.get("credit_facts_only")
        items = self._sql_items_past(day) if past else self._sql_items_today(day)
        columns = {**self._sql_facts(day), **self._sql_policy(day, not policy)}
        if policy:
            # the entry's, because PostgreSQL has no statistics of a CTE and would expect one item in 200 to be of a company
            columns["company_id"] = SQL("m.company_id")
        return SQL(
            """WITH %(common)s
               SELECT %(columns)s
                 FROM %(items)s i
                 LEFT JOIN account_move m ON m.id = i.move_id
                 LEFT JOIN res_partner p ON p.id = i.line_partner_id
                 %(policy)s""",
            common=self._sql_common(day, past, items if policy else None),
            columns=SQL(", ").join(
                SQL("%s AS %s", expression, SQL.identifier(name)) for name, expression in columns.items()
            ),
            items=SQL("item") if policy else SQL("(%s)", items),
            policy=self._sql_policy_joins(day) if policy else SQL(),
        )

    def _sql_common(self, day, past, items):
        """The WITH clause: matches that do not count on that day and, for the policy, the items (read twice: one by one and
        summed by customer) and the scenarios' steps.
        """
        clauses = [self._sql_uncounted(day, past)]
        if items:
            clauses += [SQL("item AS MATERIALIZED (%s)", items), self._sql_steps(), self._sql_closed_days(day)]
        return SQL(", ").join(clauses)

    def _sql_uncounted(self, day, past):
        """Matches that the stored residuals count although the ledger of that day does not: of an entry that was reset to
        draft (core keeps the match) and, for today, dated later. They are few; each line gets its amounts back.
        """
        columns = SQL(
            "p.id, p.debit_move_id, p.credit_move_id, p.amount, p.debit_amount_currency, p.credit_amount_currency"
        )
        unposted = SQL(" UNION ").join(
            SQL(
                """SELECT %s FROM account_move m JOIN account_move_line l ON l.move_id = m.id
                     JOIN account_partial_reconcile p ON %s = l.id
                    WHERE m.state <> 'posted' AND p.max_date <= %s""",
                columns,
                side,
                day,
            )
            for side in (SQL("p.debit_move_id"), SQL("p.credit_move_id"))
        )
        later = SQL("SELECT %s FROM account_partial_reconcile p WHERE p.max_date > %s", columns, day)
        return SQL(
            """uncounted AS MATERIALIZED (%s),
               back AS MATERIALIZED (
                   SELECT line_id, SUM(amount) AS amount, SUM(amount_currency) AS amount_currency
                     FROM (SELECT debit_move_id AS line_id, amount, debit_amount_currency AS amount_currency FROM uncounted
                           UNION ALL
                           SELECT credit_move_id, -amount, -credit_amount_currency FROM uncounted) u
                    GROUP BY line_id)""",
            unposted if past else SQL(" UNION ").join([unposted, later]),
        )

    _ITEM_COLUMNS = SQL(
        """l.id, l.move_id, l.partner_id AS line_partner_id, l.company_id, l.currency_id, l.company_currency_id, l.move_name,
           l.date, COALESCE(l.date_maturity, l.date) AS date_maturity, l.display_type, l.no_followup,
           l.followup_excluded_until"""
    )

    def _sql_items_today(self, day):
        """The open lines by core's stored residual; and the lines that only an uncounted match makes look settled."""

        receivable = self._sql_receivable()

        def branch(join, condition):
            return SQL(
                """SELECT %(columns)s, l.amount_residual AS free, l.amount_residual_currency AS free_currency,
                          l.amount_residual + COALESCE(b.amount, 0) AS residual,
                          l.amount_residual_currency + COALESCE(b.amount_currency, 0) AS residual_currency
                     FROM account_move_line l
                     %(join)s JOIN back b ON b.line_id = l.id
                    WHERE %(receivable)s AND l.parent_state = 'posted' AND l.date <= %(day)s AND %(condition)s""",
                columns=self._ITEM_COLUMNS,
                receivable=receivable,
                join=join,
                day=day,
                condition=condition,
            )

        return SQL(
            "%s UNION ALL %s",
            branch(
                SQL("LEFT"),
                SQL("l.reconciled IS NOT TRUE AND (l.amount_residual <> 0 OR l.amount_residual_currency <> 0)"),
            ),
            branch(SQL(), SQL("l.reconciled IS TRUE AND (b.amount <> 0 OR b.amount_currency <> 0)")),
        )

    def _sql_receivable(self):
        """The condition on journal items ``l``: of receivable accounts and, when rows were named, of their customers only.

        With the ids in the statement, PostgreSQL knows how many items there are. It would compile so long a statement for
        longer than it runs: jit is off until the end of the transaction.
        """
        accounts = self._sql_ids(
            SQL(
                "SELECT id FROM account_account, set_config('jit', 'off', TRUE) WHERE account_type = 'asset_receivable'"
            )
        )
        condition = SQL("l.account_id IN %s", accounts)
        column, ids = self.env.context.get("credit_rows") or ("id", self._ids)
        if not ids or column not in ("id", "move_id", "partner_id"):
            return condition
        if column == "partner_id":
            named = SQL("SELECT id FROM res_partner WHERE commercial_partner_id IN %s", tuple(ids))
            return SQL("%s AND l.partner_id IN %s", condition, self._sql_ids(named))
        named = SQL(
            """SELECT DISTINCT c.id FROM account_move_line k JOIN res_partner p ON p.id = k.partner_id
                 JOIN res_partner c ON c.commercial_partner_id = p.commercial_partner_id WHERE %s IN %s""",
            SQL.identifier("k", column),
            tuple(ids),
        )
        return SQL(
            "%s AND (l.partner_id IN %s OR l.partner_id IS NULL AND %s IN %s)",
            condition,
            self._sql_ids(named),
            SQL.identifier("l", column),
            tuple(ids),
        )

    def _sql_ids(self, query):
        """Return the ids that ``query`` finds, as a tuple PostgreSQL accepts."""
        self.env["account.move.line"].flush_model(["account_id", "partner_id"])
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        return tuple(row[0] for row in self.env.execute_query(query)) or (0,)

    def _sql_items_past(self, day):
        """Every line up to that day, less the matches dated up to it (``max_date``, which core keeps for this)."""

        def matched(side):
            return SQL(
                """(SELECT %(line)s AS line_id, SUM(amount) AS amount, SUM(%(currency)s) AS amount_currency
                      FROM account_partial_reconcile WHERE max_date <= %(day)s GROUP BY %(line)s)""",
                line=SQL.identifier(f"{side}_move_id"),
                currency=SQL.identifier(f"{side}_amount_currency"),
                day=day,
            )

        def residual(total, amount):
            return SQL(
                "%s - COALESCE(d.%s, 0) + COALESCE(c.%s, 0) + COALESCE(b.%s, 0)",
                SQL.identifier("l", total),
                *[SQL.identifier(amount)] * 3,
            )

        return SQL(
            """SELECT * FROM (
                   SELECT %(columns)s, %(residual)s AS residual, %(residual_currency)s AS residual_currency,
                          NULL::numeric AS free, NULL::numeric AS free_currency
                     FROM account_move_line l
                     LEFT JOIN %(debits)s d ON d.line_id = l.id
                     LEFT JOIN %(credits)s c ON c.line_id = l.id
                     LEFT JOIN back b ON b.line_id = l.id
                    WHERE %(receivable)s AND l.parent_state = 'posted' AND l.date <= %(day)s) o
                WHERE o.residual <> 0 OR o.residual_currency <> 0""",
            columns=self._ITEM_COLUMNS,
            receivable=self._sql_receivable(),
            residual=residual("balance", "amount"),
            residual_currency=residual("amount_currency", "amount_currency"),
            debits=matched("debit"),
            credits=matched("credit"),
            day=day,
        )

    def _sql_facts(self, day):
        """The columns that hold for any day."""
        overdue = SQL("%s - i.date_maturity", day)
        return {
            "id": SQL("i.id"),
            "move_line_id": SQL("i.id"),
            "move_id": SQL("i.move_id"),
            "move_name": SQL("i.move_name"),
            "ref": SQL("m.ref"),
            "partner_id": SQL("p.commercial_partner_id"),
            "company_id": SQL("i.company_id"),
            "invoice_user_id": SQL("m.invoice_user_id"),
            "date": SQL("i.date"),
            "date_maturity": SQL("i.date_maturity"),
            "days_overdue": overdue,
            "bucket": SQL(
                """CASE WHEN %(credit)s THEN 'credit' WHEN %(days)s <= 0 THEN 'not_due' WHEN %(days)s <= 30 THEN '1_30'
                        WHEN %(days)s <= 60 THEN '31_60' WHEN %(days)s <= 90 THEN '61_90' WHEN %(days)s <= 120 THEN '91_120'
                        ELSE 'over_120' END""",
                credit=self._sql_is_credit(),
                days=overdue,
            ),
            "currency_id": SQL("i.currency_id"),
            "company_currency_id": SQL("i.company_currency_id"),
            "amount_residual_currency": SQL("i.residual_currency"),
            "amount_residual": SQL("i.residual"),
            "amount_overdue": SQL(
                "CASE WHEN %s > 0 AND NOT %s THEN i.residual ELSE 0 END", overdue, self._sql_is_credit()
            ),
        }

    @api.model
    def _sql_is_credit(self):
        return SQL("(i.residual_currency < 0 OR (i.residual_currency = 0 AND i.residual < 0))")

    # -- policy: what may be chased ------------------------------------------

    def _sql_policy(self, day, past):
        """The columns of level and state; empty for a past day."""
        policy = {
            "claimable_amount": self._sql_claim("currency"),
            "claimable_company": self._sql_claim("company"),
            "unallocated_amount": SQL("f.payments + f.credit_notes"),
            "unallocated_share": SQL(
                "ROUND(100 * (f.payments + f.credit_notes) / NULLIF(%s, 0), 1)", self._sql_claim_base()
            ),
            "profile_id": SQL("pr.id"),
            "collector_id": SQL("pr.collector_id"),
            "recipient_id": self._sql_recipient(),
            "scenario_id": SQL("s.id"),
            "always_confirm": SQL("COALESCE(pr.always_confirm, FALSE)"),
            "paused_until": SQL("pr.paused_until"),
            "followup_excluded_until": SQL("i.followup_excluded_until"),
            "dunning_level_id": SQL("la.level_id"),
            "level_date": SQL("la.date_done"),
            "last_written_date": SQL("la.written_date"),
            "next_level_id": SQL("n.level_id"),
            "next_date": SQL("n.date"),
            "next_channel": SQL("n.channel"),
            "send_channel": self._sql_send_channel(),
            "next_automatic": SQL("n.automatic"),
            "next_day": SQL("n.day"),
            "next_rank": SQL("n.rank"),
            "recent_contacts": SQL("COALESCE(cn.count, 0)"),
            "chase_state": SQL(
                "CASE %s ELSE 'chase' END",
                SQL(" ").join(SQL("WHEN %s THEN %s", rule, state) for state, rule in self._sql_chase_rules(day)),
            ),
        }
        if past:
            return {name: SQL("NULL::%s", SQL(self._fields[name].column_type[1])) for name in policy}
        return policy

    def _sql_chase_rules(self, day):
        """Return (state, condition) in order of precedence: decisions, then calendar, money, contact."""
        rules = [
            ("credit", self._sql_is_credit()),
            ("excluded", self._sql_excluded(day)),
            ("stopped", SQL("(pr.paused_until >= %s OR i.date < pr.insolvency_date)", day)),
            ("prepared", SQL("pe.id IS NOT NULL")),
            ("no_scenario", SQL("s.id IS NULL")),
            ("exhausted", SQL("n.level_id IS NULL")),
            ("not_due", SQL("n.natural_date > %(day)s AND i.date_maturity >= %(day)s", day=day)),
            ("waiting", SQL("n.natural_date > %s", day)),
            ("stale", self._sql_stale()),
            ("covered", self._sql_covered()),
            ("small", SQL("%s < s.minimum_amount", self._sql_net())),
            ("reply", SQL("pr.reply_waiting")),
            ("too_soon", SQL("n.gap_date > %s", day)),
            ("waiting", SQL("n.date > %s", day)),
            ("not_live", SQL("(s.live AND s.active) IS NOT TRUE")),
            ("daily_max", self._sql_daily_max(day)),
        ]
        # at the re-check: its own reminder; what holds a company's mails as a whole drops no line of them
        ignored = {"prepared", "stale", "daily_max"} if self.env.context.get("credit_ignore_prepared") else set()
        return [(state, rule) for state, rule in rules if state not in ignored]

    def _sql_excluded(self, day):
        """No customer, core's switches, an end date not yet reached, a payment in process that has no entry yet, or an old
        debt."""
        return SQL(
            """(p.id IS NULL OR i.no_followup OR i.followup_excluded_until >= %(day)s
                OR m.payment_state IN ('blocked', 'in_payment') OR m.payment_state = 'paid' AND i.free > 0 OR %(old)s)""",
            day=day,
            old=self._sql_before_cutoff(),
        )

    @api.model
    def _sql_claim(self, kind):
        """What may be claimed of the item: open, and not matched with anything, dated later or not."""
        free, residual = (
            (SQL("i.free_currency"), SQL("i.residual_currency"))
            if kind == "currency"
            else (SQL("i.free"), SQL("i.residual"))
        )
        return SQL(
            "CASE WHEN %(credit)s THEN LEAST(%(free)s, 0) ELSE GREATEST(LEAST(%(free)s, %(residual)s), 0) END",
            credit=self._sql_is_credit(),
            free=free,
            residual=residual,
        )

    @api.model
    def _sql_claim_base(self):
        """What unallocated money is compared with: the customer's overdue amount in the currency; before the due date, all."""
        return SQL("CASE WHEN i.date_maturity < n.today THEN f.overdue ELSE f.open END")

    @api.model
    def _sql_net(self):
        """What the customer owes net of credits, in the company's currency."""
        return SQL("CASE WHEN i.date_maturity < n.today THEN f.net_overdue ELSE f.net_open END")

    @api.model
    def _sql_covered(self):
        """Payments from the threshold on, or credits of any kind that cover the whole claim; or nothing left to claim."""
        return SQL(
            """(%(claim)s = 0 OR (f.payments > 0 AND 100 * f.payments >= s.unallocated_threshold::numeric * (%(base)s))
                OR (f.payments + f.credit_notes > 0 AND f.payments + f.credit_notes >= (%(base)s)))""",
            claim=self._sql_claim("currency"),
            base=self._sql_claim_base(),
        )

    @api.model
    def _sql_recipient(self):
        """The collection contact, else the invoice contact, else the customer; each only if it has a usable address."""
        usable = SQL("COALESCE(x.email, '') <> '' AND x.email_normalized IS DISTINCT FROM pr.bounced_email")
        return SQL(
            """COALESCE(
                (SELECT x.id FROM credit_profile_res_partner_rel r JOIN res_partner x ON x.id = r.res_partner_id
                  WHERE r.credit_profile_id = pr.id AND x.active AND %(usable)s ORDER BY x.id LIMIT 1),
                (SELECT x.id FROM res_partner x WHERE x.commercial_partner_id = p.commercial_partner_id AND x.active
                    AND x.type = 'invoice' AND x.id <> p.commercial_partner_id AND %(usable)s ORDER BY x.id LIMIT 1),
                p.commercial_partner_id)""",
            usable=usable,
        )

    @api.model
    def _sql_send_channel(self):
        """By what the next level ``n`` would really go: where the customer has no address for its channel, by the next one.

        A registered letter stays one; without any address, the level's channel stays, and fails visibly.
        """
        return SQL(
            """CASE WHEN n.channel = 'email' AND %(post)s AND NOT %(mail)s THEN 'letter'
                    WHEN n.channel = 'letter' AND NOT %(post)s AND n.registered IS NOT TRUE AND %(mail)s THEN 'email'
                    ELSE n.channel END""",
            mail=self._sql_has_email(),
            post=self._sql_has_postal_address(),
        )

    @api.model
    def _sql_has_email(self):
        return SQL(
            """EXISTS (SELECT FROM res_partner x WHERE x.id = %s AND COALESCE(x.email, '') <> ''
                          AND x.email_normalized IS DISTINCT FROM pr.bounced_email)""",
            self._sql_recipient(),
        )

    @api.model
    def _sql_has_postal_address(self):
        return SQL(
            """EXISTS (SELECT FROM res_partner x WHERE x.id = p.commercial_partner_id AND COALESCE(x.city, '') <> ''
                          AND COALESCE(NULLIF(x.street, ''), x.street2, '') <> '')"""
        )

    def _sql_policy_joins(self, day):
        return SQL(
            """LEFT JOIN credit_profile pr ON pr.partner_id = p.commercial_partner_id AND pr.company_id = i.company_id
               LEFT JOIN res_company co ON co.id = i.company_id
               LEFT JOIN credit_dunning_scenario s ON s.id = COALESCE(pr.scenario_id, co.followup_scenario_id)
               LEFT JOIN credit_collection_action_line la ON la.move_line_id = i.id AND la.is_latest
               LEFT JOIN credit_collection_action_line pe ON pe.move_line_id = i.id AND pe.state = 'pending'
               %(next)s
               %(money)s""",
            next=self._sql_next_level(day),
            money=self._sql_money(day),
        )

    def _sql_steps(self):
        """The levels of each scenario as steps 1, 2, …, with what an item's next level is looked up by.

        ``enter_from``/``enter_to``: the days overdue at which an item without a level enters at this step. Before the due
        date, at the last step whose day has come; after it, at the first step past the due date, however late.
        ``written_rank``: the first step from here on that is not a call. ``passed``: for any level of the company, how many
        steps of the scenario it stands for: its own rank, else the steps up to its nominal day (scenario changed midway).
        """
        return SQL(
            """step AS MATERIALIZED (
                   SELECT o.*, MIN(CASE WHEN o.channel <> 'call' THEN o.rank END)
                            OVER (PARTITION BY o.scenario_id ORDER BY o.rank ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
                            AS written_rank,
                          CASE WHEN NOT o.first_of_day THEN 1 WHEN o.rank = 1 THEN -100000 WHEN o.day <= 0 THEN o.day
                               WHEN o.first_after THEN 1 ELSE 1 END AS enter_from,
                          CASE WHEN NOT o.first_of_day THEN 0 WHEN o.day <= 0 THEN LEAST(COALESCE(o.following_day - 1, 0), 0)
                               WHEN o.first_after THEN 100000 ELSE 0 END AS enter_to
                     FROM (SELECT l.id AS level_id, l.scenario_id, l.channel, l.automatic, l.registered, l.day, l.delay_days,
                                  l.anchor_level_id,
                                  ROW_NUMBER() OVER ranked AS rank,
                                  ROW_NUMBER() OVER (PARTITION BY l.scenario_id, l.day ORDER BY l.sequence, l.id) = 1
                                    AS first_of_day,
                                  l.day > 0 AND ROW_NUMBER() OVER
                                    (PARTITION BY l.scenario_id, l.day > 0 ORDER BY l.day, l.sequence, l.id) = 1 AS first_after,
                                  MIN(l.day) OVER (PARTITION BY l.scenario_id ORDER BY l.day
                                                   RANGE BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS following_day
                             FROM credit_dunning_level l WHERE l.active
                           WINDOW ranked AS (PARTITION BY l.scenario_id ORDER BY l.day, l.sequence, l.id)) o),
               passed AS MATERIALIZED (
                   SELECT s.id AS scenario_id, l.id AS level_id,
                          COALESCE(own.rank, (SELECT COUNT(*) FROM step t WHERE t.scenario_id = s.id AND t.day <= l.day)) AS rank
                     FROM credit_dunning_scenario s
                     JOIN credit_dunning_scenario z ON z.company_id = s.company_id
                     JOIN credit_dunning_level l ON l.scenario_id = z.id
                     LEFT JOIN step own ON own.level_id = l.id AND own.scenario_id = s.id)"""
        )

    def _sql_closed_days(self, day):
        """The days on which nothing leaves, a month back and a year ahead, with the next working day of each company."""
        rows = [
            SQL("(%s, %s::date, %s::date)", company.id, closed, following)
            for company in self._sql_companies()
            for closed, following in company._dunning_closed_days(day - timedelta(days=31)).items()
        ]
        rows = rows or [SQL("(0, NULL::date, NULL::date)")]
        return SQL("closed (company_id, day, following) AS (VALUES %s)", SQL(", ").join(rows))

    def _sql_next_level(self, day):
        """``n``: the next level of the item and the days that decide when it leaves.

        The step after the one reached, or the one at which the item would enter now, whichever is further. A call whose
        day has not come gives way to the written level after it when that one's day has; it never falls on the day of the
        step before it. The level of a due date on which nothing leaves is due on the next working day.
        """

        def dates(step, anchor):
            return SQL(
                """GREATEST(COALESCE(%(anchor)s.date_done + %(step)s.delay_days, i.date_maturity + %(step)s.day),
                            CASE WHEN %(step)s.day > 0 THEN i.date_maturity + 1 END)""",
                anchor=SQL.identifier(anchor),
                step=SQL.identifier(step),
            )

        return SQL(
            """LEFT JOIN step en ON en.scenario_id = s.id AND %(day)s - i.date_maturity BETWEEN en.enter_from AND en.enter_to
               LEFT JOIN passed ps ON ps.scenario_id = s.id AND ps.level_id = la.level_id
               LEFT JOIN closed c0 ON c0.company_id = i.company_id AND c0.day = i.date_maturity
                                   AND %(day)s > c0.day AND %(day)s <= c0.following
               LEFT JOIN step z ON z.scenario_id = s.id AND z.day = 0 AND z.first_of_day AND c0.day IS NOT NULL
                                AND z.rank > COALESCE(ps.rank, 0)
               LEFT JOIN step st ON st.scenario_id = s.id AND st.rank = COALESCE(z.rank, GREATEST(en.rank, ps.rank + 1))
                                 AND NOT %(credit)s AND (st.day > 0 OR i.date_maturity >= %(day)s OR z.rank IS NOT NULL)
               LEFT JOIN credit_dunning_level lv ON lv.id = la.level_id
               LEFT JOIN step sw ON sw.scenario_id = s.id AND sw.rank = st.written_rank
               LEFT JOIN credit_collection_action_line ast
                      ON ast.move_line_id = i.id AND ast.level_id = st.anchor_level_id AND ast.state = 'reached'
               LEFT JOIN credit_collection_action_line asw
                      ON asw.move_line_id = i.id AND asw.level_id = sw.anchor_level_id AND asw.state = 'reached'
               LEFT JOIN %(written_to)s wr ON wr.partner_id = p.commercial_partner_id AND wr.company_id = i.company_id
               LEFT JOIN %(contacts)s cn ON cn.partner_id = p.commercial_partner_id AND cn.company_id = i.company_id
               CROSS JOIN LATERAL (
                   SELECT %(day)s::date AS today,
                          CASE WHEN st.channel = 'call' THEN GREATEST(%(step_date)s, la.date_done + 1)
                               ELSE %(step_date)s END AS step_date,
                          %(written_date)s AS written_date,
                          GREATEST(CASE WHEN la.written_date > i.date_maturity AND lv.day > 0
                                        THEN la.written_date + s.gap_days END,
                                   CASE WHEN wr.partner_id IS NOT NULL THEN %(day)s::date + 1 END) AS gap_date) d
               CROSS JOIN LATERAL (
                   SELECT st.channel = 'call' AND d.step_date > d.today AND d.written_date <= d.today AS overtaken) v
               CROSS JOIN LATERAL (
                   SELECT d.today,
                          CASE WHEN v.overtaken THEN sw.level_id ELSE st.level_id END AS level_id,
                          CASE WHEN v.overtaken THEN sw.channel ELSE st.channel END AS channel,
                          CASE WHEN v.overtaken THEN sw.automatic ELSE st.automatic END AS automatic,
                          CASE WHEN v.overtaken THEN sw.registered ELSE st.registered END AS registered,
                          CASE WHEN v.overtaken THEN sw.day ELSE st.day END AS day,
                          CASE WHEN v.overtaken THEN sw.rank ELSE st.rank END AS rank,
                          CASE WHEN v.overtaken THEN d.written_date ELSE d.step_date END AS natural_date,
                          GREATEST(CASE WHEN st.channel = 'call' AND NOT v.overtaken THEN NULL ELSE d.gap_date END,
                                   CASE WHEN cn.free_on > d.today THEN cn.free_on END) AS gap_date) e
               LEFT JOIN closed cl ON cl.company_id = i.company_id AND cl.day = GREATEST(e.natural_date, e.gap_date, e.today)
               CROSS JOIN LATERAL (
                   SELECT e.*, CASE WHEN e.level_id IS NOT NULL
                                    THEN COALESCE(cl.following, GREATEST(e.natural_date, e.gap_date, e.today)) END AS date) n""",
            day=day,
            written_to=self._sql_written_to(day),
            contacts=self._sql_contacts(day),
            credit=self._sql_is_credit(),
            step_date=dates("st", "ast"),
            written_date=dates("sw", "asw"),
        )

    def _sql_written_to(self, day):
        """The customers who get a written reminder that day already: one message per customer and day is enough."""
        return SQL(
            """(SELECT DISTINCT partner_id, company_id FROM credit_collection_action
                 WHERE date_planned = %s AND channel <> 'call' AND channel <> 'manual' AND level_id IS NOT NULL
                   AND state NOT IN ('void', 'cancelled') AND NOT %s)""",
            day,
            bool(self.env.context.get("credit_ignore_prepared")),
        )

    def _sql_money(self, day):
        """``f``: what the customer has paid or been credited without allocation, on the bank account too, and what it owes."""
        return SQL(
            """LEFT JOIN (
                SELECT fp.commercial_partner_id, i.company_id, i.currency_id,
                       COALESCE(-SUM(i.free_currency) FILTER (WHERE i.free < 0
                             AND i.display_type IS DISTINCT FROM 'payment_term'), 0) AS payments,
                       COALESCE(-SUM(i.free_currency) FILTER (WHERE i.free < 0
                             AND i.display_type = 'payment_term'), 0) AS credit_notes,
                       COALESCE(SUM(i.free_currency) FILTER (WHERE %(claimed)s AND %(overdue)s), 0) AS overdue,
                       COALESCE(SUM(i.free_currency) FILTER (WHERE %(claimed)s), 0) AS open,
                       SUM(COALESCE(SUM(i.free) FILTER (WHERE i.free < 0 OR %(claimed)s AND %(overdue)s), 0))
                         OVER (PARTITION BY fp.commercial_partner_id, i.company_id) AS net_overdue,
                       SUM(COALESCE(SUM(i.free) FILTER (WHERE i.free < 0 OR %(claimed)s), 0))
                         OVER (PARTITION BY fp.commercial_partner_id, i.company_id) AS net_open
                  FROM (SELECT id, line_partner_id, company_id, currency_id, free, free_currency, display_type, no_followup,
                               followup_excluded_until, date, date_maturity FROM item
                        UNION ALL
                        SELECT id, line_partner_id, company_id, currency_id, free, free_currency, NULL, NULL, NULL, date, date
                          FROM (%(bank)s) b) i
                  JOIN res_partner fp ON fp.id = i.line_partner_id
                  LEFT JOIN (SELECT partner_id, company_id, insolvency_date FROM credit_profile
                              WHERE insolvency_date IS NOT NULL) fj
                         ON fj.partner_id = fp.commercial_partner_id AND fj.company_id = i.company_id
                 GROUP BY fp.commercial_partner_id, i.company_id, i.currency_id) f
                ON f.commercial_partner_id = p.commercial_partner_id AND f.company_id = i.company_id
                   AND f.currency_id = i.currency_id""",
            claimed=SQL(
                """i.free > 0 AND (i.no_followup OR i.followup_excluded_until >= %s OR i.date < fj.insolvency_date OR %s)
                     IS NOT TRUE""",
                day,
                self._sql_before_cutoff(),
            ),
            bank=self._sql_bank_lines(day),
            overdue=SQL("i.date_maturity < %s", day),
        )
