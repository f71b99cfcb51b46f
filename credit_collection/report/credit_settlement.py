from odoo import api, fields, models
from odoo.tools import SQL

# What is judged by how its items are settled: the model, and the table of its items
JUDGED = {
    "credit.promise": ("credit_promise_line", "promise_id"),
    "credit.dispute": ("credit_dispute_line", "dispute_id"),
}

# What the statements below read of the ledger, and who builds on them
READ = {
    "account.move": [
        *("followup_dispute_id", "move_type", "origin_payment_id", "payment_state", "reversed_entry_id", "state"),
        "statement_line_id",
    ],
    "account.move.line": [
        *("account_id", "amount_currency", "amount_residual_currency", "balance", "currency_id", "date", "move_id"),
        *("parent_state", "partner_id", "reconciled", "tax_repartition_line_id"),
    ],
    "account.partial.reconcile": ["credit_move_id", "debit_amount_currency", "debit_move_id", "max_date"],
    "account.payment": ["date", "move_id", "state"],
    "res.partner": ["commercial_partner_id"],
}


class CreditSettlement(models.AbstractModel):
    """How receivable items were settled: by money, by credit notes, or otherwise; and who is told when that changes.

    Promises and disputes are judged by it. Money is what came in through a bank or cash journal or a payment; a credit
    note says that the amount was never owed; all else (write-off, set-off) is neither. What a payment itself writes off is
    told apart where it matters (:meth:`_sql_receipts`).
    """

    _name = "credit.settlement"
    _description = "Settlement of open items"

    @api.model
    def _flush_ledger(self):
        """Write what the statements about settlements read, as the ORM does for its own."""
        for model, names in READ.items():
            self.env[model].flush_model(names)

    @api.model
    def _sql_matches(self, items):
        """Return the statement of the matches of receivable debit items, a row each: ``move_line_id``, ``kind`` (``money``,
        ``credit_note`` or ``other``), ``date``, ``amount`` in the item's currency, ``by_move_id`` the entry that settles it,
        ``dispute_id`` of a credit note the dispute it was made for. Of posted entries only.

        A payment in process that has no entry yet settles what is open of its invoice.

        :param SQL items: a statement or list that gives the ids of journal items
        """
        return SQL(
            """SELECT p.debit_move_id AS move_line_id, p.max_date AS date, p.debit_amount_currency AS amount,
                      CASE WHEN m.move_type = 'out_refund' THEN 'credit_note' WHEN %(is_money)s THEN 'money'
                           ELSE 'other' END AS kind,
                      m.id AS by_move_id, m.followup_dispute_id AS dispute_id
                 FROM account_partial_reconcile p
                 JOIN account_move_line c ON c.id = p.credit_move_id
                 JOIN account_move m ON m.id = c.move_id AND m.state = 'posted'
                 JOIN account_journal j ON j.id = m.journal_id
                WHERE p.debit_move_id IN (%(items)s)
                UNION ALL
               SELECT l.id, MAX(y.date), l.amount_residual_currency, 'money', NULL, NULL
                 FROM account_move_line l
                 JOIN account_move m ON m.id = l.move_id AND m.payment_state IN ('in_payment', 'paid')
                 JOIN account_move__account_payment r ON r.invoice_id = m.id
                 JOIN account_payment y ON y.id = r.payment_id AND y.move_id IS NULL AND y.state IN ('in_process', 'paid')
                WHERE l.id IN (%(items)s) AND l.amount_residual_currency > 0
                GROUP BY l.id""",
            items=items,
            is_money=self._sql_is_money(),
        )

    @api.model
    def _sql_receipts(self, items):
        """Return the statement of :meth:`_sql_matches`, in which money is what came in: the share of an entry's credit that
        it books as a loss or a cost (a difference written off in the payment register, a discount with its tax) is ``other``.

        The matches are found once: where PostgreSQL's statistics say that full tables are empty, it would find them anew for
        each journal item.
        """
        return SQL(
            """WITH k AS MATERIALIZED (%(matches)s)
               SELECT k.move_line_id, k.date, s.amount, s.kind
                 FROM k
                 JOIN account_move_line i ON i.id = k.move_line_id
                 JOIN res_currency cur ON cur.id = i.currency_id
                 LEFT JOIN LATERAL (
                      SELECT SUM(l.balance) FILTER (WHERE t.account_type ~ '^(income|expense)'
                                                       OR l.tax_repartition_line_id IS NOT NULL)
                             / NULLIF(-SUM(l.balance) FILTER (WHERE l.balance < 0 AND t.account_type = 'asset_receivable'), 0)
                             AS share
                        FROM account_move_line l JOIN account_account t ON t.id = l.account_id
                       WHERE l.move_id = k.by_move_id) w ON k.kind = 'money'
                CROSS JOIN LATERAL (
                      SELECT ROUND(k.amount * LEAST(GREATEST(COALESCE(w.share, 0), 0), 1), cur.decimal_places) AS lost) o
                CROSS JOIN LATERAL (VALUES (k.kind, k.amount - o.lost), ('other', o.lost)) s (kind, amount)
                WHERE s.amount <> 0""",
            matches=self._sql_matches(items),
        )

    @api.model
    def _sql_is_money(self):
        """Whether the entry ``m``, of the journal ``j``, brought money in."""
        return SQL(
            """(m.origin_payment_id IS NOT NULL OR m.statement_line_id IS NOT NULL OR j.type IN ('bank', 'cash', 'credit'))"""
        )

    @api.model
    def _watched_since(self):
        """Return the day since which what has ended is judged again every night. How older items were settled seldom
        changes, and is told when it does: :meth:`_ledger_changed`."""
        return fields.Date.subtract(fields.Date.context_today(self), years=1)

    @api.model
    def _ledger_changed(self, items):
        """Judge again the promises and disputes about these journal items.

        :param SQL items: a statement that gives their ids
        """
        for judged in self._about(items):
            judged._judge()

    @api.model
    def _about(self, items):
        """Return the promises and the disputes about these journal items, a recordset for each model.

        :param SQL items: a statement that gives their ids
        """
        found = SQL(" UNION ALL ").join(
            SQL(
                "SELECT DISTINCT %s, %s FROM %s WHERE move_line_id IN (%s)",
                model,
                SQL.identifier(column),
                SQL.identifier(table),
                items,
            )
            for model, (table, column) in JUDGED.items()
        )
        for model in JUDGED:
            self.env[f"{model}.line"].flush_model(["move_line_id"])
        ids = {}
        for model, id_ in self.env.execute_query(found):
            ids.setdefault(model, []).append(id_)
        return [self.env[model].sudo().browse(judged) for model, judged in ids.items()]
