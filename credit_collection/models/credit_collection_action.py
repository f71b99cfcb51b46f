from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, clean_context, format_amount, is_html_empty

CHANNELS = [("email", "E-mail"), ("letter", "Letter"), ("call", "Call"), ("manual", "Set by hand")]
STATES = [
    ("to_confirm", "To confirm"),
    ("queued", "Queued"),
    ("to_print", "To print"),
    ("to_do", "To do"),
    ("sending", "Being sent"),
    ("sent", "Done"),
    ("failed", "Failed"),
    ("void", "Void"),
    ("cancelled", "Cancelled"),
]
# What each state may become. "sent" is final but for what comes back. A registered letter is "sending" between the
# printer and the post office.
TRANSITIONS = {
    "to_confirm": {"queued", "to_print", "cancelled", "failed"},
    "queued": {"to_confirm", "to_print", "sending", "cancelled", "failed"},
    "to_print": {"to_confirm", "queued", "sending", "sent", "cancelled", "failed", "void"},
    "to_do": {"sent", "cancelled", "void"},
    "sending": {"sent", "failed", "queued", "to_print", "void"},
    "failed": {"to_confirm", "queued", "to_print", "cancelled"},
    "sent": {"void"},
    "void": set(),
    "cancelled": set(),
}
UNSENT = ("to_confirm", "queued", "to_print", "failed")
EVIDENCE = ("sending", "sent", "void")
# What a person may write; see _editable.
EDITABLE = {"recipient_id", "subject", "body", "date_planned", "user_id", "note", "line_ids"}


def blank_columns(model, allowed):
    """Return empty values for the stored fields not in ``allowed``: no default, of the context or of a user's own
    ``ir.default``, fills a field that has a value."""
    return {
        name: False
        for name, field in model._fields.items()
        if name not in allowed
        and name not in models.MAGIC_COLUMNS
        and field.column_type
        and field.store
        and not field.compute
    }


class CreditCollectionAction(models.Model):
    """One act towards one customer: planned, then done. Agenda and evidence in one.

    Not a mail.thread: there are many. The state changes only through :meth:`_set_state`.
    """

    _name = "credit.collection.action"
    _description = "Collection action"
    _order = "date_planned desc, id desc"
    _check_company_auto = True

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    profile_id = fields.Many2one("credit.profile", compute="_compute_profile_id", string="Collection File")
    recipient_id = fields.Many2one(
        "res.partner", domain="[('commercial_partner_id', '=', partner_id)]", help="The contact written to or called."
    )
    level_id = fields.Many2one("credit.dunning.level", ondelete="restrict", readonly=True, index="btree_not_null")
    channel = fields.Selection(CHANNELS, required=True, default="email", readonly=True)
    state = fields.Selection(STATES, required=True, default="to_confirm", readonly=True, index=True)
    user_id = fields.Many2one("res.users", string="Collector", index="btree_not_null")
    date_planned = fields.Date(required=True, default=fields.Date.context_today)
    line_ids = fields.One2many("credit.collection.action.line", "action_id", string="Items")

    # Figures
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    amount_company = fields.Monetary(
        string="Claimed (Company Currency)",
        currency_field="company_currency_id",
        readonly=True,
        help="In the company's currency, to sort by.",
    )
    totals = fields.Char(string="Claimed", compute="_compute_totals")

    # Message: empty until a person edits it or it is sent; the level's text is used until then
    subject = fields.Char()
    body = fields.Html(sanitize_style=True)
    preview_subject = fields.Char(compute="_compute_preview", string="Subject of the Message")
    preview = fields.Html(compute="_compute_preview", sanitize=False, string="Message")
    body_sent = fields.Html(string="Message Sent", readonly=True, sanitize=False, copy=False)
    email_from = fields.Char(readonly=True, copy=False)
    email_to = fields.Char(readonly=True, copy=False)
    message_id = fields.Char(readonly=True, copy=False, index="btree_not_null", string="Message-ID")
    mail_message_id = fields.Many2one(
        "mail.message", readonly=True, copy=False, ondelete="set null", index="btree_not_null"
    )
    attachment_ids = fields.One2many(
        "ir.attachment",
        "res_id",
        domain=[("res_model", "=", "credit.collection.action")],
        readonly=True,
        string="Attachments",
    )

    # Course
    date_done = fields.Datetime(readonly=True, copy=False)
    date_sending = fields.Datetime(string="Sending Started On", readonly=True, copy=False)
    sender_pid = fields.Integer(string="Sending Process", readonly=True, copy=False)
    is_test = fields.Boolean(
        string="Test", readonly=True, copy=False, help="It went, or would have gone, to the company's test addressee."
    )
    reason = fields.Char(readonly=True, copy=False, help="Why it failed, was voided or cancelled, or waits again.")
    note = fields.Text()

    _agenda_idx = models.Index("(company_id, state, date_planned)")
    _unsent_idx = models.Index("(channel, id) WHERE state = 'queued'")
    _contact_idx = models.Index("(date_done) WHERE state = 'sent'")
    _test_idx = models.Index(
        "(company_id) WHERE is_test AND state IN ('to_confirm', 'queued', 'to_print', 'to_do', 'failed')"
    )

    # -------------------------------------------------------------------------
    # Computes
    # -------------------------------------------------------------------------

    @api.depends("partner_id", "level_id", "channel")
    def _compute_display_name(self):
        without_level = {"manual": self.env._("Level set by hand"), "call": self.env._("Call")}
        for action in self:
            what = action.level_id.name or without_level.get(action.channel) or self.env._("Message")
            action.display_name = f"{action.partner_id.display_name} – {what}"

    @api.depends("partner_id", "company_id")
    def _compute_profile_id(self):
        profiles = self.env["credit.profile"].search(
            [("partner_id", "in", self.partner_id.ids), ("company_id", "in", self.company_id.ids)]
        )
        by_key = {(profile.partner_id, profile.company_id): profile for profile in profiles}
        for action in self:
            action.profile_id = by_key.get((action.partner_id, action.company_id))

    @api.depends("line_ids.amount", "line_ids.kind", "line_ids.state")
    def _compute_totals(self):
        # summed by the database: an action may be about hundreds of items
        sums = self.env["credit.collection.action.line"]._read_group(
            [("action_id", "in", self.ids), ("kind", "=", "claimed"), ("state", "!=", "void")],
            ["action_id", "currency_id"],
            ["amount:sum"],
        )
        totals = {}
        for action, currency, amount in sorted(sums, key=lambda row: row[1].name):
            totals.setdefault(action, []).append(format_amount(self.env, amount, currency))
        for action in self:
            action.totals = " + ".join(totals.get(action._origin, []))

    @api.depends("line_ids", "subject", "body", "recipient_id", "level_id", "body_sent")
    def _compute_preview(self):
        for action in self:
            action.preview_subject, action.preview = action.subject, action.body_sent
            if action.channel not in ("call", "manual") and not action.body_sent:
                words = self.env["credit.dunning.words"]._render(action)
                action.preview_subject, action.preview = words["subject"], words["html"]

    def _standing_lines(self, *kinds):
        """Return the lines that were not dropped; of these kinds, or of all."""
        return self.line_ids.filtered(lambda line: line.state != "void" and (not kinds or line.kind in kinds))

    def _totals(self, *kinds):
        """Return ``{currency: amount}`` of the lines of these kinds that stand, in the order of the currencies' names."""
        totals = {}
        for line in self._standing_lines(*kinds):
            totals[line.currency_id] = totals.get(line.currency_id, 0.0) + line.amount
        return dict(sorted(totals.items(), key=lambda item: item[0].name))

    # -------------------------------------------------------------------------
    # Guards
    # -------------------------------------------------------------------------

    @api.constrains("recipient_id", "partner_id")
    def _check_recipient(self):
        for action in self:
            if action.recipient_id and action.recipient_id.commercial_partner_id != action.partner_id:
                raise ValidationError(
                    self.env._(
                        "%(contact)s is no contact of %(customer)s.",
                        contact=action.recipient_id.display_name,
                        customer=action.partner_id.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Create ad-hoc messages, to confirm; everything with a level comes from the run."""
        allowed = self._editable() | {"partner_id", "company_id"}
        blank = {**blank_columns(self, allowed), "state": "to_confirm", "channel": "email"}
        vals_list = [blank | {key: value for key, value in vals.items() if key in allowed} for vals in vals_list]
        # defaults of the context would come in beside the guard
        model = self.with_context(clean_context(self.env.context))
        actions = super(CreditCollectionAction, model).create(vals_list)
        for action in actions:
            if action.partner_id != action.partner_id.commercial_partner_id:
                raise UserError(
                    self.env._("%s is a contact: choose the company it belongs to.", action.partner_id.display_name)
                )
        return actions

    def write(self, vals):
        forbidden = vals.keys() - self._editable()
        if forbidden:
            raise UserError(
                self.env._("These fields of an action change only by its buttons: %s.", self._labels(forbidden))
            )
        # what was said in a call, or why a level was set, is evidence too
        if vals.keys() - {"note", "user_id"} or {"manual", "call"} & set(self.mapped("channel")):
            self._open_for_change("to_do")
        return super().write(vals)

    @api.model
    def _editable(self):
        """Return the names of what a person may write, on an action that has not left."""
        return EDITABLE

    def _is_edited(self):
        """Return whether a person wrote the words of this action: its figures then stand in a text."""
        return bool(self.body)

    def _labels(self, names):
        """Return the labels of these fields, for a sentence."""
        return ", ".join(
            self._fields[name]._description_string(self.env) for name in sorted(names) if name in self._fields
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        if self.filtered(lambda action: action.state not in ("to_confirm", "cancelled")) or self.level_id:
            raise UserError(self.env._("Reminders are kept as evidence. Cancel this one instead of deleting it."))

    def _open_for_change(self, *also):
        """Make sure that the actions have not left, and take them back from a sender that has already written their mail.

        :raise UserError: when one of them has left or is leaving
        """
        gone = self.filtered(lambda action: action.state not in (*UNSENT, *also))
        if gone:
            raise UserError(
                self.env._(
                    "“%s” has already left (or was cancelled): it can no longer be changed.", gone[0].display_name
                )
            )
        self.sudo()._write_state({"sender_pid": False})
        if "queued" in self.mapped("state"):
            self._trigger_sending()

    def _filter_evidence(self):
        """Return the actions of which nothing may change any more: they have left, or may have."""
        return self.filtered(lambda action: action.state in EVIDENCE)

    def _set_state(self, state, since=None, day=None, **vals):
        """The one way an action changes its state; the levels of its items follow.

        :param str state: one of ``STATES``
        :param str since: the only state it may come from, where a button means one
        :param date day: the day its items reach their levels; today unless said
        :param vals: further values that belong to this change (reason, date_done …)
        :raise UserError: when an action cannot go from its state to this one
        """
        self.check_access("write")
        self.sudo()._lock_state()
        for action in self:
            if state not in TRANSITIONS[action.state] or since not in (None, action.state):
                labels = dict(self._fields["state"]._description_selection(self.env))
                raise UserError(
                    self.env._(
                        "“%(action)s” is “%(old)s”: it cannot become “%(new)s”.",
                        action=action.display_name,
                        old=labels[action.state],
                        new=labels[state],
                    )
                )
        self.sudo()._write_state({"state": state, **vals})
        lines = self.sudo().line_ids
        if state == "sent":
            lines._reach_levels(self, day or fields.Date.context_today(self))
            self.env["credit.hold"]._hold_by_level(self)
        elif state in ("void", "cancelled"):
            # a call that is dropped stays passed: only what was to be written comes back
            lines.filtered(lambda line: line.state != "info" and line.channel != "call")._void()

    def _cancel_settled(self):
        """Cancel the reminders none of whose items will climb any more; return them."""
        settled = self.filtered(lambda action: action.level_id and "pending" not in action.line_ids.mapped("state"))
        if settled:
            settled._set_state("cancelled", reason=self.env._("None of its items may be claimed any more."))
        return settled

    def _lock_state(self):
        """Read the states afresh, and keep others from changing them in this transaction."""
        if self.ids:
            self.env.flush_all()
            self.env.cr.execute(SQL("SELECT FROM credit_collection_action WHERE id IN %s FOR UPDATE", tuple(self.ids)))
            self.invalidate_recordset(["state"])

    def _write_state(self, vals):
        """The one way the module itself writes an action."""
        return super().write(vals)  # pylint: disable=super-method-mismatch

    # -------------------------------------------------------------------------
    # Buttons of the agenda
    # -------------------------------------------------------------------------

    def action_confirm(self):
        """Queue what waits for confirmation; it leaves with the next sending, which is asked for at once.

        :raise UserError: when an ad-hoc message has no words
        """
        self._check_words()
        self._make_ready("to_confirm")

    def _make_ready(self, since):
        """Queue mails for the next sending, which is asked for at once; let letters wait for the printer."""
        for channel, actions in self.grouped("channel").items():
            actions._set_state("to_print" if channel == "letter" else "queued", since, reason=False)
        self._trigger_sending()

    def action_cancel(self):
        """Do not send: the items may be chased again by a later run."""
        self._set_state(
            "cancelled", reason=self.env._("Cancelled by %s", self.env.user.name), date_done=fields.Datetime.now()
        )

    def action_retry(self):
        """Try a failed action again, with the address the contact has now."""
        self._check_words()
        self._make_ready("failed")

    def _check_words(self):
        """:raise UserError: when an ad-hoc message has no words"""
        for action in self:
            if not action.level_id and not (action.subject and not is_html_empty(action.body)):
                raise UserError(self.env._("Write a subject and a text before confirming the message."))

    def action_edit_text(self):
        """Copy the words of the level into the action, to be edited; the placeholders are filled."""
        for action in self:
            action._open_for_change()
            words = self.env["credit.dunning.words"]._render(action)
            action.write({"subject": words["subject"], "body": words["text"]})

    def action_reset_text(self):
        """Use the words of the level again."""
        self.write({"subject": False, "body": False})

    def action_open_profile(self):
        """Open the customer's collection file."""
        self.ensure_one()
        return self.partner_id._followup_profile(self.company_id)._get_records_action()

    def _note_for_invoice(self):
        """Return the sentence that stands in the history of an invoice this action claimed."""
        link = Markup('<a href="#" data-oe-model="%s" data-oe-id="%s">%s</a>') % (
            self._name,
            self.id,
            self.level_id.name or self.subject,
        )
        return Markup("%s %s") % (self.env._("Reminder sent to %s:", self._sent_to()), link)

    def _sent_to(self):
        """Return the address this action was sent to, for people."""
        return self.email_to or self._postal_name()

    @api.model
    def _trigger_sending(self):
        self.env.ref("credit_collection.ir_cron_send").sudo()._trigger()
