from odoo import api, models
from odoo.tools import format_amount


class CreditCallResult(models.TransientModel):
    """Calls without a plan, one customer after the other; and drafts.

    A dialog that is left without *Save* or *Discard* stays as a draft of its user: one of this model's rows, whose call is
    still to be made. The next dialog of the same user and file opens with it.
    """

    _inherit = "credit.call.result"  # pylint: disable=consider-merging-classes-inherited
    # A note begun on Friday is there on Monday.
    _transient_max_hours = 24 * 30

    @api.depends("action_id")
    def _compute_profile_id(self):
        for wizard in self:
            action = wizard.action_id
            profile = action and (action.profile_id or action.partner_id._followup_profile(action.company_id))
            wizard.profile_id = profile or wizard.profile_id

    @api.depends("action_id", "profile_id")
    def _compute_at_hand(self):
        for wizard in self:
            call = wizard.action_id or wizard.profile_id._call_to_come()
            wizard.totals = wizard.action_id.totals or wizard._overdue_words()
            wizard.phone_numbers, wizard.last_words = call.phone_numbers, call.last_words

    def _overdue_words(self):
        profile = self.profile_id
        return format_amount(self.env, profile.amount_overdue, profile.currency_id) if profile else False

    # -------------------------------------------------------------------------
    # Buttons
    # -------------------------------------------------------------------------

    def action_save_next(self):
        """Keep the result, and go on to the next customer."""
        self.action_save()
        return self.profile_id._next_call()

    def action_skip(self):
        """Go on to the next customer; what was noted so far stays as a draft."""
        next_call = self.profile_id._next_call()
        self.filtered(lambda wizard: not wizard._is_begun()).unlink()
        return next_call

    # -------------------------------------------------------------------------
    # The call, and the drafts
    # -------------------------------------------------------------------------

    def _call(self):
        """Return the call whose result this is; it is created where nobody planned one."""
        self.ensure_one()
        (self._drafts_of_file() - self).unlink()
        if not self.action_id:
            waiting = self.profile_id._waiting_calls().get(self.profile_id)
            self.action_id = waiting or self.profile_id._plan_call_today()
        return self.action_id

    @api.model
    def _drafts(self, profiles):
        """Return the user's latest draft by file."""
        if not self.has_access("read"):
            return {}
        drafts = self.search([("create_uid", "=", self.env.uid), ("profile_id", "in", profiles.ids)], order="id")
        return {draft.profile_id: draft for draft in drafts if draft._is_draft() and draft._is_begun()}

    def _drafts_of_file(self):
        mine = [("create_uid", "=", self.env.uid), ("profile_id", "=", self.profile_id.id)]
        return self.search(mine).filtered(lambda draft: draft._is_draft())

    def _follow_to(self, target):
        """Go on in the collection file ``target``; what a user has begun to note there already gets the words of both."""
        there = {draft.create_uid: draft for draft in self.search([("profile_id", "=", target.id)], order="id")}
        for draft in self:
            twin = there.get(draft.create_uid)
            if not (twin and twin._is_draft() and draft._is_draft()):
                draft.profile_id = target
                continue
            noted = {name: draft[name] for name in self._noted_fields() if draft[name] and not twin[name]}
            if draft.note and twin.note:
                noted["note"] = f"{twin.note}\n{draft.note}"
            twin.write(self._convert_to_write(noted))
            draft.unlink()

    def _is_draft(self):
        """Return whether no call has this result yet. A call that a colleague made meanwhile is not made twice."""
        return self.action_id.state in (False, "to_do")

    def _is_begun(self):
        """Return whether anything was noted."""
        return any(self[name] for name in self._noted_fields())

    @api.model
    def _noted_fields(self):
        """Return the names of the fields that say something of the call, once they have a value."""
        return ["note", "reached_id", "invoice_received", "invoice_in_order", "date_promised", "call_back"]
