from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class CreditProfile(models.Model):
    """Calls from the customer's file, one customer after the other.

    The files still to come stand in ``context['credit_call_queue']``, nowhere else: two collectors, or two browser tabs,
    do not meet.
    """

    _inherit = "credit.profile"  # pylint: disable=consider-merging-classes-inherited

    calls_left = fields.Integer(compute="_compute_calls_left", string="Customers After This One")
    phone_numbers = fields.Html(compute="_compute_phone_numbers", string="Phone")
    has_call_draft = fields.Boolean(
        compute="_compute_has_call_draft", help="You began to note a call to this customer and did not save it."
    )

    @api.depends_context("credit_call_queue")
    def _compute_calls_left(self):
        self.calls_left = len(self._call_queue())

    @api.depends("partner_id", "contact_ids")
    def _compute_phone_numbers(self):
        for profile in self:  # one file at a time: shown on its form only
            profile.phone_numbers = profile._call_to_come().phone_numbers

    @api.depends_context("uid")
    def _compute_has_call_draft(self):
        drafts = self.env["credit.call.result"]._drafts(self)
        for profile in self:
            profile.has_call_draft = profile in drafts

    # -------------------------------------------------------------------------
    # Buttons
    # -------------------------------------------------------------------------

    def action_plan_call(self):
        """Open the dialog that puts a call to the customer on the agenda of a day."""
        self.ensure_one()
        self.check_access("write")
        action = self.env["ir.actions.act_window"]._for_xml_id("credit_collection.credit_call_plan_action")
        return {**action, "context": {"default_profile_id": self.id}}

    def action_note_call(self):
        """Open the dialog in which the result of a call is noted, planned or not.

        A call that waits on the agenda up to today is the one that was made; else one is created with the result.
        """
        self.ensure_one()
        self.check_access("write")
        return self._open_call_result(self._waiting_calls().get(self))

    def action_start_calls(self):
        """Call these customers, one after the other."""
        return self._start_calls(self)

    def action_skip_call(self):
        """Go on to the next customer without a call to this one."""
        self.check_access("write")
        return self._next_call()

    @api.model
    def _start_calls(self, profiles):
        """Return the action that opens the first of these files; the others follow, in their order.

        :raise AccessError: for who is no collector
        """
        profiles.check_access("write")
        if not profiles:
            raise UserError(self.env._("Nobody is to be called. Choose at least one customer."))
        return profiles[0]._open_for_call(profiles[1:].ids)

    def _next_call(self):
        """Return the client action that goes on to the next customer, or back when there is none left."""
        queue = self.search([("id", "in", self._call_queue())]).ids
        # in the order they were given, without those whose file is gone
        queue = [id_ for id_ in self._call_queue() if id_ in set(queue)]
        return {
            "type": "ir.actions.client",
            "tag": "credit_next_customer",
            "params": {
                "next": self.browse(queue[0])._open_for_call(queue[1:]) if queue else False,
                "message": self.env._("That was the last customer to call."),
            },
        }

    def _open_for_call(self, queue):
        action = self.env["ir.actions.act_window"]._for_xml_id("credit_collection.credit_profile_action")
        return {
            **action,
            "res_id": self.id,
            "views": [(False, "form")],
            "context": {"credit_call_mode": True, "credit_call_queue": queue},
        }

    def _call_queue(self):
        """Return the ids of the files still to come; the context may come from a client."""
        queue = self.env.context.get("credit_call_queue")
        return [id_ for id_ in queue if type(id_) is int] if isinstance(queue, (list, tuple)) else []

    # -------------------------------------------------------------------------
    # Helpers
    # -------------------------------------------------------------------------

    def _open_call_result(self, call=None):
        """Return the dialog for the result of ``call``, or of a call nobody planned; what the user began to note is in it."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("credit_collection.credit_call_result_action")
        keys = ("credit_call_mode", "credit_call_queue")
        context = {key: self.env.context[key] for key in keys if key in self.env.context}
        draft = self.env["credit.call.result"]._drafts(self).get(self)
        if draft:
            if call:
                draft.action_id = call
            return {**action, "res_id": draft.id, "context": {**context, "credit_call_draft": True}}
        return {**action, "context": {**context, "default_profile_id": self.id, "default_action_id": call and call.id}}

    def _call_to_come(self):
        """Return a call to this customer that is not saved, to look up what is to know before dialling."""
        customer = {"partner_id": self.partner_id.id, "company_id": self.company_id.id}
        return self.env["credit.collection.action"].new({**customer, "channel": "call"})

    def _waiting_calls(self):
        """Return the oldest call on the agenda up to today, by file."""
        to_make = Domain("channel", "=", "call") & Domain("state", "=", "to_do")
        to_make &= Domain("date_planned", "<=", fields.Date.context_today(self))
        calls = self._of_customers("credit.collection.action", to_make)
        return {profile: mine.sorted(lambda call: (call.date_planned, call.id))[:1] for profile, mine in calls.items()}

    def _plan_call_today(self):
        """Return a new call to make today, with the overdue items at hand."""
        return self._plan_call(fields.Date.context_today(self), self._overdue_items().move_line_id)

    def _merge_into(self, target):
        """The customers were merged: what was begun to be noted comes along."""
        drafts = self.env["credit.call.result"].sudo().search([("profile_id", "in", self.ids)])
        drafts._follow_to(target)
        return super()._merge_into(target)
