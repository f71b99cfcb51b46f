from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, clean_context, format_amount

from .credit_collection_action import blank_columns

GROUP = "credit_collection.credit_collection_group_"
STATES = [
    ("claimed", "Claimed"),
    ("partly_paid", "Partly Paid"),
    ("invoiced", "Invoiced"),
    ("paid", "Paid"),
    ("waived", "Waived"),
]
OPEN_STATES = ("claimed", "partly_paid")
SETTLING_PAYMENT_STATES = ("paid", "in_payment")


class CreditLateClaim(models.Model):
    """What is claimed of a customer for one invoice paid late: its interest, or its fixed indemnity.

    A claim is no receivable: nothing is booked before somebody asks for a debit note. It follows the ledger as long as
    it is open: interest grows while the invoice is unpaid and stays as it was when the invoice was paid. What was
    waived, paid or invoiced is neither touched nor claimed again.

    Nobody has access to write: what happened to a claim is recorded by its methods, which check rights, and its state
    follows from these facts.
    """

    _name = "credit.late.claim"
    _description = "Late-payment claim"
    _order = "date desc, id desc"
    _rec_names_search = ["move_name"]

    # The late invoice
    move_id = fields.Many2one("account.move", string="Invoice", required=True, index=True, ondelete="restrict")
    move_line_id = fields.Many2one(
        "account.move.line",
        string="Journal Item",
        ondelete="restrict",
        index="btree_not_null",
        help="For an item of an opening entry only.",
    )
    move_name = fields.Char(related="move_id.name", string="Number", store=True)
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, index=True)

    # The claim
    kind = fields.Selection([("interest", "Interest"), ("indemnity", "Indemnity")], required=True)
    date = fields.Date(string="Computed Up To", required=True, help="The last day that the amount takes into account.")
    currency_id = fields.Many2one(
        "res.currency", required=True, help="The invoice's for interest, the company's for the indemnity."
    )
    amount = fields.Monetary(aggregator=None)
    amount_paid = fields.Monetary(string="Paid", aggregator=None, help="Payments noted by hand, without a debit note.")
    amount_residual = fields.Monetary(
        string="Still Claimed", compute="_compute_state", store=True, aggregator=None, help="In the claim's currency."
    )
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    amount_company = fields.Monetary(
        string="Amount (Company)",
        currency_field="company_currency_id",
        compute="_compute_amount_company",
        store=True,
        help="In the company's currency, at the rate of the day computed up to.",
    )
    missing_from = fields.Date(
        string="Rate Missing From", help="The amount does not include this day and those after it."
    )
    line_ids = fields.One2many("credit.late.claim.line", "claim_id", string="Interest by Period")
    action_id = fields.Many2one(
        "credit.collection.action", string="Claimed In", index="btree_not_null", ondelete="set null"
    )

    # What became of it
    state = fields.Selection(STATES, compute="_compute_state", store=True, index=True)
    is_open = fields.Boolean(compute="_compute_state", store=True)
    debit_note_id = fields.Many2one("account.move", index="btree_not_null", ondelete="set null")
    waived_on = fields.Date()
    waived_by_id = fields.Many2one("res.users")
    waive_reason = fields.Char(string="Reason of the Waiver")

    _document_uniq = models.UniqueIndex(
        "(move_id, COALESCE(move_line_id, 0), kind)", "This invoice already has such a claim."
    )

    # -------------------------------------------------------------------------
    # Computes
    # -------------------------------------------------------------------------

    @api.depends("amount", "amount_paid", "waived_on", "debit_note_id.state", "debit_note_id.payment_state")
    def _compute_state(self):
        """The one place that says a claim's state: waived, else its debit note's, else by what was paid on it."""
        for claim in self:
            claim.state = claim._state()
            claim.is_open = claim.state in OPEN_STATES
            left = claim.amount - claim.amount_paid if claim.state in (*OPEN_STATES, "invoiced") else 0.0
            claim.amount_residual = max(left, 0.0)

    def _state(self):
        note = self.debit_note_id
        if self.waived_on:
            return "waived"
        # A debit note that was cancelled or reversed claims nothing any more.
        if note and note.state != "cancel" and note.payment_state != "reversed":
            return "paid" if note.payment_state in SETTLING_PAYMENT_STATES else "invoiced"
        currency = self.currency_id or self.env.company.currency_id
        if currency.is_zero(self.amount_paid):
            return "claimed"
        return "paid" if currency.compare_amounts(self.amount_paid, self.amount) >= 0 else "partly_paid"

    @api.depends("amount", "currency_id", "company_id", "date")
    def _compute_amount_company(self):
        for claim in self:
            own = claim.company_id.currency_id
            same = not claim.currency_id or claim.currency_id == own
            claim.amount_company = (
                claim.amount if same else claim.currency_id._convert(claim.amount, own, claim.company_id, claim.date)
            )

    @api.depends("kind", "move_name")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for claim in self:
            claim.display_name = self.env._(
                "%(kind)s on %(invoice)s", kind=kinds.get(claim.kind, ""), invoice=claim.move_name or ""
            )

    # -------------------------------------------------------------------------
    # Buttons
    # -------------------------------------------------------------------------

    def action_waive(self, reason):
        """Give the claims up, for a reason that is kept with who and when, here and on the invoice.

        :raise AccessError: for anybody but a credit manager
        :raise UserError: without a reason, or for a claim that is settled or invoiced
        """
        self._check_waiver()
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why the claim is waived."))
        claims = self._open_for_change()
        claims._record(
            {"waived_on": fields.Date.context_today(self), "waived_by_id": self.env.uid, "waive_reason": reason}
        )
        claims._log(self.env._("waived: %s", reason))

    def action_record_payment(self, amount):
        """Note that the customer paid ``amount`` of the claim, in its currency, without a debit note.

        :raise AccessError: for anybody but a collector
        :raise UserError: for a settled claim, or an amount that is not between zero and what is still claimed
        """
        self._check_group("user", self.env._("Only a collector notes the payment of a claim."))
        self.ensure_one()
        claim = self._open_for_change()
        currency = claim.currency_id
        amount = currency.round(amount)
        if amount <= 0 or currency.compare_amounts(amount, claim.amount_residual) > 0:
            raise UserError(
                self.env._(
                    "Enter an amount between zero and what is still claimed: %s.",
                    format_amount(self.env, claim.amount_residual, currency),
                )
            )
        claim._record({"amount_paid": currency.round(claim.amount_paid + amount)})
        claim._log(self.env._("%s paid", format_amount(self.env, amount, currency)))

    def action_open_waiver(self):
        """Ask for the reason of a waiver."""
        self._check_waiver()
        return self._wizard_action("credit.late.waiver", self.env._("Waive"), default_claim_ids=self.ids)

    def action_open_payment(self):
        """Ask for the amount paid."""
        self._check_group("user", self.env._("Only a collector notes the payment of a claim."))
        return self._wizard_action("credit.late.payment", self.env._("Note a Payment"), default_claim_id=self[:1].id)

    @api.model
    def _wizard_action(self, model, name, **context):
        """Return the window action that opens the wizard ``model`` with these defaults."""
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form",
            "target": "new",
            "context": context,
        }

    # -------------------------------------------------------------------------
    # Claiming
    # -------------------------------------------------------------------------

    @api.model
    def _claim(self, records, day, action=None, kinds=("interest", "indemnity")):
        """Claim what is due on ``day`` for these entries or journal items; refresh what is claimed already.

        A claim that was computed up to a later day stays as it is. Nothing due and nothing claimed makes no claim.

        :param action: the collection action in which it is claimed, if any
        :return: the open claims of these invoices, in superuser mode
        """
        claims = self.sudo()
        documents = claims.env["credit.late.interest"]._open_documents(records, day)
        existing = claims.search([("move_id", "in", [document.move_id for document in documents])])
        by_key = {claim._key(): claim for claim in existing}
        current, new_vals, lines = claims.browse(), [], []
        for document in documents:
            for vals, segments in claims._prepare_claims(document, day, kinds):
                claim = by_key.get((document.move_id, document.line_id, vals["kind"]))
                if claim and claim.is_open and claim.date <= day:
                    claim._record({**vals, **({"action_id": action.id} if action else {})})
                    current |= claim
                    lines += [{**segment, "claim_id": claim.id} for segment in segments]
                elif not claim and vals["amount"]:
                    new_vals.append({**vals, "action_id": action and action.id, "line_ids": segments})
        current.line_ids.unlink()
        self.env["credit.late.claim.line"].sudo().create(lines)
        for vals in new_vals:
            vals["line_ids"] = [fields.Command.create(segment) for segment in vals["line_ids"]]
        # no default, of the context or of the user, says that a claim is paid or waived
        blank = blank_columns(self, ())
        model = claims.with_context(clean_context(self.env.context))
        return current | model.create([blank | vals for vals in new_vals]).with_env(claims.env)

    @api.model
    def _forget(self, records):
        """Drop the open claims on these entries or journal items, which are being deleted.

        :raise UserError: when something was paid on one, or it was waived or invoiced: that is kept
        """
        field = "move_id" if records._name == "account.move" else "move_line_id"
        claims = self.sudo().search([(field, "in", records.ids)])
        for claim in claims:
            if claim.state != "claimed":
                states = dict(self._fields["state"]._description_selection(self.env))
                raise UserError(
                    self.env._(
                        "“%(claim)s” is “%(state)s”, and that is kept: cancel the entry instead of deleting it.",
                        claim=claim.display_name,
                        state=states[claim.state],
                    )
                )
        claims.unlink()

    def _prepare_claims(self, document, day, kinds):
        """Yield the values of the document's claims, each with its lines'; also of those that came to nothing."""
        company = self.env["res.company"].browse(document.company_id)
        common = {
            "move_id": document.move_id,
            "move_line_id": document.line_id or False,
            "partner_id": document.partner_id,
            "company_id": document.company_id,
            "date": day,
        }
        if "interest" in kinds:
            yield (
                {
                    **common,
                    "kind": "interest",
                    "currency_id": document.currency_id,
                    "amount": document.interest,
                    "missing_from": document.missing_from,
                },
                [self._prepare_line(item, segment) for item in document.items for segment in item.segments],
            )
        if "indemnity" in kinds:
            currency = company.currency_id.id
            yield {**common, "kind": "indemnity", "currency_id": currency, "amount": document.indemnity}, []

    def _prepare_line(self, item, segment):
        return {
            "move_line_id": item.line_id,
            "currency_id": item.currency_id,
            "date_maturity": item.due,
            "date_from": segment.first,
            "date_to": segment.last,
            "days": segment.days,
            "principal": segment.principal,
            "rate": segment.rate or 0.0,
            "is_rate_missing": segment.rate is None,
            "amount": segment.amount,
        }

    # -------------------------------------------------------------------------
    # Helpers
    # -------------------------------------------------------------------------

    def _key(self):
        """Return what a claim is unique by: entry id, journal item id or 0, kind."""
        return (self.move_id.id, self.move_line_id.id or 0, self.kind)

    @api.model
    def _check_waiver(self):
        """:raise AccessError: for anybody but a credit manager"""
        self._check_group("manager", self.env._("Only a credit manager waives interest and indemnities."))

    def _check_group(self, group, message):
        if not self.env.su and not self.env.user.has_group(GROUP + group):
            raise AccessError(message)

    def _open_for_change(self):
        """Return the claims, locked and in superuser mode, if the user may see them and all are open.

        :raise UserError: when one is settled or invoiced
        """
        self.check_access("read")
        if not self:
            raise UserError(self.env._("Choose the claims first."))
        claims = self.sudo()
        claims.flush_recordset()
        self.env.cr.execute(SQL("SELECT id FROM credit_late_claim WHERE id IN %s FOR UPDATE", tuple(self.ids)))
        claims.invalidate_recordset()
        states = dict(self._fields["state"]._description_selection(self.env))
        for claim in claims:
            if not claim.is_open:
                raise UserError(
                    self.env._(
                        "“%(claim)s” is “%(state)s”: nothing of it is left to decide.",
                        claim=claim.display_name,
                        state=states[claim.state],
                    )
                )
        return claims

    def _record(self, vals):
        """Write what happened to the claims; the state follows. The only door: nobody has access to write."""
        self.sudo().write(vals)

    def _log(self, text):
        """Tell it in the history of the invoices."""
        for move, claims in self.grouped("move_id").items():
            names = ", ".join(claims.mapped("display_name"))
            move._message_log(
                body=self.env._("%(claims)s: %(what)s", claims=names, what=text), author_id=self.env.user.partner_id.id
            )
