from contextlib import closing
from datetime import date

from psycopg2.errors import DeadlockDetected, LockNotAvailable, SerializationFailure, UniqueViolation

from odoo import api, fields, models
from odoo.tools import SQL, LazyTranslate, split_every

from ..tools.locks import session_lock

_lt = LazyTranslate(__name__)

# Customers prepared in one transaction: enough to spread the cost of a statement, few enough to lose little.
CHUNK = 500
ATTEMPTS = 5
# What the run needs of each open item, read once.
COLUMNS = (
    "id",
    "partner_id",
    "collector_id",
    "move_name",
    "date",
    "date_maturity",
    "currency_id",
    "days_overdue",
    "claimable_amount",
    "claimable_company",
    "chase_state",
    "always_confirm",
    "last_written_date",
    "next_level_id",
    "next_channel",
    "next_automatic",
    "next_day",
    "next_rank",
)


class CreditDunningRun(models.AbstractModel):
    """The second step of the nightly run: from the open items of a company to actions, one per customer.

    Set-based. The items are read once into a temporary table; then each chunk of customers is a transaction of its own.
    One preparation at a time in a company; the unique indexes of the action lines are the last guard.
    """

    _name = "credit.dunning.run"
    _description = "Preparation of reminders"

    _LOCK_CLASS = 1129470544  # any number that no other advisory lock of two keys uses

    @api.model
    def _prepare(self, item_ids=None):
        """Prepare what may be chased today in the active company: one action per customer at the highest level due.

        Calls first, so that a call never delays the written level due the same day.

        :param item_ids: only these open items (a selection), or all
        :return: the actions prepared
        """
        company = self.env.company
        with session_lock(self.env.cr, self._LOCK_CLASS, company.id):
            self._checkpoint()  # the snapshot of before the lock does not show what its last holder did
            self._transaction(lambda: self.env["credit.profile"].sudo()._create_missing(company))
            self._transaction(lambda: self._drop_settled(company))
            if item_ids is None:
                self._transaction(lambda: self.env["credit.collection.action"].sudo()._drop_tests(company))
            self._read_items(company, item_ids)
            prepared = self.env["credit.collection.action"]
            while calls := self._prepare_pass(company, "call", item_ids):
                prepared |= calls
                self._read_items(company, item_ids, calls.sudo().partner_id.ids)
            prepared |= self._prepare_pass(company, "written", item_ids)
            if not self._rehearsal():
                self._transaction(lambda: self._ask_for_allocation(company))
            self.env.cr.execute("DROP TABLE credit_run_item")
            if len(prepared) > CHUNK:
                # until autovacuum comes by, PostgreSQL would plan as if no item waited in a reminder
                self.env.cr.execute("ANALYZE credit_collection_action_line")
            self._checkpoint()
        return prepared

    def _drop_settled(self, company):
        """What waits for a person and was settled meanwhile leaves the lists."""
        lines = (
            self.env["credit.collection.action.line"]
            .sudo()
            .search(
                [
                    ("state", "=", "pending"),
                    ("action_id.company_id", "=", company.id),
                    ("action_id.state", "in", ("to_confirm", "to_print", "failed")),
                ]
            )
        )
        items = self.env["credit.open.item"].sudo()._of_today().browse(lines.move_line_id.ids).exists()
        settled = lines - lines.filtered(lambda line, open_ids=set(items.ids): line.move_line_id.id in open_ids)
        settled._void()
        settled.action_id._cancel_settled()

    def _read_items(self, company, item_ids, partner_ids=None):
        """Keep the company's open items in a temporary table, with whether each was selected.

        :param partner_ids: only these customers, again; the table holds the others already
        """
        OpenItem = self.env["credit.open.item"].sudo()._of_today().with_context(credit_as_of=self._day())
        again = [("partner_id", "in", partner_ids)] if partner_ids else []
        query = OpenItem._search([("company_id", "=", company.id), ("partner_id", "!=", False), *again])
        columns = [
            SQL("%s AS %s", OpenItem._field_to_sql(OpenItem._table, name, query), SQL.identifier(name))
            for name in COLUMNS
        ]
        selected = SQL("TRUE")
        if item_ids is not None:
            selected = SQL("%s IN %s", OpenItem._field_to_sql(OpenItem._table, "id", query), tuple(item_ids) or (0,))
        items = query.select(*columns, SQL("%s AS selected", selected))
        self.env.flush_all()
        if again:
            self.env.cr.execute(SQL("DELETE FROM credit_run_item WHERE partner_id IN %s", tuple(partner_ids)))
            self.env.cr.execute(SQL("INSERT INTO credit_run_item %s", items))
        else:
            self.env.cr.execute("DROP TABLE IF EXISTS credit_run_item")
            self.env.cr.execute(SQL("CREATE TEMP TABLE credit_run_item AS %s", items))
            self.env.cr.execute("CREATE INDEX ON credit_run_item (partner_id)")
            self.env.cr.execute("ANALYZE credit_run_item")
        self._checkpoint()  # the table is to outlive the rollback of a chunk

    def _prepare_pass(self, company, kind, item_ids):
        """Prepare the calls, or what is written, chunk by chunk; of items read anew when someone else was in the way."""
        due = SQL("selected AND chase_state = 'chase' AND (next_channel = 'call') = %s", kind == "call")
        partners = self._partners(due)
        if kind != "call":
            partners = self._within_maximum(company, partners, due)
        actions = self.env["credit.collection.action"]
        for chunk in split_every(CHUNK, partners):
            prepared = self._transaction(
                lambda chunk=chunk: self._prepare_chunk(company, chunk, kind, due),
                again=lambda: self._read_items(company, item_ids),
            )
            actions |= prepared
            self._checkpoint(len(prepared))
        return actions

    def _partners(self, condition):
        """Return the ids of the customers with an item of that condition."""
        rows = self.env.execute_query(
            SQL("SELECT DISTINCT partner_id FROM credit_run_item WHERE %s ORDER BY partner_id", condition)
        )
        return [row[0] for row in rows]

    def _within_maximum(self, company, partner_ids, due):
        """Return the customers who may still be written to today: where the company has a maximum, the largest claims."""
        if not company.followup_daily_max:
            return partner_ids
        rows = self.env.execute_query(
            SQL(
                "SELECT partner_id, SUM(claimable_company) FROM credit_run_item WHERE %s GROUP BY partner_id",
                due,
            )
        )
        return sorted(self._largest_claims(company, dict(rows), self._day()))

    @api.model
    def _largest_claims(self, company, claims, day):
        """Return who of these customers may get a written reminder that day under the company's daily maximum.

        :param dict claims: what each customer is asked for, in the company's currency, by id
        """
        room = company._dunning_room(day).get(company, len(claims))
        amounts = {partner_id: company.currency_id.round(float(amount)) for partner_id, amount in claims.items()}
        return sorted(amounts, key=lambda partner_id: (-amounts[partner_id], partner_id))[:room]

    def _prepare_chunk(self, company, partner_ids, kind, due):
        """Insert the actions of some customers with their lines."""
        rows = self.env.execute_query(
            SQL(
                """
                WITH head AS (
                    SELECT DISTINCT ON (partner_id) partner_id, collector_id, next_level_id, next_channel,
                           next_automatic AND NOT confirm AS automatic
                      FROM (SELECT *, BOOL_OR(always_confirm AND claimable_amount <> 0) OVER (PARTITION BY partner_id) AS confirm
                              FROM credit_run_item WHERE partner_id IN %(partners)s) i
                     WHERE %(due)s
                     ORDER BY partner_id, next_day DESC, next_rank DESC
                ), way AS (
                    SELECT h.*, %(recipient)s AS recipient_id, %(channel)s AS channel,
                           COALESCE(n.registered AND n.channel = 'letter', FALSE) AS registered
                      FROM head h
                      JOIN credit_dunning_level n ON n.id = h.next_level_id
                      JOIN res_partner p ON p.id = h.partner_id
                      LEFT JOIN credit_profile pr ON pr.partner_id = h.partner_id AND pr.company_id = %(company)s
                )
                INSERT INTO credit_collection_action (partner_id, company_id, recipient_id, user_id, level_id, channel,
                            registered, state, date_planned, amount_company, is_test, create_uid, create_date, write_uid,
                            write_date)
                SELECT partner_id, %(company)s, recipient_id, collector_id, next_level_id, channel, registered,
                       CASE WHEN channel = 'call' THEN 'to_do' WHEN NOT automatic THEN 'to_confirm'
                            WHEN channel = 'letter' THEN 'to_print' ELSE 'queued' END,
                       %(today)s, 0, %(test)s, %(uid)s, now() at time zone 'UTC', %(uid)s, now() at time zone 'UTC'
                  FROM way
                 ORDER BY partner_id
                RETURNING id
                """,
                due=due,
                partners=tuple(partner_ids),
                company=company.id,
                recipient=self.env["credit.open.item"]._sql_recipient(),
                channel=self.env["credit.open.item"]._sql_send_channel(),
                today=self._day(),
                # what has not left when the test is over is taken back
                test=company._dunning_is_test(),
                uid=self.env.uid,
            )
        )
        actions = self.env["credit.collection.action"].browse([row[0] for row in rows])
        if actions:
            self._insert_lines(actions, kind, due)
            self.env["credit.dunning.recheck"]._add_bank_credits(actions)
            actions.invalidate_model()
            self.env["credit.open.item"].invalidate_model()
        return actions

    def _insert_lines(self, actions, kind, due):
        """List the items of each new action: the overdue ones are claimed, the others are shown.

        An item climbs to its own next level when it is due for one; in an action after the due date, only overdue ones
        do. A call is on the agenda from now on: its items have reached it at once, so that it holds up nothing.
        """
        call = kind == "call"
        if call:
            self.env.cr.execute(
                SQL(
                    """UPDATE credit_collection_action_line old SET is_latest = FALSE
                         FROM credit_collection_action a
                         JOIN credit_dunning_level l ON l.id = a.level_id
                         JOIN credit_run_item i ON i.partner_id = a.partner_id AND (i.days_overdue > 0 OR l.day <= 0)
                        WHERE a.id IN %s AND old.move_line_id = i.id AND old.is_latest AND %s""",
                    tuple(actions.ids),
                    due,
                )
            )
        self.env.cr.execute(
            SQL(
                """
                WITH item AS (
                    SELECT i.*, a.id AS action_id, l.day AS head_day, a.create_uid, a.create_date,
                           (%(due)s) AND (i.days_overdue > 0 OR l.day <= 0) AS climbs
                      FROM credit_collection_action a
                      JOIN credit_dunning_level l ON l.id = a.level_id
                      JOIN credit_run_item i ON i.partner_id = a.partner_id
                     WHERE a.id IN %(ids)s
                ), listed AS (
                    SELECT *, BOOL_OR(chase_state = 'covered' AND days_overdue > 0) OVER money
                           OR SUM(CASE WHEN chase_state = 'credit' OR climbs OR days_overdue > 0 AND head_day > 0
                                       THEN claimable_amount ELSE 0 END) OVER money <= 0 AS held
                      FROM item
                     WHERE claimable_amount <> 0 AND (climbs OR head_day > 0 OR chase_state = 'credit')
                       AND chase_state NOT IN ('excluded', 'stopped', 'prepared', 'disputed', 'planned', 'promised')
                    WINDOW money AS (PARTITION BY action_id, currency_id)
                ), line AS (
                    INSERT INTO credit_collection_action_line (action_id, move_line_id, move_name, date, date_maturity,
                                currency_id, amount, kind, level_id, state, is_latest, date_done, written_date,
                                create_uid, create_date, write_uid, write_date)
                    SELECT action_id, id, move_name, date, date_maturity, currency_id, claimable_amount,
                           CASE WHEN chase_state = 'credit' THEN 'credit' WHEN climbs OR days_overdue > 0 THEN 'claimed'
                                ELSE 'not_due' END,
                           CASE WHEN climbs THEN next_level_id END,
                           CASE WHEN NOT climbs THEN 'info' WHEN %(call)s THEN 'reached' ELSE 'pending' END,
                           climbs AND %(call)s,
                           CASE WHEN climbs AND %(call)s THEN %(today)s::date END,
                           CASE WHEN climbs AND %(call)s THEN last_written_date END,
                           create_uid, create_date, create_uid, create_date
                      FROM listed
                     WHERE climbs OR NOT held OR days_overdue <= 0 AND chase_state <> 'credit'
                     ORDER BY action_id, date_maturity, id
                    RETURNING action_id, move_line_id, kind
                )
                UPDATE credit_collection_action a SET amount_company = t.amount
                  FROM (SELECT item.action_id, SUM(item.claimable_company) AS amount
                          FROM line JOIN item ON item.id = line.move_line_id AND item.action_id = line.action_id
                         WHERE line.kind = 'claimed' GROUP BY item.action_id) t
                 WHERE t.action_id = a.id
                """,
                due=due,
                ids=tuple(actions.ids),
                call=call,
                today=self._day(),
            )
        )

    def _ask_for_allocation(self, company):
        """One activity per customer whose reminder is held by unallocated money, until someone has allocated it."""
        partners = self.env["res.partner"].browse(
            self._partners(SQL("selected AND chase_state = 'covered' AND claimable_amount <> 0"))
        )
        partners._followup_profiles(company)._raise_activity(
            "credit_collection.mail_activity_allocate",
            _lt("Allocate this customer's payments: a reminder waits for it."),
        )

    # -------------------------------------------------------------------------
    # Rehearsal
    # -------------------------------------------------------------------------

    @api.model
    def _rehearse(self, company, scenarios, day, read):
        """Prepare the night of ``day`` as if ``scenarios`` were switched on, look at the result, and undo everything.

        The run itself, so that the night does the same if nothing changes until then.

        :param read: called with the actions prepared
        :return: what ``read`` returns; no record of it survives
        """
        with closing(self.env.cr.savepoint()):
            scenarios.sudo().write({"live": True})
            context = {"credit_rehearsal": day, "tz": company._dunning_tz()}
            return read(self.with_company(company).with_context(**context)._prepare())

    def _rehearsal(self):
        """Return the day that is rehearsed, if any. A date, which no client can put into the context."""
        day = self.env.context.get("credit_rehearsal")
        return day if isinstance(day, date) else None

    def _day(self):
        return self._rehearsal() or fields.Date.context_today(self)

    # -------------------------------------------------------------------------
    # Transactions
    # -------------------------------------------------------------------------

    @api.model
    def _transaction(self, job, again=None):
        """Do ``job`` as one committed transaction, from the start again when another one was in its way.

        :param again: done first in that case, to see what the other one did
        """
        for attempt in range(ATTEMPTS):
            try:
                result = job()
                self._checkpoint()
                return result
            except (SerializationFailure, LockNotAvailable, DeadlockDetected, UniqueViolation):
                if attempt + 1 == ATTEMPTS or self._rehearsal():
                    raise
                self.env.cr.rollback()
                self.env.invalidate_all(flush=False)
                if again:
                    again()

    @api.model
    def _checkpoint(self, processed=0):
        """Commit what is done, as a step of the scheduled action when one is running; return the seconds it has left.

        In a rehearsal, nothing is: it is undone as a whole.
        """
        if self._rehearsal():
            self.env.flush_all()
            return 1
        return self.env["ir.cron"]._commit_progress(processed)
