from odoo import api, fields, models
from odoo.tools import format_amount, format_date, html2plaintext

KINDS = [
    ("message", "Message sent"),
    ("call", "Call"),
    ("level", "Level set by hand"),
    ("reply", "Answer received"),
    ("promise", "Promise"),
    ("promise_judged", "Promise judged"),
    ("dispute", "Dispute"),
    ("dispute_answered", "Dispute answered"),
    ("dispute_closed", "Dispute closed"),
    ("payment", "Payment"),
    ("credit_note", "Credit note"),
    ("entry", "Other credit"),
    ("hold", "Hold"),
    ("hold_end", "End of a hold"),
    ("request", "Credit request decided"),
    ("decision", "Decision"),
    ("note", "Note"),
]
# So much of a message or note stands in a line.
WORDS = 200


class CreditHistory(models.Model):
    """What happened between a company and a customer, in order: what was sent and said, what came in, what was decided.

    Read only. Each row is told by the record it comes from (``res_model``, ``res_id``), which stays the evidence. ``id`` is
    made of that record's and the branch of the statement it comes from (``credit_history_sql.py``), so it is stable.
    """

    _name = "credit.history"
    _description = "History of a customer"
    _auto = False
    _order = "date desc, moment desc, id desc"
    _rec_name = "title"

    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True, help="The commercial partner.")
    company_id = fields.Many2one("res.company", readonly=True)
    date = fields.Date(readonly=True, depends_context=("tz",))
    moment = fields.Datetime(string="Entered On", readonly=True)
    kind = fields.Selection(KINDS, readonly=True)
    amount = fields.Monetary(readonly=True, aggregator=None)
    currency_id = fields.Many2one("res.currency", readonly=True)
    user_id = fields.Many2one("res.users", string="By", readonly=True)
    res_model = fields.Char(string="Source", readonly=True)
    res_id = fields.Many2oneReference(string="Source Record", model_field="res_model", readonly=True)
    title = fields.Char(compute="_compute_title", string="What Happened")

    @api.depends("kind", "res_model", "res_id")
    @api.depends_context("lang")
    def _compute_title(self):
        for model, rows in self.grouped("res_model").items():
            sources = self.env[model].sudo().browse(rows.mapped("res_id"))
            for row, source in zip(rows, sources, strict=True):
                row.title = getattr(self, f"_title_{row.kind}")(source)

    def action_open(self):
        """Open what the row comes from; the collection file for what stands in its history."""
        self.ensure_one()
        if self.res_model == "mail.message":
            return self.partner_id._followup_profile(self.company_id)._get_records_action()
        return self.env[self.res_model].browse(self.res_id)._get_records_action()

    # -------------------------------------------------------------------------
    # In the user's words, from the source
    # -------------------------------------------------------------------------

    def _title_message(self, action):
        what = action.level_id.name or action.subject or self.env._("Message")
        sent = self.env._("“%(message)s” to %(address)s", message=what, address=action._sent_to())
        return f"{sent} – {action.reason}" if action.state == "void" and action.reason else sent

    def _title_call(self, action):
        promises = [promise._call_words() for promise in action.promise_ids]
        facts = (self._label(action, "result"), action.reached_id.name, *promises, action.note)
        return self._line(" · ".join(filter(None, facts)))

    def _title_level(self, action):
        level = self.env._("Level “%s”", action.level_id.name)
        return self._line(self._pair(level, action.note) if action.note else level)

    def _title_promise(self, promise):
        words = {"amount": format_amount(self.env, promise.amount, promise.currency_id)}
        words["day"] = format_date(self.env, promise.date_promised)
        if promise.kind == "announced":
            return self.env._("%(amount)s announced for %(day)s", **words)
        return self.env._("%(amount)s promised for %(day)s", **words)

    def _title_promise_judged(self, promise):
        return self.env._(
            "The promise for %(day)s: %(state)s",
            day=format_date(self.env, promise.date_promised),
            state=self._label(promise, "state"),
        )

    def _title_dispute(self, dispute):
        return self._pair(dispute.reason_id.name, ", ".join(filter(None, dispute.line_ids.mapped("move_name"))))

    def _title_dispute_closed(self, dispute):
        outcome = self._label(dispute, "outcome") or self._label(dispute, "state")
        return self._pair(dispute.reason_id.name, outcome)

    def _title_dispute_answered(self, dispute):
        return self._pair(dispute.reason_id.name, self._label(dispute, "answer"))

    def _title_payment(self, source):
        return source.display_name

    _title_credit_note = _title_entry = _title_payment

    def _title_hold(self, hold):
        return hold._sentence()

    def _title_hold_end(self, hold):
        return self.env._("No longer on hold: %s", hold.reason)

    def _title_request(self, request):
        decided = self._pair(self._label(request, "kind"), self._label(request, "state"))
        return self._line(" – ".join(filter(None, (decided, request.decision_reason))))

    def _title_reply(self, message):
        words = html2plaintext(message.body or "", include_references=False).strip()
        return self._line(" – ".join(filter(None, (message.subject, words))))

    _title_note = _title_reply

    def _title_decision(self, message):
        changes = message.tracking_value_ids._tracking_value_format()
        return "; ".join(
            self.env["credit.control"]._change_words(
                change["fieldInfo"]["changedField"],
                self._shown(change, "oldValue"),
                self._shown(change, "newValue"),
            )
            for change in changes
        )

    def _shown(self, change, name):
        value, kind = change[name], change["fieldInfo"]["fieldType"]
        if kind == "boolean":
            return self.env._("yes") if value else self.env._("no")
        if kind == "monetary":
            return format_amount(self.env, value, self.env["res.currency"].browse(change["fieldInfo"]["currencyId"]))
        if kind == "date" and value:
            return format_date(self.env, value)
        return str(value or "–")

    def _label(self, record, name):
        choices = dict(record._fields[name]._description_selection(self.env))
        return choices.get(record[name])

    def _pair(self, label, words):
        return self.env._("%(label)s: %(words)s", label=label, words=words)

    def _line(self, words):
        words = " ".join(words.split())
        return words if len(words) <= WORDS else f"{words[:WORDS]}…"
