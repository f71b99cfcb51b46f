from odoo import api, models
from odoo.tools import SQL, format_date

from ..tools import dispute as dispute_tools
from .credit_dispute import ESCALATED, TO_ANSWER, TO_CLOSE


class CreditDispute(models.Model):
    """What the ledger says of disputes, whenever it changes and every night; and the review of deadlines.

    The ledger decides as long as no person has: it closes what was credited, paid or is gone, and opens it again when that
    is undone. What a person has decided stays; there the ledger only tells how long the amount accepted waits for its
    credit note.
    """

    _inherit = "credit.dispute"  # pylint: disable=consider-merging-classes-inherited

    # -------------------------------------------------------------------------
    # Judging
    # -------------------------------------------------------------------------

    def _judge(self):
        """Bring the disputes to the state that the ledger says, and what they hold back of their items."""
        lines = self._ledger_lines()
        reopened = self.browse()
        for dispute in self.filtered(lambda dispute: dispute.state == "open" or dispute.by_ledger):
            mine = [lines[line.id] for line in dispute.line_ids if line.id in lines]
            state, outcome, accepted = dispute_tools.verdict(mine, dispute.currency_id.rounding / 2)
            accepted = dispute.currency_id.round(accepted)
            if (state, outcome, accepted) != (dispute.state, dispute.outcome or None, dispute.amount_accepted):
                reopened |= dispute if state == "open" else self.browse()
                dispute._write_verdict(state, outcome, accepted)
        self._write_open(lines)
        if reopened:
            reopened._ask_owner()

    def _write_verdict(self, state, outcome, accepted):
        """The one way the ledger changes the state of a dispute."""
        same = (state, outcome) == (self.state, self.outcome or None)
        day = self.date_closed or self.company_id._dunning_today()
        self._write_state(
            {
                "state": state,
                "outcome": outcome,
                "amount_accepted": accepted,
                "by_ledger": state != "open",
                "date_closed": state != "open" and day,
            }
        )
        if same:
            return
        if state == "open":
            self.activity_unlink([TO_CLOSE])
            self._tell(self.env._("The items are open again, and so is the dispute."))
            return
        self.activity_unlink([TO_ANSWER, ESCALATED, TO_CLOSE])
        if state == "cancelled":
            self._tell(self.env._("Dispute cancelled: its items are no longer in the customer's account."))
            self._ask_collector(self.env._("The disputed items are gone: open a dispute on what replaces them."))
        elif outcome == "unfounded":
            self._tell(self.env._("Dispute closed: the items are settled, without a credit note."))
        else:
            words = self._outcome_words(outcome, accepted)
            self._tell(self.env._("Dispute closed by a credit note: %s.", words))

    def _write_open(self, lines):
        """Write on the lines what their disputes keep from being claimed."""
        waiting = self._waiting_shares(lines)
        for line in self.line_ids:
            ledger = lines.get(line.id)
            if line.dispute_id.state == "open":
                amount = max(line.amount - ledger.credited, 0.0) if ledger else line.amount
            else:
                amount = waiting.get(line, 0.0)
            amount = line.currency_id.round(amount)
            if line.currency_id.compare_amounts(amount, line.amount_open) or line.is_open != bool(amount):
                line.write({"amount_open": amount, "is_open": bool(amount)})
        self.env["credit.open.item"].invalidate_model()

    def _waiting_shares(self, ledger):
        """Return the amount accepted of lines whose invoice has a credit note of the dispute in draft."""
        drafts = self.credit_move_ids.filtered(lambda move: move.state == "draft")
        shares = {}
        for dispute, moves in drafts.grouped("followup_dispute_id").items():
            if dispute.state == "closed":
                accepted = dispute._accepted_shares(ledger)
                invoices = moves.reversed_entry_id
                shares.update({line: amount for line, amount in accepted.items() if line.move_id in invoices})
        return shares

    def _accepted_shares(self, ledger):
        """Return what of the amount accepted falls on each line and is not credited yet, the items due first filled first.

        :param dict ledger: what became of the lines, as :meth:`_ledger_lines` returns it
        """
        lines = self.line_ids.sorted(lambda line: (line.date_maturity, line.id))
        shares = dispute_tools.share(self.amount_accepted, lines.mapped("amount"))
        return {
            line: line.currency_id.round(max(share - (ledger[line.id].credited if line.id in ledger else 0.0), 0.0))
            for line, share in zip(lines, shares, strict=True)
        }

    def _ledger_lines(self):
        """Return what became of each line in the ledger, as ``{line id: Line}``, in one statement."""
        if not self:
            return {}
        self._flush_ledger()
        rows = self.env.execute_query(self._sql_ledger_lines())
        return {
            line_id: dispute_tools.Line(entry, *(float(number) for number in numbers))
            for line_id, entry, *numbers in rows
        }

    def _sql_ledger_lines(self):
        """A row for each line of these disputes: its id, whether its entry is posted, the disputed amount, what of that was
        credited since it was opened, and what is open of the item. An entry that was given to another customer is gone.

        Credit notes made for a dispute count for that one; others fill the disputes about the item in the order in which
        they were opened, each from what was credited before it on. Of a line, never more than its amount counts; of a dispute
        that a person has closed, than was accepted.
        """
        return SQL(
            """WITH line AS MATERIALIZED (
                   SELECT x.id, x.dispute_id, x.move_line_id, x.amount,
                          CASE WHEN d.state = 'open' OR d.by_ledger THEN x.amount ELSE LEAST(x.amount, d.amount_accepted) END
                              AS creditable,
                          COALESCE(x.credited_before, 0) AS before,
                          CASE WHEN m.state = 'draft' THEN 'draft'
                               WHEN m.state = 'posted' AND c.commercial_partner_id = k.commercial_partner_id THEN 'posted'
                               ELSE 'gone' END AS entry,
                          l.amount_currency AS total
                     FROM credit_dispute_line x
                     JOIN credit_dispute d ON d.id = x.dispute_id
                     JOIN res_partner k ON k.id = d.partner_id
                     LEFT JOIN account_move_line l ON l.id = x.move_line_id
                     LEFT JOIN account_move m ON m.id = l.move_id
                     LEFT JOIN res_partner c ON c.id = l.partner_id
                    WHERE x.dispute_id IN %(ids)s
                       OR x.move_line_id IN (SELECT move_line_id FROM credit_dispute_line WHERE dispute_id IN %(ids)s)
                          AND (d.state = 'open' OR d.by_ledger OR d.amount_accepted > 0)),
               matched AS MATERIALIZED (
                   SELECT k.move_line_id, k.amount, k.kind = 'credit_note' AS is_credit, r.followup_dispute_id AS dispute_id
                     FROM (%(matches)s) k LEFT JOIN account_move r ON r.id = k.by_move_id),
               item AS (
                   SELECT move_line_id, SUM(amount) AS settled,
                          SUM(amount) FILTER (WHERE is_credit AND dispute_id IS NULL) AS common
                     FROM matched GROUP BY move_line_id),
               own AS (
                   SELECT move_line_id, dispute_id, SUM(amount) AS amount
                     FROM matched WHERE is_credit GROUP BY move_line_id, dispute_id),
               place AS (
                   SELECT x.*, COALESCE(i.settled, 0) AS settled, COALESCE(i.common, 0) AS common,
                          COALESCE(o.amount, 0) AS own,
                          CASE WHEN x.entry = 'gone' THEN 0 ELSE GREATEST(x.creditable - COALESCE(o.amount, 0), 0) END AS rest
                     FROM line x
                     LEFT JOIN item i ON i.move_line_id = x.move_line_id
                     LEFT JOIN own o ON o.move_line_id = x.move_line_id AND o.dispute_id = x.dispute_id),
               queue AS (
                   SELECT *, SUM(rest) OVER (PARTITION BY move_line_id ORDER BY dispute_id, id) - rest AS prior FROM place),
               turn AS (
                   SELECT *, prior + MAX(before - prior) OVER (PARTITION BY move_line_id ORDER BY dispute_id, id) AS start
                     FROM queue)
               SELECT id, entry, amount,
                      CASE WHEN entry = 'posted'
                           THEN LEAST(amount, own + LEAST(GREATEST(common - start, 0), rest)) ELSE 0 END,
                      CASE WHEN entry = 'posted' THEN GREATEST(total - settled, 0) ELSE 0 END
                 FROM turn WHERE dispute_id IN %(ids)s""",
            ids=tuple(self.ids),
            matches=self.env["credit.settlement"]._sql_matches(SQL("SELECT move_line_id FROM line")),
        )

    @api.model
    def _credited(self, line_ids):
        """Return the credit notes matched with these journal items that were not made for a dispute, as ``{id: amount}``."""
        self._flush_ledger()
        rows = self.env.execute_query(
            SQL(
                """SELECT k.move_line_id, SUM(k.amount)
                     FROM (%s) k JOIN account_move r ON r.id = k.by_move_id
                    WHERE k.kind = 'credit_note' AND r.followup_dispute_id IS NULL GROUP BY k.move_line_id""",
                self.env["credit.settlement"]._sql_matches(SQL("SELECT UNNEST(%s::int[])", list(line_ids))),
            )
        )
        return {line_id: float(amount) for line_id, amount in rows}

    @api.model
    def _flush_ledger(self):
        """Write what the ledger is asked."""
        for model, names in {
            "account.move": ["followup_dispute_id", "move_type", "payment_state", "state", "reversed_entry_id"],
            "account.move.line": ["amount_currency", "amount_residual_currency", "move_id", "partner_id"],
            "account.partial.reconcile": ["debit_amount_currency", "debit_move_id", "credit_move_id", "max_date"],
            "account.payment": ["date", "move_id", "state"],
            "credit.dispute": ["amount_accepted", "by_ledger", "partner_id", "state"],
            "credit.dispute.line": ["amount", "credited_before", "dispute_id", "move_line_id"],
            "res.partner": ["commercial_partner_id"],
        }.items():
            self.env[model].flush_model(names)

    # -------------------------------------------------------------------------
    # Every night
    # -------------------------------------------------------------------------

    @api.model
    def _cron_review(self):
        """Judge all that the ledger decides, and pass on what was not answered by its deadline, once."""
        self.search(["|", ("state", "=", "open"), ("by_ledger", "=", True)])._judge()
        waiting = [("state", "=", "open"), ("date_answered", "=", False), ("escalated_to_id", "=", False)]
        for company, disputes in self.search(waiting).grouped("company_id").items():
            today = company._dunning_today()
            lang = company.partner_id.lang or self.env.lang
            disputes.filtered(lambda d, day=today: d.date_deadline < day).with_context(lang=lang)._pass_on()

    def _pass_on(self):
        """Tell the owners' managers that the deadline has passed: the items may be claimed again, confirmed by hand."""
        managers = {}
        for (company, owner), disputes in self.grouped(lambda dispute: (dispute.company_id, dispute.owner_id)).items():
            if manager := self._owner_manager(company, owner):
                managers.update(dict.fromkeys(disputes, manager))
        passed_on = self.browse(dispute.id for dispute in managers)
        for manager, disputes in passed_on.grouped(managers.get).items():
            disputes._write_state({"escalated_to_id": manager.id})
        sentences = {dispute: dispute._passed_on_sentence(manager) for dispute, manager in managers.items()}
        passed_on._message_log_batch(bodies={dispute.id: sentence for dispute, sentence in sentences.items()})
        self._tell_beside(sentences)
        self.env["mail.activity"]._followup_ask(
            ESCALATED, managers, {dispute: dispute._items_words() for dispute in managers}
        )

    def _passed_on_sentence(self, manager):
        return self.env._(
            "%(owner)s did not answer by %(day)s: %(manager)s is told. What is disputed may be claimed again, once "
            "confirmed by hand.",
            owner=self.owner_id.name,
            day=format_date(self.env, self.date_deadline),
            manager=manager.name,
        )

    @api.model
    def _owner_manager(self, company, owner):
        """Return who leads the owner's sales team, else the credit manager, another person than the owner if possible."""
        leader = owner.sale_team_id.user_id
        if leader and leader.active and leader != owner and company in leader.company_ids:
            return leader
        return self.env["credit.profile"]._managers(company, but=owner)[company]
