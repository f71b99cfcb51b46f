from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import LazyTranslate, format_amount

from .credit_control import COLLECTOR
from .credit_dispute import ESCALATED, OUTCOMES, TO_ANSWER, TO_CLOSE

_lt = LazyTranslate(__name__)

MANAGER = "credit_collection.credit_collection_group_manager"


class CreditDispute(models.Model):
    """What people decide about a dispute: the owner answers, a collector closes or cancels, a credit manager reopens."""

    _inherit = "credit.dispute"  # pylint: disable=consider-merging-classes-inherited

    def action_answer(self, outcome, amount=0.0, text=""):
        """Answer: what the owner proposes, and why. The collector is asked to close the dispute. Owner and collectors.

        :param str outcome: one of ``OUTCOMES``
        :param float amount: what the owner would accept of a partly founded dispute, in the items' currency
        :raise AccessError: for anybody else
        :raise UserError: when the dispute is not open, or nothing is said
        """
        self.ensure_one()
        self.check_access("read")
        if not (self.env["credit.control"]._collects() or self.sudo().owner_id == self.env.user):
            raise AccessError(self.env._("Only the owner of a dispute answers, or a collector in the owner's name."))
        self._lock_open()
        amount = self._accepted(outcome, amount)
        text = self._check_text(text, self.env._("Say why: who closes the dispute goes by it."))
        self.sudo()._write_state(
            {"date_answered": self.company_id.sudo()._dunning_today(), "answer": outcome, "answer_amount": amount}
        )
        self._tell(self.env._("Answer: %s.", self._outcome_words(outcome, amount)), text)
        self.sudo().activity_unlink([TO_ANSWER, ESCALATED, TO_CLOSE])
        self._ask_collector(_lt("The owner answered: close the dispute."))
        return True

    def action_close(self, outcome, amount_accepted=0.0, resolution="", credit_note=True):
        """Close the dispute. Founded or partly so, a credit note is proposed in draft, and the amount accepted stays
        unclaimed until it is posted; the rest is claimed again at the level reached. Collectors only.

        :param str outcome: one of ``OUTCOMES``
        :param float amount_accepted: of a partly founded dispute, tax included, in the items' currency
        :param bool credit_note: propose the credit notes
        :return: the action that opens the credit notes, or True
        :raise AccessError: for who is no collector
        :raise UserError: when the dispute is not open, or the amount is not between nothing and the whole
        """
        self.ensure_one()
        self.check_access("write")
        self.env["credit.control"]._check_collects(self.env._("Only collectors close disputes."))
        self._lock_open()
        amount = self._accepted(outcome, amount_accepted)
        self._end("closed", outcome=outcome, amount_accepted=amount, resolution=resolution)
        self._tell(self.env._("Dispute closed: %s.", self._outcome_words(outcome, amount)), resolution)
        moves = self._propose_credit_notes() if credit_note and outcome != "unfounded" else self.env["account.move"]
        self.sudo()._judge()
        return self._credit_notes_action(moves) if moves else True

    def action_cancel(self, reason):
        """Cancel a dispute that was opened by mistake. Collectors only.

        :raise AccessError: for who is no collector
        :raise UserError: when the dispute is not open, or no reason is given
        """
        self.ensure_one()
        self.check_access("write")
        self.env["credit.control"]._check_collects(self.env._("Only collectors cancel disputes."))
        self._lock_open()
        reason = self._check_text(reason, self.env._("Say why the dispute is cancelled."))
        self._end("cancelled", resolution=reason)
        self._tell(self.env._("Dispute cancelled: %s", reason))
        self.sudo()._judge()
        return True

    def action_reopen(self, reason):
        """Open a dispute again; a deadline that has passed is set anew. Credit managers only.

        :raise AccessError: for anybody else
        :raise UserError: when it is open, or nothing that could be disputed is open of its items
        """
        self.ensure_one()
        self.check_access("write")
        if not (self.env.su or self.env.user.has_group(MANAGER)):
            raise AccessError(self.env._("Only credit managers reopen disputes."))
        self._lock()
        if self.state == "open":
            raise UserError(self.env._("The dispute “%s” is open.", self.display_name))
        reason = self._check_text(reason, self.env._("Say why the dispute is opened again."))
        self._reopen()
        self._tell(self.env._("Dispute opened again: %s", reason))
        self._ask_owner()
        return True

    def action_open(self):
        """Open the dispute on its own page, where the exchange about it is."""
        self.ensure_one()
        self.check_access("read")
        return self._get_records_action()

    def action_open_invoices(self):
        """Open the invoices about which the dispute is."""
        self.ensure_one()
        self.check_access("read")
        return self.line_ids.move_id._get_records_action(name=self.env._("Disputed Invoices"))

    # -------------------------------------------------------------------------
    # Helpers
    # -------------------------------------------------------------------------

    def _reopen(self):
        """Make it an open dispute again, if the ledger leaves something to dispute."""
        lines = self.sudo().line_ids
        self._lock_items(self.env["credit.open.item"].browse(lines.move_line_id.ids))
        company = self.company_id.sudo()
        today = company._dunning_today()
        late = self.date_deadline < today
        self.sudo()._write_state(
            {
                "state": "open",
                "outcome": False,
                "amount_accepted": 0.0,
                "date_closed": False,
                "resolution": False,
                "by_ledger": False,
                "answer": False,
                "answer_amount": 0.0,
                "date_answered": False,
                "escalated_to_id": False,
                **({"date_deadline": fields.Date.add(today, days=company.followup_dispute_days)} if late else {}),
            }
        )
        self.sudo()._judge()
        if self.state != "open":
            raise UserError(self.env._("Nothing of these items is open any more: there is nothing to dispute."))
        room = self._room(lines.move_line_id.ids)
        for line in lines.filtered("is_open"):
            if line.currency_id.compare_amounts(room[line.move_line_id.id], 0) < 0:
                raise UserError(
                    self.env._(
                        "%s is disputed elsewhere meanwhile: open a new dispute about the rest.", line.move_name
                    )
                )

    def _lock(self):
        """Keep others from deciding in this transaction."""
        self.flush_recordset()
        if len(self.sudo().try_lock_for_update()) < len(self):
            raise UserError(self.env._("Someone else is deciding on this dispute right now. Look at it again."))
        self.invalidate_recordset()

    def _lock_open(self):
        self._lock()
        self._check_open()

    def _check_text(self, text, sentence):
        if not (text or "").strip():
            raise UserError(sentence)
        return text.strip()

    def _accepted(self, outcome, amount):
        """Return what is accepted of the dispute with this outcome, in its currency.

        :raise UserError: for an amount that is no part of the whole, or an unknown outcome
        """
        if outcome not in dict(OUTCOMES):
            raise UserError(self.env._("Say whether the dispute is founded."))
        if outcome != "partly_founded":
            return self.amount if outcome == "founded" else 0.0
        amount = self.currency_id.round(amount)
        if not 0 < amount < self.amount:
            raise UserError(
                self.env._(
                    "Say how much of the %s is accepted: more than nothing, and less than all of it.",
                    format_amount(self.env, self.amount, self.currency_id),
                )
            )
        return amount

    def _end(self, state, **vals):
        """The one way people end a dispute."""
        day = self.company_id.sudo()._dunning_today()
        self.sudo()._write_state({"state": state, "date_closed": day, "by_ledger": False, **vals})
        self.sudo().activity_unlink([TO_ANSWER, ESCALATED, TO_CLOSE])

    def _outcome_words(self, outcome, amount):
        label = dict(self._fields["outcome"]._description_selection(self.env))[outcome].lower()
        if outcome == "unfounded":
            return label
        return f"{label} ({format_amount(self.env, amount, self.currency_id)})"

    def _ask_collector(self, summary):
        """Ask the customer's collector to go on with the dispute, in their language; without one, who opened it."""
        for dispute in self.sudo():
            profile = dispute.partner_id._followup_profiles(dispute.company_id, create=True)
            managers = profile._managers(dispute.company_id)
            candidates = (profile.collector_id, dispute.user_id, managers[dispute.company_id])
            collector = next(filter(lambda user: user.active and user.has_group(COLLECTOR), candidates), None)
            if collector:
                words = dispute.with_context(lang=collector.lang).env._(summary)
                dispute.activity_schedule(TO_CLOSE, summary=words, note=dispute._items_words(), user_id=collector.id)
