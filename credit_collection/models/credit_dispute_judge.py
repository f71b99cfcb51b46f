from dataclasses import dataclass
from functools import cached_property

from odoo import api, fields, models
from odoo.tools import SQL, LazyTranslate, format_date

from ..tools import dispute as dispute_tools
from .credit_dispute import ESCALATED, TO_ANSWER, TO_CLOSE

_lt = LazyTranslate(__name__)


@dataclass
class Judged:
    """A dispute as it is written, and by the ids of its lines what the ledger made of them and what is held back of each."""

    id: int
    state: str
    outcome: str | None
    accepted: float
    is_decided: bool  # by a person: the ledger leaves it alone
    half: float  # the half unit by which amounts are compared
    lines: dict
    held: dict

    @cached_property
    def verdict(self):
        if self.is_decided:
            return self.state, self.outcome, self.accepted
        return dispute_tools.verdict(list(self.lines.values()), self.half)

    @property
    def changed(self):
        state, outcome, accepted = self.verdict
        return (state, outcome) != (self.state, self.outcome) or abs(accepted - self.accepted) >= self.half


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
        """Bring the disputes to the state that the ledger says, and what they hold back of their items.

        The night judges all that the ledger decides, and few have changed: only these are read as records.
        """
        judged = self._judgements()
        changed = {row.id: row.verdict for row in judged.values() if row.changed}
        for dispute in self.browse(changed):
            dispute._write_verdict(*changed[dispute.id])
        self._write_held(judged)
        reopened = self.browse(id_ for id_, (state, _outcome, _accepted) in changed.items() if state == "open")
        if reopened:
            reopened._ask_owner()

    def _write_verdict(self, state, outcome, accepted):
        """The one way the ledger changes the state of a dispute."""
        same = (state, outcome) == (self.state, self.outcome or None)
        accepted = self.currency_id.round(accepted)
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
            self._ask_collector(_lt("The disputed items are gone: open a dispute on what replaces them."))
        elif outcome == "unfounded":
            self._tell(self.env._("Dispute closed: the items are settled, without a credit note."))
        else:
            words = self._outcome_words(outcome, accepted)
            self._tell(self.env._("Dispute closed by a credit note: %s.", words))

    def _write_held(self, judged):
        """Write on the lines what their disputes keep from being claimed."""
        waiting = self._waiting_shares(judged)
        held = {}
        for row in judged.values():
            for id_, line in row.lines.items():
                amount = line.contested if row.verdict[0] == "open" else waiting.get(id_, 0.0)
                if abs(amount - row.held[id_]) >= row.half:
                    held[id_] = amount
        for line in self.env["credit.dispute.line"].browse(held):
            amount = line.currency_id.round(held[line.id])
            line.write({"amount_open": amount, "is_open": bool(amount)})
        self.env["credit.open.item"].invalidate_model()

    def _waiting_shares(self, judged):
        """Return the amount accepted of lines whose invoice has a credit note of the dispute in draft, by their ids. Where
        the ledger closed the dispute, nothing waits: it was credited, or is settled."""
        decided = [row.id for row in judged.values() if row.is_decided and row.state == "closed"]
        drafts = self.env["account.move"].search([("followup_dispute_id", "in", decided), ("state", "=", "draft")])
        shares = {}
        for dispute, moves in drafts.grouped("followup_dispute_id").items():
            accepted = dispute._accepted_shares(judged)
            invoices = moves.reversed_entry_id
            shares.update({line.id: amount for line, amount in accepted.items() if line.move_id in invoices})
        return shares

    def _accepted_shares(self, judged):
        """Return what of the amount accepted falls on each line and is not credited yet, the items due first filled first.

        :param dict judged: what became of them, as :meth:`_judgements` returns it
        """
        lines = self.line_ids.sorted(lambda line: (line.date_maturity, line.id))
        shares = dispute_tools.share(self.amount_accepted, lines.mapped("amount"))
        return {
            line: line.currency_id.round(max(share - judged[self.id].lines[line.id].credited, 0.0))
            for line, share in zip(lines, shares, strict=True)
        }

    def _judgements(self):
        """Return what the ledger makes of these disputes, as ``{id: Judged}``, in one statement."""
        if not self:
            return {}
        self._flush_ledger()
        judged = {}
        for id_, held, entry, amount, credited, open_, *dispute in self.env.execute_query(self._sql_ledger_lines()):
            row = judged.setdefault(dispute[0], Judged(*dispute, lines={}, held={}))
            row.lines[id_] = dispute_tools.Line(entry, float(amount), float(credited), float(open_))
            row.held[id_] = float(held)
        return judged

    def _sql_ledger_lines(self):
        """A row for each line of these disputes: its id, what is held back of it, whether its entry is posted, the disputed
        amount, what of that was credited since it was opened, and what is open of the item; then what its dispute is. An entry
        that was given to another customer is gone.

        Credit notes made for a dispute count for that one; others fill the disputes about the item in the order in which
        they were opened, each from what was credited before it on. Of a line, never more than its amount counts; of a dispute
        that a person has closed, than was accepted.
        """
        return SQL(
            """WITH asked AS MATERIALIZED (SELECT UNNEST(%(ids)s::int[]) AS id),
               line AS MATERIALIZED (
                   SELECT x.id, x.dispute_id, x.move_line_id, x.amount, d.state, d.outcome, d.amount_accepted, d.currency_id,
                          d.state <> 'open' AND d.by_ledger IS NOT TRUE AS is_decided,
                          CASE WHEN x.is_open THEN x.amount_open ELSE 0 END AS held,
                          COALESCE(x.credited_before, 0) AS before, l.amount_currency AS total,
                          CASE WHEN l.parent_state = 'draft' THEN 'draft'
                               WHEN l.parent_state = 'posted' AND (
                                    l.partner_id = d.partner_id
                                    OR (SELECT commercial_partner_id FROM res_partner WHERE id = l.partner_id)
                                     = (SELECT commercial_partner_id FROM res_partner WHERE id = d.partner_id)) THEN 'posted'
                               ELSE 'gone' END AS entry
                     FROM credit_dispute_line x
                     JOIN credit_dispute d ON d.id = x.dispute_id
                     LEFT JOIN account_move_line l ON l.id = x.move_line_id
                    WHERE x.dispute_id IN (SELECT id FROM asked)
                       OR x.move_line_id IN (SELECT o.move_line_id FROM credit_dispute_line o JOIN asked a ON a.id = o.dispute_id)
                          AND (d.state = 'open' OR d.by_ledger OR d.amount_accepted > 0)),
               matched AS MATERIALIZED (%(matches)s),
               item AS (
                   SELECT move_line_id, SUM(amount) AS settled,
                          SUM(amount) FILTER (WHERE kind = 'credit_note' AND dispute_id IS NULL) AS common
                     FROM matched GROUP BY move_line_id),
               own AS (
                   SELECT move_line_id, dispute_id, SUM(amount) AS amount
                     FROM matched WHERE kind = 'credit_note' AND dispute_id IS NOT NULL GROUP BY move_line_id, dispute_id),
               place AS (
                   SELECT x.*, COALESCE(i.settled, 0) AS settled, COALESCE(i.common, 0) AS common,
                          COALESCE(o.amount, 0) AS own,
                          CASE WHEN x.entry = 'gone' THEN 0
                               ELSE GREATEST(CASE WHEN x.is_decided THEN LEAST(x.amount, x.amount_accepted) ELSE x.amount END
                                             - COALESCE(o.amount, 0), 0) END AS rest
                     FROM line x
                     LEFT JOIN item i ON i.move_line_id = x.move_line_id
                     LEFT JOIN own o ON o.move_line_id = x.move_line_id AND o.dispute_id = x.dispute_id),
               queue AS (
                   SELECT *, SUM(rest) OVER (PARTITION BY move_line_id ORDER BY dispute_id, id) - rest AS prior FROM place),
               turn AS (
                   SELECT *, prior + MAX(before - prior) OVER (PARTITION BY move_line_id ORDER BY dispute_id, id) AS start
                     FROM queue)
               SELECT t.id, held, entry, amount,
                      CASE WHEN entry = 'posted'
                           THEN LEAST(amount, own + LEAST(GREATEST(common - start, 0), rest)) ELSE 0 END,
                      CASE WHEN entry = 'posted' THEN GREATEST(total - settled, 0) ELSE 0 END,
                      dispute_id, state, outcome, COALESCE(amount_accepted, 0), is_decided, cur.rounding / 2
                 FROM turn t JOIN res_currency cur ON cur.id = t.currency_id
                WHERE dispute_id IN (SELECT id FROM asked)""",
            ids=self.ids,
            matches=self.env["credit.settlement"]._sql_matches(SQL("SELECT move_line_id FROM line")),
        )

    @api.model
    def _credited(self, line_ids):
        """Return the credit notes matched with these journal items that were not made for a dispute, as ``{id: amount}``."""
        self._flush_ledger()
        rows = self.env.execute_query(
            SQL(
                """SELECT move_line_id, SUM(amount) FROM (%s) k
                    WHERE kind = 'credit_note' AND dispute_id IS NULL GROUP BY move_line_id""",
                self.env["credit.settlement"]._sql_matches(SQL("SELECT UNNEST(%s::int[])", list(line_ids))),
            )
        )
        return {line_id: float(amount) for line_id, amount in rows}

    @api.model
    def _flush_ledger(self):
        """Write what the ledger is asked."""
        self.flush_model()
        self.env["credit.dispute.line"].flush_model()
        self.env["credit.settlement"]._flush_ledger()

    # -------------------------------------------------------------------------
    # Every night
    # -------------------------------------------------------------------------

    @api.model
    def _cron_review(self):
        """Judge all that the ledger decides but what ended long ago, and pass on what was not answered by its deadline,
        once."""
        since = self.env["credit.settlement"]._watched_since()
        ended_lately = ["&", ("by_ledger", "=", True), ("date_closed", ">=", since)]
        self.search(["|", ("state", "=", "open"), *ended_lately])._judge()
        waiting = [("state", "=", "open"), ("date_answered", "=", False), ("escalated_to_id", "=", False)]
        # by the clock of a company east of here, tomorrow may have begun
        waiting += [("date_deadline", "<=", fields.Date.context_today(self))]
        for company, disputes in self.search(waiting).grouped("company_id").items():
            today = company._dunning_today()
            lang = company.partner_id.lang or self.env.lang
            if late := disputes.filtered(lambda d, day=today: d.date_deadline < day):
                late.with_context(lang=lang)._pass_on()

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
