from odoo import api, fields, models
from odoo.exceptions import UserError

from .credit_promise_dialog import KIND

ANSWERS = [("yes", "Yes"), ("no", "No")]


class CreditCallResult(models.TransientModel):
    """The result of a call, in one dialog: whom one reached, what was said, why they are
    late, what they promise, when to call back."""

    _name = "credit.call.result"
    _inherit = ["credit.promise.dialog"]
    _description = "Result of a call"

    # a call of the agenda, or none: it is then created when the result is saved
    action_id = fields.Many2one("credit.collection.action", readonly=True, ondelete="cascade")
    profile_id = fields.Many2one(
        "credit.profile",
        string="Collection File",
        compute="_compute_profile_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(related="profile_id.partner_id")
    totals = fields.Char(compute="_compute_at_hand", string="Claimed")
    phone_numbers = fields.Html(compute="_compute_at_hand", string="Phone")
    last_words = fields.Html(compute="_compute_at_hand")
    before_due = fields.Boolean(compute="_compute_before_due")
    is_late = fields.Boolean(compute="_compute_items")

    result = fields.Selection(
        selection=lambda self: self.env["credit.collection.action"]._fields["result"]._description_selection(self.env),
        required=True,
        default="reached",
    )
    reached_id = fields.Many2one(
        "res.partner", string="Person Reached", domain="[('commercial_partner_id', '=', partner_id)]"
    )
    invoice_received = fields.Selection(ANSWERS, string="Invoice Received?")
    invoice_in_order = fields.Selection(ANSWERS, string="In Order on Their Side?")
    late_reason_id = fields.Many2one(
        "credit.late.reason",
        string="Why Late?",
        compute="_compute_late_reason_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    # What the customer promised to pay
    date_promised = fields.Date(string="Promised For")
    promise_kind = fields.Selection(
        **KIND,
        string="Promise",
        compute="_compute_promise_kind",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_items")
    amount_open = fields.Monetary(
        compute="_compute_items", help="Of the items of the call, in their one currency; what is disputed left out."
    )
    amount_promised = fields.Monetary(
        compute="_compute_amount_promised", compute_sudo=False, store=True, readonly=False, precompute=True
    )
    call_back = fields.Date(string="Call Back On", help="Another call is put on the agenda for that day.")
    note = fields.Text(string="What Was Said")

    @api.depends("action_id")
    def _compute_before_due(self):
        for wizard in self:
            wizard.before_due = bool(wizard.action_id.level_id) and wizard.action_id.level_id.day <= 0

    @api.depends("action_id", "profile_id")
    def _compute_items(self):
        for wizard in self:
            items = wizard._items()
            currency = items.currency_id if len(items.currency_id) == 1 else self.env["res.currency"]
            wizard.currency_id = currency
            wizard.amount_open = items._amount_to_promise() if currency else 0.0
            wizard.is_late = any(item.days_overdue > 0 for item in items)

    @api.depends("action_id", "profile_id")
    def _compute_late_reason_id(self):
        """What was said last of the largest late item."""
        for wizard in self:
            late = wizard._items().filtered(lambda item: item.days_overdue > 0).sorted("amount_residual", reverse=True)
            wizard.late_reason_id = late[:1].late_reason_id

    @api.depends("before_due")
    def _compute_promise_kind(self):
        for wizard in self:
            wizard.promise_kind = "announced" if wizard.before_due else "firm"

    @api.depends("amount_open")
    def _compute_amount_promised(self):
        for wizard in self:
            wizard.amount_promised = wizard.amount_open

    @api.depends("profile_id", "reached_id")
    def _compute_may_confirm(self):
        Promise = self.env["credit.promise"]
        for wizard in self:
            profile = wizard.profile_id
            wizard.may_confirm = profile and Promise._addressee(
                profile.partner_id, profile.company_id, wizard.reached_id
            )

    @api.onchange("result")
    def _onchange_result(self):
        """Nobody reached: call back on the next working day."""
        if self.result in ("no_answer", "message"):
            tomorrow = fields.Date.add(fields.Date.context_today(self), days=1)
            company = self.profile_id.company_id
            self.call_back = self.call_back or company._dunning_working_day(tomorrow, 31)
            self.reached_id = False

    def action_save(self):
        """Keep the result with the action and in the customer's file, and plan the next call.

        :raise UserError: when someone was reached and nothing is noted
        """
        self.ensure_one()
        note = self._full_note()
        if self.result == "reached" and not (note or self.date_promised):
            raise UserError(self.env._("Note what was said: without it, the call leaves no trace."))
        if self.result == "wrong_number" and not self.call_back:
            note = "\n".join(filter(None, (note, self.env._("Find the right number."))))
        self._call()._record_call(self.result, note, self.reached_id, self.call_back, **self._what_was_said())
        return {"type": "ir.actions.act_window_close"}

    def _items(self):
        """Return the open items the call is about: those of the call, or those that a call today would list."""
        if self.action_id:
            return self.action_id._open_items()
        return self.profile_id._overdue_items()._promisable() if self.profile_id else self.env["credit.open.item"]

    def _what_was_said(self):
        """Return the reason and the promise of a customer who was reached, as ``_record_call`` takes them."""
        if self.result != "reached":
            return {}
        said = {"late_reason": self.late_reason_id if self.is_late else None}
        if self.date_promised:
            said["promise"] = {
                "date_promised": self.date_promised,
                "amount": self.amount_promised if self.currency_id else None,
                "kind": self.promise_kind,
                "promised_by": self.reached_id,
                "confirm": self.confirm and self.may_confirm,
            }
        return said

    def _full_note(self):
        """Return the note, with the answers to the questions asked before the due date."""
        labels = dict(self._fields["invoice_received"]._description_selection(self.env))
        answers = [
            self.invoice_received and self.env._("Invoice received: %s", labels[self.invoice_received]),
            self.invoice_in_order and self.env._("In order on their side: %s", labels[self.invoice_in_order]),
        ]
        return "\n".join(filter(None, (*answers, self.note)))
