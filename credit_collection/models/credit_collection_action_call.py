from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, plaintext2html

RESULTS = [
    ("reached", "Reached"),
    ("message", "Message left"),
    ("no_answer", "No answer"),
    ("wrong_number", "Wrong number"),
]
# So many earlier calls are shown with a call to make.
LAST_CALLS = 5


class CreditCollectionAction(models.Model):
    """Calls: what to know before dialling, and what was said."""

    _inherit = "credit.collection.action"

    phone_numbers = fields.Html(compute="_compute_phone_numbers", string="Phone")
    last_words = fields.Html(compute="_compute_last_words", help="What was said in the last calls, the latest first.")
    result = fields.Selection(RESULTS, readonly=True, copy=False)
    reached_id = fields.Many2one(
        "res.partner", string="Person Reached", readonly=True, copy=False, ondelete="set null", index="btree_not_null"
    )
    promise_ids = fields.One2many(
        "credit.promise",
        "action_id",
        string="Promises",
        readonly=True,
        help="What the customer promised in this call.",
    )
    late_reason_id = fields.Many2one(
        "credit.late.reason",
        string="Late-Payment Reason",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
    )

    @api.depends("partner_id", "recipient_id")
    def _compute_phone_numbers(self):
        contacts = self.env["res.partner"].search(
            [("commercial_partner_id", "in", self.partner_id.ids), ("phone", "!=", False)]
        )
        by_customer = contacts.grouped("commercial_partner_id")
        for action in self:
            mine = by_customer.get(action.partner_id, contacts.browse())
            first = mine.filtered(
                lambda contact, action=action: contact in (action.recipient_id, action.profile_id.contact_ids)
            )
            numbers = [
                Markup('%s <a href="tel:%s">%s</a>')
                % (contact.name or contact.display_name, contact.phone, contact.phone)
                for contact in first | mine
            ]
            action.phone_numbers = Markup("<br/>").join(numbers) if action.channel == "call" else False

    @api.depends("partner_id", "company_id")
    def _compute_last_words(self):
        calls = self.search(
            [
                ("partner_id", "in", self.partner_id.ids),
                ("company_id", "in", self.company_id.ids),
                ("channel", "=", "call"),
                ("note", "!=", False),
            ],
            order="date_planned desc, id desc",
        )
        for action in self:
            mine = calls.filtered(
                lambda call, action=action: (
                    call != action and (call.partner_id, call.company_id) == (action.partner_id, action.company_id)
                )
            )
            action.last_words = Markup("").join(call._call_words() for call in mine[:LAST_CALLS])

    def _call_words(self):
        """Return what was said in this call, for people."""
        labels = dict(self._fields["result"]._description_selection(self.env))
        facts = [
            labels.get(self.result),
            self.reached_id.name,
            *(promise._call_words() for promise in self.promise_ids),
            self.late_reason_id.name,
        ]
        return Markup("<p><strong>%s</strong> %s</p>%s") % (
            format_date(self.env, fields.Datetime.context_timestamp(self, self.date_done or self.create_date).date()),
            escape(" · ".join(filter(None, facts))),
            plaintext2html(self.note or ""),
        )

    # -------------------------------------------------------------------------
    # Business
    # -------------------------------------------------------------------------

    def action_record_call(self):
        """Open the dialog in which the result of a call is noted."""
        self.ensure_one()
        self.check_access("write")
        return self.partner_id._followup_profile(self.company_id)._open_call_result(self)

    def _record_call(self, result, note, reached=None, call_back=False, late_reason=None, promise=None):
        """Keep the result of a call to make; with a day to call back, another call is planned for that day.

        :param late_reason: why the customer pays late (``credit.late.reason``): kept with the call, and with its items that
            are open
        :param dict promise: what the customer promised: the arguments of ``credit.promise._promise`` but the items
        :raise UserError: when this is no call to make, or the day to call back is past
        """
        self.ensure_one()
        self.check_access("write")
        if self.channel != "call" or self.state != "to_do":
            raise UserError(self.env._("“%s” is no call to make: its result was noted already.", self.display_name))
        if call_back and call_back < fields.Date.context_today(self):
            raise UserError(self.env._("Choose a day to call back that is still to come."))
        said = {"result": result, "reached_id": reached.id if reached else False}
        said["late_reason_id"] = late_reason.id if late_reason else False
        self.sudo()._write_state({**said, "note": "\n".join(filter(None, (self.note, note)))})
        items = self._open_items()
        if late_reason:
            items.move_line_id._followup_set_late_reason(late_reason)
        if promise:
            self._note_promise(items, promise)
        self._set_state("sent", "to_do", date_done=fields.Datetime.now(), user_id=self.env.uid, is_test=False)
        profile = self.partner_id._followup_profile(self.company_id)
        profile._message_log(body=Markup("<p>%s</p>%s") % (self.env._("Call"), self._call_words()))
        if call_back:
            profile._plan_call(call_back, self._standing_lines().move_line_id, self.recipient_id)

    def _open_items(self):
        """Return what is still open of the call's items, credits left out."""
        OpenItem = self.env["credit.open.item"]._of_today()
        return OpenItem.search([("id", "in", self._standing_lines().move_line_id.ids)])._promisable()

    def _note_promise(self, items, promise):
        """Note what was promised: all that is open in each currency or, of the one currency, an amount.

        :raise UserError: when nothing of the call's items is open
        """
        if not items:
            raise UserError(self.env._("None of the items of this call is open: there is nothing to promise."))
        for mine in items.grouped("currency_id").values():
            self.env["credit.promise"]._promise(mine, action=self, **promise)
