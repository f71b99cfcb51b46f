from odoo import api, fields, models
from odoo.tools import SQL


class CreditOpenItem(models.Model):
    """The open item in SQL, in named pieces: here the ledger's facts, as of any day, and the statement that puts the pieces
    together. Aliases: ``i`` the item, ``m`` its entry, ``p`` its partner, ``l`` a journal item.
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
            clauses += [
                SQL("item AS MATERIALIZED (%s)", items),
                self._sql_steps(),
                self._sql_closed_days(day),
                self._sql_disputed(day),
            ]
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
                """SELECT %s FROM account_partial_reconcile p
                    WHERE %s = ANY(ARRAY(SELECT l.id FROM account_move_line l
                                          WHERE l.parent_state <> 'posted' AND l.matching_number IS NOT NULL))
                      AND p.max_date <= %s""",
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
           l.followup_excluded_until, l.followup_late_reason_id"""
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
        accounts = SQL(
            "SELECT id FROM account_account, set_config('jit', 'off', TRUE) WHERE account_type = 'asset_receivable'"
        )
        column, ids = self.env.context.get("credit_rows") or ("id", self._ids)
        if not ids or column not in ("id", "move_id", "partner_id"):
            return SQL("l.account_id IN %s", *self._sql_ids(accounts))
        if column == "partner_id":
            named = SQL("SELECT id FROM res_partner WHERE commercial_partner_id IN %s", tuple(ids))
            return SQL("l.account_id IN %s AND l.partner_id IN %s", *self._sql_ids(accounts, named))
        named = SQL(
            """SELECT DISTINCT c.id FROM account_move_line k JOIN res_partner p ON p.id = k.partner_id
                 JOIN res_partner c ON c.commercial_partner_id = p.commercial_partner_id WHERE %s IN %s""",
            SQL.identifier("k", column),
            tuple(ids),
        )
        return SQL(
            "l.account_id IN %s AND (l.partner_id IN %s OR l.partner_id IS NULL AND %s IN %s)",
            *self._sql_ids(accounts, named),
            SQL.identifier("l", column),
            tuple(ids),
        )

    def _sql_ids(self, *queries):
        """Return the ids that each of these statements finds, as tuples PostgreSQL accepts, in one go."""
        self.env["account.move.line"].flush_model(["account_id", "partner_id"])
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        [row] = self.env.execute_query(SQL("SELECT %s", SQL(", ").join(SQL("ARRAY(%s)", query) for query in queries)))
        return [tuple(ids) or (0,) for ids in row]

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
            "late_reason_id": SQL("i.followup_late_reason_id"),
            "amount_overdue": SQL(
                "CASE WHEN %s > 0 AND NOT %s THEN i.residual ELSE 0 END", overdue, self._sql_is_credit()
            ),
        }

    @api.model
    def _sql_is_credit(self):
        return SQL("(i.residual_currency < 0 OR (i.residual_currency = 0 AND i.residual < 0))")
