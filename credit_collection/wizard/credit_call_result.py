from odoo import api, fields, models
from odoo.exceptions import UserError

ANSWERS = [("yes", "Yes"), ("no", "No")]


class CreditCallResult(models.TransientModel):
    """The result of a call, in one dialog: whom one reached, what was said, when they pay, when to call back."""

    _name = "credit.call.result"
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
    announced_date = fields.Date(string="Payment Announced For")
    call_back = fields.Date(string="Call Back On", help="Another call is put on the agenda for that day.")
    note = fields.Text(string="What Was Said")

    @api.depends("action_id")
    def _compute_before_due(self):
        for wizard in self:
            wizard.before_due = bool(wizard.action_id.level_id) and wizard.action_id.level_id.day <= 0

    @api.onchange("result")
    def _onchange_result(self):
        """Nobody reached: call back on the next working day."""
        if self.result in ("no_answer", "message"):
            tomorrow = fields.Date.add(fields.Date.context_today(self), days=1)
            company = self.profile_id.company_id
            self.call_back = self.call_back or company._dunning_closed_days(tomorrow, 31).get(tomorrow, tomorrow)
            self.reached_id = False

    def action_save(self):
        """Keep the result with the action and in the customer's file, and plan the next call.

        :raise UserError: when someone was reached and nothing is noted
        """
        self.ensure_one()
        note = self._full_note()
        if self.result == "reached" and not (note or self.announced_date):
            raise UserError(self.env._("Note what was said: without it, the call leaves no trace."))
        if self.result == "wrong_number" and not self.call_back:
            note = "\n".join(filter(None, (note, self.env._("Find the right number."))))
        self._call()._record_call(self.result, note, self.reached_id, self.announced_date, self.call_back)
        return {"type": "ir.actions.act_window_close"}

    def _full_note(self):
        """Return the note, with the answers to the questions asked before the due date."""
        labels = dict(self._fields["invoice_received"]._description_selection(self.env))
        answers = [
            self.invoice_received and self.env._("Invoice received: %s", labels[self.invoice_received]),
            self.invoice_in_order and self.env._("In order on their side: %s", labels[self.invoice_in_order]),
        ]
        return "\n".join(filter(None, (*answers, self.note)))
