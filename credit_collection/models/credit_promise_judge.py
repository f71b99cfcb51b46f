from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL, format_amount


class Judged(NamedTuple):
    """A promise, what it is and what the ledger makes of it; and its items, by the ids of their journal items."""

    id: int
    former: tuple
    state: str
    received: float
    share: float
    waits: bool
    items: list
    today: object
    replaced_by: int | None = None

    @property
    def verdict(self):
        return self.state, float(self.received), float(self.share), self.waits, self.replaced_by

    @property
    def changed(self):
        return self.verdict != self.former


class CreditPromise(models.Model):
    """How a promise is judged: a pure function of the ledger, whose rule is ``tools/promise.py``; here it is one statement
    for any number of promises. What a person decided (replaced, cancelled) is not judged.

    Money counts that was matched with the items up to the deadline. What was written off up to then is none: it only leaves
    less to wait for. A credit note of any day says that the amount was never owed. What unallocated payments cover waits
    for allocation, and stays open.
    """

    _inherit = "credit.promise"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _cron_judge(self):
        """Judge all promises but those that ended long ago: deadlines pass, and payments come that nothing is matched with
        yet."""
        since = self.env["credit.settlement"]._watched_since()
        lately = ["|", ("state", "=", "open"), ("date_deadline", ">=", since)]
        self.search([("is_decided", "=", False), *lately])._judge()

    def _judge(self):
        """Judge these promises again, and those that share an item with them; tell what changed in the collection files.

        At most one promise holds an item: of those the ledger makes open, the latest.
        """
        promises = self.sudo()
        judged = promises._with_holders(promises._judgements()) if self else []
        changed = [row for row in judged if row.changed]
        if changed:
            promises._write_judgements(changed)
        if judged:
            promises.browse(row.id for row in judged)._close_activities()

    # -------------------------------------------------------------------------
    # The ledger's verdict
    # -------------------------------------------------------------------------

    def _judgements(self):
        """Return what the ledger makes of these promises and those that share an item with them, in their order."""
        self._flush_ledger()
        # PostgreSQL would compile so long a statement for as long as it runs
        self.env.cr.execute("SET LOCAL jit = off")
        days = [SQL("(%s, %s::date)", company.id, company._dunning_today()) for company in self.company_id]
        rows = self.env.execute_query(
            SQL(
                """WITH asked AS MATERIALIZED (%(asked)s), matched AS MATERIALIZED (%(matched)s),
                        settled AS MATERIALIZED (%(settled)s),
                        summed AS MATERIALIZED (%(summed)s), missing AS MATERIALIZED (%(missing)s),
                        free AS MATERIALIZED (%(free)s), paid AS MATERIALIZED (%(paid)s)
                   SELECT s.id, s.state, s.amount_received, s.share_received, s.waits_allocation, s.replaced_by_id,
                          %(state)s, s.received, COALESCE(s.received / NULLIF(LEAST(s.amount, s.received + s.open), 0), 0),
                          s.items, s.today
                     FROM summed s LEFT JOIN paid y ON y.id = s.id
                    ORDER BY s.id""",
                asked=self._sql_asked(SQL(", ").join(days)),
                matched=self._sql_matched(),
                settled=self._sql_settled(),
                summed=self._sql_summed(),
                missing=self._sql_missing(),
                free=self._sql_free(),
                paid=self._sql_paid(),
                state=self._sql_verdict(),
            )
        )
        return [self._judged(*row) for row in rows]

    def _judged(self, id_, state, received, share, waits, replaced_by, verdict, new_received, new_share, items, today):
        former = (state, float(received or 0), float(share or 0), bool(waits), replaced_by)
        waits = verdict == "waits"
        share = round(float(new_share), 6)
        return Judged(id_, former, "open" if waits else verdict, new_received, share, waits, items, today)

    def _flush_ledger(self):
        self.flush_model()
        self.env["credit.promise.line"].flush_model()
        self.env["account.bank.statement.line"].flush_model(["is_reconciled", "partner_id"])
        self.env["credit.settlement"]._flush_ledger()

    def _sql_asked(self, days):
        """The promises to judge: these, those that share an item with them, and so on; with the company's day and the half
        unit by which amounts are compared."""
        return SQL(
            """SELECT p.id, p.company_id, p.currency_id, p.state, p.amount, p.amount_received, p.share_received,
                      p.waits_allocation, p.replaced_by_id, p.date, p.date_deadline, c.commercial_partner_id AS customer_id,
                      cur.rounding / 2 AS half, k.today
                 FROM credit_promise p
                 JOIN res_partner c ON c.id = p.partner_id
                 JOIN res_currency cur ON cur.id = p.currency_id
                 JOIN (VALUES %(days)s) AS k (company_id, today) ON k.company_id = p.company_id
                WHERE p.is_decided IS NOT TRUE
                  AND p.id IN (WITH RECURSIVE linked (id) AS (
                                      SELECT UNNEST(%(ids)s::int[])
                                       UNION
                                      SELECT q.id FROM linked k
                                        JOIN credit_promise_line x ON x.promise_id = k.id
                                        JOIN credit_promise_line o ON o.move_line_id = x.move_line_id
                                        JOIN credit_promise q ON q.id = o.promise_id AND q.is_decided IS NOT TRUE)
                               SELECT id FROM linked)""",
            days=days,
            ids=self.ids,
        )

    def _sql_matched(self):
        """What settled the items; put together once, for the same reason as in ``_sql_receipts``."""
        return self.env["credit.settlement"]._sql_receipts(
            SQL(
                """SELECT x.move_line_id FROM asked a JOIN credit_promise_line x ON x.promise_id = a.id
                    WHERE x.move_line_id IS NOT NULL"""
            )
        )

    def _sql_settled(self):
        """By item: its amount, 0 while its entry is not posted, and what settled it. An item that was given to another customer
        or currency settles nothing."""
        return SQL(
            """SELECT a.id, x.move_line_id, x.paid_before,
                      COALESCE(MAX(CASE WHEN l.parent_state = 'posted' THEN GREATEST(l.amount_currency, 0) END), 0) AS total,
                      COALESCE(SUM(m.amount) FILTER (WHERE m.kind = 'money' AND m.date <= a.date_deadline), 0) AS money,
                      COALESCE(SUM(m.amount) FILTER (WHERE m.kind = 'money' AND m.date <= a.date), 0) AS money_before,
                      COALESCE(SUM(m.amount) FILTER (WHERE m.kind = 'credit_note'
                                                        OR m.kind = 'other' AND m.date <= a.date_deadline), 0) AS other
                 FROM asked a
                 JOIN credit_promise_line x ON x.promise_id = a.id
                 LEFT JOIN (account_move_line l JOIN res_partner c ON c.id = l.partner_id)
                        ON l.id = x.move_line_id AND l.currency_id = a.currency_id
                           AND c.commercial_partner_id = a.customer_id
                 LEFT JOIN matched m ON m.move_line_id = l.id
                GROUP BY a.id, x.id"""
        )

    def _sql_summed(self):
        """By promise: the money received for it, and what was open of its items at the deadline."""
        return SQL(
            """SELECT a.*, s.items, s.open, LEAST(a.amount, s.received) AS received
                 FROM asked a
                 JOIN (SELECT id, ARRAY_REMOVE(ARRAY_AGG(move_line_id), NULL) AS items,
                              SUM(money - LEAST(paid_before, money_before)) AS received,
                              SUM(GREATEST(total - money - other, 0)) AS open
                         FROM settled GROUP BY id) s ON s.id = a.id"""
        )

    def _sql_missing(self):
        """The promises of which something is missing after their deadline."""
        return SQL(
            """SELECT id, customer_id, company_id, currency_id, date_deadline FROM summed
                WHERE date_deadline < today AND open >= half AND received <= amount - half"""
        )

    def _sql_free(self):
        """What their customers have paid that is matched with nothing, on the bank account too."""
        return SQL(
            """SELECT c.commercial_partner_id AS customer_id, l.company_id, l.currency_id, l.date,
                      -l.amount_residual_currency AS amount
                 FROM res_partner c
                 JOIN account_move_line l ON l.partner_id = c.id
                  AND l.account_id = ANY(ARRAY(SELECT id FROM account_account WHERE account_type = 'asset_receivable'))
                 JOIN account_move m ON m.id = l.move_id
                 JOIN account_journal j ON j.id = m.journal_id
                WHERE c.commercial_partner_id IN (SELECT customer_id FROM missing)
                  AND l.parent_state = 'posted' AND l.reconciled IS NOT TRUE AND l.amount_residual_currency < 0
                  AND m.move_type <> 'out_refund' AND %(is_money)s
                UNION ALL
               SELECT c.commercial_partner_id, b.company_id, b.currency_id, b.date, -b.free_currency
                 FROM res_partner c
                 JOIN (%(bank)s) b ON b.line_partner_id = c.id
                WHERE c.commercial_partner_id IN (SELECT customer_id FROM missing)""",
            is_money=self.env["credit.settlement"]._sql_is_money(),
            bank=self.env["credit.open.item"]._sql_bank_lines(fields.Date.context_today(self)),
        )

    def _sql_paid(self):
        """By promise of which something is missing: what its customer paid up to its deadline, in its currency."""
        return SQL(
            """SELECT s.id, SUM(f.amount) AS amount
                 FROM missing s
                 JOIN free f ON f.customer_id = s.customer_id AND f.company_id = s.company_id
                            AND f.currency_id = s.currency_id AND f.date <= s.date_deadline
                GROUP BY s.id"""
        )

    def _sql_verdict(self):
        """The rule of ``tools/promise.py``; ``waits`` is an open promise that waits for allocation."""
        return SQL(
            """CASE WHEN s.received > s.amount - s.half OR s.open < s.half AND s.received >= s.half THEN 'kept'
                    WHEN s.open < s.half THEN 'cancelled'
                    WHEN s.date_deadline >= s.today THEN 'open'
                    WHEN y.amount > LEAST(s.amount - s.received, s.open) - s.half THEN 'waits'
                    WHEN s.received >= s.half THEN 'partly_kept'
                    ELSE 'broken' END"""
        )

    @api.model
    def _with_holders(self, judged):
        """Return the judgements with at most one open promise for an item: an earlier one is replaced by a later one, or,
        when it only waits for allocation, is judged by what was allocated."""
        holder = {item: row.id for row in judged if row.state == "open" for item in row.items}
        result = []
        for row in judged:
            later = max((holder[item] for item in row.items if holder.get(item, 0) > row.id), default=None)
            if later and row.waits:
                row = row._replace(state="partly_kept" if row.received else "broken", waits=False)
            elif later and row.state == "open":
                row = row._replace(state="replaced", replaced_by=later)
            result.append(row)
        return result

    # -------------------------------------------------------------------------
    # What follows
    # -------------------------------------------------------------------------

    def _write_judgements(self, judged):
        """Write what changed; in SQL, because the night may judge thousands."""
        columns = [
            [row.id for row in judged],
            [row.state for row in judged],
            [row.received for row in judged],
            [row.share for row in judged],
            [row.waits for row in judged],
            [row.replaced_by for row in judged],
            [row.today for row in judged],
        ]
        self.env.cr.execute(
            SQL(
                """UPDATE credit_promise p
                      SET state = v.state, amount_received = v.received, share_received = v.share,
                          waits_allocation = v.waits, replaced_by_id = v.replaced_by,
                          received_company = ROUND(p.amount_company * v.received / p.amount, cur.decimal_places),
                          date_judged = CASE WHEN v.state = 'open' THEN NULL WHEN v.state = p.state THEN p.date_judged
                                             ELSE v.today END,
                          write_uid = %(uid)s, write_date = now() AT TIME ZONE 'UTC'
                     FROM UNNEST(%(columns)s) AS v (id, state, received, share, waits, replaced_by, today),
                          res_company co, res_currency cur
                    WHERE p.id = v.id AND co.id = p.company_id AND cur.id = co.currency_id""",
                uid=self.env.uid,
                columns=SQL(", ").join(
                    SQL("%s::%s[]", values, SQL(kind))
                    for values, kind in zip(
                        columns, ("int", "varchar", "numeric", "numeric", "bool", "int", "date"), strict=True
                    )
                ),
            )
        )
        self._hold_items([row.id for row in judged])
        moved = {row.id: row.former[0] for row in judged if row.state != row.former[0]}
        self.browse(moved)._judgement_changed(moved)

    def _hold_items(self, ids):
        """The items of promises that are not open any more are free; then, row by row as the unique index checks them, those
        of the open ones are held."""
        for is_open in (False, True):
            self.env.cr.execute(
                SQL(
                    """UPDATE credit_promise_line x SET is_open = %(open)s FROM credit_promise p
                        WHERE p.id = x.promise_id AND p.id IN %(ids)s AND (p.state = 'open') = %(open)s
                          AND x.is_open IS DISTINCT FROM %(open)s""",
                    open=is_open,
                    ids=tuple(ids),
                )
            )
        self.invalidate_model()
        self.env["credit.promise.line"].invalidate_model(["is_open"])
        self.env["credit.open.item"].invalidate_model()

    def _judgement_changed(self, former):
        """Tell what became of firm promises; of what is broken, or partly kept, the collector is asked to act, once.

        :param former: the state each was in, by id
        """
        firm = self.filtered(lambda promise: promise.kind == "firm")
        for company, mine in firm.grouped("company_id").items():
            mine = mine.with_context(lang=company.partner_id.lang or self.env.lang)
            sentences = {promise: promise._judgement_sentence() for promise in mine}
            mine._log(sentences)
            mine._ask_to_act(company, former)

    def _judgement_sentence(self):
        received = format_amount(self.env, self.amount_received, self.currency_id)
        facts = {"promise": self.display_name, "received": received}
        sentences = {
            "open": lambda: (
                self.env._("Promise of %s: open until the payments received are allocated.", self.display_name)
                if self.waits_allocation
                else self.env._("Promise of %s: open again, what had ended it was undone.", self.display_name)
            ),
            "kept": lambda: self.env._("Promise of %(promise)s kept: %(received)s received.", **facts),
            "partly_kept": lambda: self.env._(
                "Promise of %(promise)s partly kept: %(received)s received, %(share)s %%.",
                share=round(self.share_received * 100),
                **facts,
            ),
            "broken": lambda: self.env._("Promise of %s broken: nothing received.", self.display_name),
            "replaced": self._replaced_sentence,
            "cancelled": lambda: self.env._(
                "Promise of %s cancelled: what it was about was credited, cancelled or deleted.", self.display_name
            ),
        }
        return sentences[self.state]()
