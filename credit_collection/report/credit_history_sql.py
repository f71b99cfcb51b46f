from odoo import fields, models
from odoo.tools import SQL

# Ids: the source's, times this, plus the number of the branch. Each branch keeps its number for ever.
STRIDE = 16


class CreditHistory(models.Model):
    """The history in SQL: one branch per kind of source.

    Each branch names ``src`` the table whose id the row is told by, and gives customer and company as plain columns, so that
    PostgreSQL looks a customer up by the indexes of each table.
    """

    _inherit = "credit.history"  # pylint: disable=consider-merging-classes-inherited
    _depends = {
        "account.move": ["move_type", "origin_payment_id", "state", "statement_line_id"],
        "account.move.line": ["account_id", "amount_currency", "currency_id", "date", "parent_state", "partner_id"],
        "account.payment": ["amount", "date", "move_id", "partner_id", "payment_type", "state"],
        "credit.collection.action": [
            "amount_company",
            "channel",
            "date_done",
            "date_planned",
            "is_test",
            "state",
            "user_id",
        ],
        "credit.dispute": [
            "amount",
            "answer_amount",
            "date",
            "date_answered",
            "date_closed",
            "owner_id",
            "partner_id",
            "user_id",
        ],
        "credit.hold": ["date_from", "date_to", "partner_id", "user_id"],
        "credit.profile": ["company_id", "partner_id"],
        "credit.promise": ["amount", "date", "date_judged", "partner_id", "user_id"],
        "credit.request": ["decided_by", "decided_on", "partner_id", "state"],
        "mail.message": ["author_id", "date", "message_type", "model", "res_id"],
        "mail.tracking.value": ["mail_message_id"],
        "res.partner": ["commercial_partner_id"],
    }

    @property
    def _table_query(self):
        branches = [
            self._sql_branch(number, branch)
            for number, branch in enumerate(self._branches())
            if not self._ids or self._sources(number)
        ]
        return SQL(" UNION ALL ").join(branches or [self._sql_branch(0, self._branches()[0])])

    def _sources(self, number):
        """Return the ids of the sources of these rows in a branch."""
        return [id_ // STRIDE for id_ in self._ids if id_ and id_ % STRIDE == number]

    def _branches(self):
        """Return the branches in the order of their numbers: new ones come last."""
        return [
            self._sql_actions(),
            self._sql_promises(),
            self._sql_promises_judged(),
            self._sql_disputes(),
            self._sql_disputes_closed(),
            self._sql_credits(),
            self._sql_payments_in_process(),
            self._sql_holds(),
            self._sql_holds_ended(),
            self._sql_requests(),
            self._sql_messages(),
            self._sql_disputes_answered(),
        ]

    def _sql_branch(self, number, branch):
        """Put a branch together from its columns and its source; only the rows asked for where they are named."""
        columns = {
            "id": SQL("src.id::bigint * %s + %s", STRIDE, number),
            "partner_id": SQL("src.partner_id"),
            "company_id": SQL("src.company_id"),
            "moment": SQL("src.create_date"),
            "currency_id": SQL("src.currency_id"),
            "user_id": SQL("src.create_uid"),
            "res_id": SQL("src.id"),
            **branch["columns"],
        }
        names = ("id", "partner_id", "company_id", "date", "moment", "kind", "amount", "currency_id", "user_id")
        named = SQL("src.id IN %s", tuple(self._sources(number)) or (0,)) if self._ids else SQL("TRUE")
        return SQL(
            "SELECT %s FROM %s WHERE %s AND %s",
            SQL(", ").join(
                SQL("%s AS %s", columns[name], SQL.identifier(name)) for name in (*names, "res_model", "res_id")
            ),
            branch["table"],
            branch["where"],
            named,
        )

    def _sql_day(self, moment):
        """The day of a moment where the user is."""
        return SQL("(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date", moment, str(self.env.tz))

    # -------------------------------------------------------------------------
    # The branches
    # -------------------------------------------------------------------------

    def _sql_actions(self):
        return {
            "table": SQL("credit_collection_action src JOIN res_company c ON c.id = src.company_id"),
            "where": SQL("src.state IN ('sent', 'void') AND src.date_done IS NOT NULL AND src.is_test IS NOT TRUE"),
            "columns": {
                # a level set by hand was reached on the day that was said
                "date": SQL(
                    "CASE src.channel WHEN 'manual' THEN src.date_planned ELSE %s END",
                    self._sql_day(SQL("src.date_done")),
                ),
                "moment": SQL("src.date_done"),
                "kind": SQL("CASE src.channel WHEN 'call' THEN 'call' WHEN 'manual' THEN 'level' ELSE 'message' END"),
                "amount": SQL("src.amount_company"),
                "currency_id": SQL("c.currency_id"),
                "user_id": SQL("src.user_id"),
                "res_model": SQL("'credit.collection.action'"),
            },
        }

    def _sql_promises(self):
        return {
            "table": SQL("credit_promise src"),
            "where": SQL("TRUE"),
            "columns": {
                "date": SQL("src.date"),
                "kind": SQL("'promise'"),
                "amount": SQL("src.amount"),
                "user_id": SQL("src.user_id"),
                "res_model": SQL("'credit.promise'"),
            },
        }

    def _sql_promises_judged(self):
        return {
            "table": SQL("credit_promise src"),
            "where": SQL("src.date_judged IS NOT NULL"),
            "columns": {
                "date": SQL("src.date_judged"),
                "moment": SQL("src.write_date"),
                "kind": SQL("'promise_judged'"),
                "amount": SQL("src.amount"),
                "user_id": SQL("NULL::int"),
                "res_model": SQL("'credit.promise'"),
            },
        }

    def _sql_disputes(self):
        return {
            "table": SQL("credit_dispute src"),
            "where": SQL("TRUE"),
            "columns": {
                "date": SQL("src.date"),
                "kind": SQL("'dispute'"),
                "amount": SQL("src.amount"),
                "user_id": SQL("src.user_id"),
                "res_model": SQL("'credit.dispute'"),
            },
        }

    def _sql_disputes_closed(self):
        return {
            "table": SQL("credit_dispute src"),
            "where": SQL("src.date_closed IS NOT NULL"),
            "columns": {
                "date": SQL("src.date_closed"),
                "moment": SQL("src.write_date"),
                "kind": SQL("'dispute_closed'"),
                "amount": SQL("src.amount"),
                "user_id": SQL("NULL::int"),
                "res_model": SQL("'credit.dispute'"),
            },
        }

    def _sql_disputes_answered(self):
        return {
            "table": SQL("credit_dispute src"),
            "where": SQL("src.date_answered IS NOT NULL"),
            "columns": {
                "date": SQL("src.date_answered"),
                "moment": SQL("src.write_date"),
                "kind": SQL("'dispute_answered'"),
                "amount": SQL("src.answer_amount"),
                "user_id": SQL("src.owner_id"),
                "res_model": SQL("'credit.dispute'"),
            },
        }

    def _sql_credits(self):
        """What the ledger credits the customer with: payments, credit notes, write-offs."""
        return {
            "table": SQL(
                """account_move_line src
                   JOIN account_move m ON m.id = src.move_id
                   JOIN account_journal j ON j.id = m.journal_id
                   JOIN res_partner p ON p.id = src.partner_id"""
            ),
            "where": SQL(
                """src.parent_state = 'posted' AND src.amount_currency < 0
                   AND src.account_id IN (SELECT id FROM account_account WHERE account_type = 'asset_receivable')"""
            ),
            "columns": {
                "partner_id": SQL("p.commercial_partner_id"),
                "date": SQL("src.date"),
                "kind": SQL(
                    """CASE WHEN m.move_type = 'out_refund' THEN 'credit_note'
                            WHEN %s THEN 'payment' ELSE 'entry' END""",
                    self.env["credit.settlement"]._sql_is_money(),
                ),
                "amount": SQL("- src.amount_currency"),
                "res_model": SQL(
                    "CASE WHEN m.origin_payment_id IS NULL THEN 'account.move' ELSE 'account.payment' END"
                ),
                "res_id": SQL("COALESCE(m.origin_payment_id, m.id)"),
            },
        }

    def _sql_payments_in_process(self):
        """Payments the ledger does not know yet; the bank statement will bring them."""
        return {
            "table": SQL("account_payment src JOIN res_partner p ON p.id = src.partner_id"),
            "where": SQL(
                "src.move_id IS NULL AND src.state = 'in_process' AND src.payment_type = 'inbound'"
                " AND src.partner_type = 'customer'"
            ),
            "columns": {
                "partner_id": SQL("p.commercial_partner_id"),
                "date": SQL("src.date"),
                "kind": SQL("'payment'"),
                "amount": SQL("src.amount"),
                "res_model": SQL("'account.payment'"),
            },
        }

    def _sql_holds(self):
        return {
            "table": SQL("credit_hold src"),
            "where": SQL("(src.date_to IS NULL OR src.date_to >= src.date_from)"),
            "columns": {
                "date": SQL("src.date_from"),
                "kind": SQL("'hold'"),
                "amount": SQL("NULL::numeric"),
                "currency_id": SQL("NULL::int"),
                "user_id": SQL("src.user_id"),
                "res_model": SQL("'credit.hold'"),
            },
        }

    def _sql_holds_ended(self):
        """A hold ends on the day after its last."""
        return {
            "table": SQL("credit_hold src"),
            "where": SQL("src.date_to >= src.date_from AND src.date_to < %s", fields.Date.context_today(self)),
            "columns": {
                "date": SQL("src.date_to + 1"),
                "moment": SQL("src.write_date"),
                "kind": SQL("'hold_end'"),
                "amount": SQL("NULL::numeric"),
                "currency_id": SQL("NULL::int"),
                "user_id": SQL("NULL::int"),
                "res_model": SQL("'credit.hold'"),
            },
        }

    def _sql_requests(self):
        return {
            "table": SQL("credit_request src"),
            "where": SQL("src.state IN ('approved', 'refused')"),
            "columns": {
                "date": self._sql_day(SQL("src.decided_on")),
                "moment": SQL("src.decided_on"),
                "kind": SQL("'request'"),
                "amount": SQL("NULL::numeric"),
                "currency_id": SQL("NULL::int"),
                "user_id": SQL("src.decided_by"),
                "res_model": SQL("'credit.request'"),
            },
        }

    def _sql_messages(self):
        """In the collection file: what came in by e-mail, what colleagues noted, and the decisions that are tracked."""
        tracked = SQL("EXISTS (SELECT FROM mail_tracking_value v WHERE v.mail_message_id = src.id)")
        return {
            "table": SQL("mail_message src JOIN credit_profile pr ON pr.id = src.res_id"),
            "where": SQL("src.model = 'credit.profile' AND (src.message_type IN ('email', 'comment') OR %s)", tracked),
            "columns": {
                "partner_id": SQL("pr.partner_id"),
                "company_id": SQL("pr.company_id"),
                "date": self._sql_day(SQL("src.date")),
                "moment": SQL("src.date"),
                "kind": SQL(
                    "CASE src.message_type WHEN 'email' THEN 'reply' WHEN 'comment' THEN 'note' ELSE 'decision' END"
                ),
                "amount": SQL("NULL::numeric"),
                "currency_id": SQL("NULL::int"),
                "user_id": SQL("(SELECT MIN(id) FROM res_users WHERE partner_id = src.author_id)"),
                "res_model": SQL("'mail.message'"),
            },
        }
