from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

# What is told of the next level and its day; left out where only its existence is asked for.
DATED = (
    *("next_level_id", "next_date", "next_channel", "send_channel", "next_automatic", "next_day", "next_rank"),
    *("chase_state", "recent_contacts", "unallocated_amount", "unallocated_share"),
)


class CreditOpenItem(models.Model):
    """The policy of the open item in SQL, in named pieces: what may be chased, and what comes next. Aliases, beside those of
    the facts: ``pr`` the collection file, ``ij`` the insolvency, ``s`` the scenario, ``la``/``pe`` the item's latest and its
    pending action line, ``n`` the next level, ``f`` the customer's money.
    """

    _inherit = "credit.open.item"  # pylint: disable=consider-merging-classes-inherited

    def _sql_policy(self, day, past):
        """The columns of level and state; empty for a past day."""
        undated = self.env.context.get("credit_undated")
        policy = {
            "disputed_amount": self._sql_disputed_part(),
            "claimable_amount": self._sql_claim("currency"),
            "claimable_company": self._sql_claim("company"),
            "unallocated_amount": SQL("f.payments + f.credit_notes"),
            "unallocated_share": SQL(
                "ROUND(100 * (f.payments + f.credit_notes) / NULLIF(%s, 0), 1)", self._sql_claim_base()
            ),
            "promise_id": SQL("po.id"),
            "promised_date": SQL("po.date_promised"),
            "profile_id": SQL("pr.id"),
            "collector_id": SQL("pr.collector_id"),
            "recipient_id": self._sql_recipient(),
            "scenario_id": SQL("s.id"),
            # past its deadline, a dispute claims again only what a person has looked at
            "always_confirm": SQL("COALESCE(pr.always_confirm OR dp.is_late, FALSE)"),
            "paused_until": SQL("pr.paused_until"),
            "followup_excluded_until": SQL("i.followup_excluded_until"),
            "is_held": SQL()
            if past
            else SQL("COALESCE(%s OR %s, FALSE)", self._sql_excluded(day), self._sql_stopped(day)),
            "dunning_level_id": SQL("la.level_id"),
            "level_date": SQL("la.date_done"),
            "last_written_date": SQL("la.written_date"),
            "has_next_level": SQL("st.level_id IS NOT NULL"),
            "next_level_id": SQL("n.level_id"),
            "next_date": SQL("n.date"),
            "next_channel": SQL("n.channel"),
            "send_channel": self._sql_send_channel(),
            "next_automatic": SQL("n.automatic"),
            "next_day": SQL("n.day"),
            "next_rank": SQL("n.rank"),
            "recent_contacts": SQL("COALESCE(cn.count, 0)"),
            "chase_state": SQL() if past or undated else self._sql_chase_state(day),  # its rules look settings up
        }
        empty = policy.keys() if past else DATED if undated else ()
        return {**policy, **{name: SQL("NULL::%s", SQL(self._fields[name].column_type[1])) for name in empty}}

    def _sql_chase_state(self, day):
        rules = SQL(" ").join(SQL("WHEN %s THEN %s", rule, state) for state, rule in self._sql_chase_rules(day))
        return SQL("CASE %s ELSE 'chase' END", rules)

    def _sql_chase_rules(self, day):
        """Return (state, condition) in order of precedence: decisions, then calendar, money, contact."""
        rules = [
            ("credit", self._sql_is_credit()),
            ("excluded", self._sql_excluded(day)),
            ("stopped", self._sql_stopped(day)),
            ("prepared", SQL("pe.id IS NOT NULL")),
            ("disputed", SQL("dp.amount > 0 AND %s = 0", self._sql_claim("currency"))),
            ("promised", SQL("po.id IS NOT NULL")),
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
    def _sql_stopped(self, day):
        """A pause, or a debt older than the insolvency."""
        return SQL("(pr.paused_until >= %s OR i.date < ij.insolvency_date)", day)

    @api.model
    def _sql_claim(self, kind):
        """What may be claimed of the item: open, not disputed, and not matched with anything, dated later or not."""
        free, residual, disputed = (
            (SQL("i.free_currency"), SQL("i.residual_currency"), SQL("dp.amount"))
            if kind == "currency"
            else (SQL("i.free"), SQL("i.residual"), self._sql_disputed_company())
        )
        return SQL(
            """CASE WHEN %(credit)s THEN LEAST(%(free)s, 0)
                    ELSE GREATEST(LEAST(%(free)s, %(residual)s) - COALESCE(%(disputed)s, 0), 0) END""",
            credit=self._sql_is_credit(),
            free=free,
            residual=residual,
            disputed=disputed,
        )

    # -- disputes ---------------------------------------------------------------

    def _sql_disputed(self, day):
        """``disputed``: by item, what is contested of it and not past the deadline on ``day``, or waits for its credit note; and
        whether some of it is past its deadline."""
        return SQL(
            """disputed AS MATERIALIZED (
                   SELECT x.move_line_id,
                          COALESCE(SUM(x.amount_open) FILTER (WHERE NOT %(late)s), 0) AS amount, BOOL_OR(%(late)s) AS is_late
                     FROM credit_dispute_line x JOIN credit_dispute d ON d.id = x.dispute_id
                    WHERE x.is_open AND x.move_line_id IS NOT NULL GROUP BY x.move_line_id)""",
            late=SQL("(d.state = 'open' AND d.date_deadline < %s)", day),
        )

    @api.model
    def _sql_disputed_part(self):
        """What is contested of the item, in its currency: never more than is open."""
        return SQL("CASE WHEN dp.amount > 0 THEN GREATEST(LEAST(dp.amount, i.residual_currency), 0) ELSE 0 END")

    @api.model
    def _sql_disputed_company(self):
        """The same in the company's currency, at the rate of what is open."""
        return SQL("ROUND(dp.amount * i.free / NULLIF(i.free_currency, 0), 2)")

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
               LEFT JOIN %(insolvent)s ij ON ij.partner_id = p.commercial_partner_id AND ij.company_id = i.company_id
               LEFT JOIN res_company co ON co.id = i.company_id
               LEFT JOIN credit_dunning_scenario s ON s.id = COALESCE(pr.scenario_id, co.followup_scenario_id)
               LEFT JOIN credit_collection_action_line la ON la.move_line_id = i.id AND la.is_latest
               LEFT JOIN credit_collection_action_line pe ON pe.move_line_id = i.id AND pe.state = 'pending'
               LEFT JOIN disputed dp ON dp.move_line_id = i.id
               LEFT JOIN credit_promise_line pl ON pl.move_line_id = i.id AND pl.is_open
               LEFT JOIN credit_promise po ON po.id = pl.promise_id AND po.kind = 'firm' AND po.date_deadline >= %(day)s
               %(step)s
               %(dated)s""",
            day=day,
            insolvent=self.env["credit.hold"]._sql_insolvent(),
            step=self._sql_next_step(day),
            dated=SQL()
            if self.env.context.get("credit_undated")
            else SQL("%s %s", self._sql_next_level(day), self._sql_money(day)),
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
        """The days on which nothing leaves, a month back and three ahead, with the next working day of each company."""
        rows = [
            SQL("(%s, %s::date, %s::date)", company.id, closed, following)
            for company in self._sql_companies()
            for closed, following in company._dunning_closed_days(day - timedelta(days=31)).items()
        ]
        rows = rows or [SQL("(0, NULL::date, NULL::date)")]
        return SQL("closed (company_id, day, following) AS (VALUES %s)", SQL(", ").join(rows))

    def _sql_next_step(self, day):
        """``st``: the step after the one reached, or the one at which the item would enter now, whichever is further. The level
        of a due date on which nothing leaves waits for the next working day."""
        return SQL(
            """LEFT JOIN step en ON en.scenario_id = s.id AND %(day)s - i.date_maturity BETWEEN en.enter_from AND en.enter_to
               LEFT JOIN passed ps ON ps.scenario_id = s.id AND ps.level_id = la.level_id
               LEFT JOIN closed c0 ON c0.company_id = i.company_id AND c0.day = i.date_maturity
                                   AND %(day)s > c0.day AND %(day)s <= c0.following
               LEFT JOIN step z ON z.scenario_id = s.id AND z.day = 0 AND z.first_of_day AND c0.day IS NOT NULL
                                AND z.rank > COALESCE(ps.rank, 0)
               LEFT JOIN step st ON st.scenario_id = s.id AND st.rank = COALESCE(z.rank, GREATEST(en.rank, ps.rank + 1))
                                 AND NOT %(credit)s AND (st.day > 0 OR i.date_maturity >= %(day)s OR z.rank IS NOT NULL)""",
            day=day,
            credit=self._sql_is_credit(),
        )

    def _sql_next_level(self, day):
        """``n``: the next level, that of ``st``, and the days that decide when it leaves. A call whose day has not come gives
        way to the written level after it when that one's day has; it never falls on the day of the step before it.
        """

        def dates(step, anchor):
            return SQL(
                """GREATEST(COALESCE(%(anchor)s.date_done + %(step)s.delay_days, i.date_maturity + %(step)s.day),
                            CASE WHEN %(step)s.day > 0 THEN i.date_maturity + 1 END)""",
                anchor=SQL.identifier(anchor),
                step=SQL.identifier(step),
            )

        return SQL(
            """LEFT JOIN credit_dunning_level lv ON lv.id = la.level_id
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
                  FROM (SELECT i.id, line_partner_id, company_id, currency_id,
                               CASE WHEN dp.amount > 0 THEN GREATEST(free - %(disputed)s, 0) ELSE free END AS free,
                               CASE WHEN dp.amount > 0 THEN GREATEST(free_currency - dp.amount, 0) ELSE free_currency END
                                 AS free_currency,
                               display_type, no_followup, followup_excluded_until, date, date_maturity
                          FROM item i LEFT JOIN disputed dp ON dp.move_line_id = i.id
                        UNION ALL
                        SELECT id, line_partner_id, company_id, currency_id, free, free_currency, NULL, NULL, NULL, date, date
                          FROM (%(bank)s) b) i
                  JOIN res_partner fp ON fp.id = i.line_partner_id
                  LEFT JOIN %(insolvent)s fj
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
            disputed=self._sql_disputed_company(),
            insolvent=self.env["credit.hold"]._sql_insolvent(),
            bank=self._sql_bank_lines(day),
            overdue=SQL("i.date_maturity < %s", day),
        )
