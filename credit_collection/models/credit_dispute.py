from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, LazyTranslate, clean_context, format_amount, format_date, plaintext2html

from .credit_control import ACCOUNTING

_lt = LazyTranslate(__name__)

STATES = [("open", "In progress"), ("closed", "Closed"), ("cancelled", "Cancelled")]
OUTCOMES = [("founded", "Founded"), ("partly_founded", "Partly founded"), ("unfounded", "Unfounded")]
# What a collector may change of an open dispute; the rest says what is contested, or changes by the buttons.
CHANGEABLE = {"reason_id", "owner_id", "date_deadline"}
TO_ANSWER = "credit_collection.mail_activity_dispute"
TO_CLOSE = "credit_collection.mail_activity_dispute_close"
ESCALATED = "credit_collection.mail_activity_dispute_late"


class CreditDispute(models.Model):
    """What a customer contests of its open items: why, how much, who must answer, by when, and how it ended.

    The disputed part of an item is not claimed while the dispute is open; after its deadline it may be claimed again,
    but no reminder leaves unconfirmed. Amounts are in the items' currency. It is opened by :meth:`_open` alone; people
    decide in ``credit_dispute_decision.py``, the ledger in ``credit_dispute_judge.py``.
    """

    _name = "credit.dispute"
    _description = "Dispute"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date_deadline, id"
    _check_company_auto = True
    _mail_post_access = "read"

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    reason_id = fields.Many2one(
        "credit.late.reason", required=True, ondelete="restrict", domain=[("is_dispute", "=", True)], tracking=True
    )
    owner_id = fields.Many2one("res.users", required=True, index=True, tracking=True, help="Who must answer.")
    user_id = fields.Many2one(
        "res.users", string="Opened By", default=lambda self: self.env.user, readonly=True, copy=False
    )
    date = fields.Date(string="Opened On", required=True, default=fields.Date.context_today, readonly=True)
    date_deadline = fields.Date(string="Answer By", required=True, tracking=True)
    line_ids = fields.One2many("credit.dispute.line", "dispute_id", string="Items")

    # Amounts
    currency_id = fields.Many2one("res.currency", required=True)
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    amount = fields.Monetary(string="Disputed", compute="_compute_amount", store=True, aggregator=None)
    amount_company = fields.Monetary(
        string="Disputed (Company Currency)",
        compute="_compute_amount",
        store=True,
        currency_field="company_currency_id",
        help="At the rate of the day on which it was opened.",
    )

    # Answer
    date_answered = fields.Date(string="Answered On", readonly=True, copy=False)
    answer = fields.Selection(OUTCOMES, readonly=True, copy=False, help="What the owner proposes.")
    answer_amount = fields.Monetary(string="Proposed", readonly=True, copy=False, help="What the owner would accept.")
    escalated_to_id = fields.Many2one(
        "res.users",
        string="Passed On To",
        readonly=True,
        copy=False,
        help="Who was told that the deadline has passed.",
    )

    # End
    state = fields.Selection(STATES, required=True, default="open", readonly=True, index=True, copy=False)
    outcome = fields.Selection(OUTCOMES, readonly=True, copy=False)
    amount_accepted = fields.Monetary(string="Accepted", readonly=True, copy=False)
    date_closed = fields.Date(string="Closed On", readonly=True, copy=False)
    resolution = fields.Text(readonly=True, copy=False)
    by_ledger = fields.Boolean(
        string="Closed by the Ledger", readonly=True, copy=False, help="The items were settled, or are gone."
    )
    credit_move_ids = fields.One2many(
        "account.move",
        "followup_dispute_id",
        string="Credit Notes",
        readonly=True,
        groups=ACCOUNTING,
    )
    may_answer = fields.Boolean(compute="_compute_may_answer")

    # -------------------------------------------------------------------------
    # Computes
    # -------------------------------------------------------------------------

    @api.depends("partner_id", "reason_id")
    def _compute_display_name(self):
        for dispute in self:
            names = (dispute.partner_id.sudo().display_name, dispute.reason_id.name)
            dispute.display_name = " – ".join(filter(None, names))

    @api.depends("line_ids.amount", "currency_id", "company_id", "date")
    def _compute_amount(self):
        for dispute in self:
            company, amount = dispute.company_id, sum(dispute.line_ids.mapped("amount"))
            dispute.amount = amount
            dispute.amount_company = dispute.currency_id._convert(amount, company.currency_id, company, dispute.date)

    @api.depends("state", "owner_id")
    @api.depends_context("uid")
    def _compute_may_answer(self):
        collects = self.env["credit.control"]._collects()
        for dispute in self:
            dispute.may_answer = dispute.state == "open" and (collects or dispute.owner_id == self.env.user)

    # -------------------------------------------------------------------------
    # Guards
    # -------------------------------------------------------------------------

    def write(self, vals):
        """Change the reason, the owner or the deadline of open disputes. Collectors only (access rights).

        :raise UserError: for anything else, and for a dispute that is not open
        """
        mail_fields = self.env["mail.thread"]._fields.keys() | self.env["mail.activity.mixin"]._fields.keys()
        changed = vals.keys() - mail_fields
        if changed - CHANGEABLE:
            raise UserError(self.env._("A dispute changes by its buttons: answer, close, reopen or cancel it."))
        if changed:
            self.check_access("write")
            self._check_open()
        result = super().write({**vals, **({"escalated_to_id": False} if changed else {})})
        if changed:
            self._changed(changed)
        return result

    def _changed(self, names):
        """What follows from a change of these fields by hand."""
        for dispute in self:
            dispute._check_owner(dispute.owner_id, dispute.company_id)
            if "date_deadline" in names:
                dispute._check_deadline(dispute.date_deadline, dispute.company_id)
        if "reason_id" in names:
            for reason, disputes in self.grouped("reason_id").items():
                self._check_reason(reason)
                disputes.line_ids.move_line_id._followup_set_late_reason(reason)
        if {"owner_id", "date_deadline"} & names:
            self._ask_owner()
        self.env["credit.open.item"].invalidate_model()

    def _write_state(self, vals):
        """The one way the module itself changes a dispute."""
        return super().write(vals)  # pylint: disable=super-method-mismatch

    def _check_open(self):
        for dispute in self:
            if dispute.state != "open":
                raise UserError(
                    self.env._(
                        "The dispute “%(dispute)s” is not open any more: a credit manager may reopen it.",
                        dispute=dispute.display_name,
                    )
                )

    @api.model
    def _check_reason(self, reason):
        if not reason.is_dispute:
            raise UserError(self.env._("“%s” is no reason for a dispute: choose another.", reason.name))

    @api.model
    def _check_owner(self, owner, company):
        """Refuse an owner who could not read the dispute.

        :raise UserError: for a portal user, an archived one, or one of other companies
        """
        owner = owner.sudo()
        if not owner or owner.share or not owner.active or company not in owner.company_ids:
            raise UserError(
                self.env._("Choose an owner who works in %(company)s and can log in.", company=company.sudo().name)
            )

    @api.model
    def _check_deadline(self, day, company):
        if not day or day < company._dunning_today():
            raise UserError(self.env._("Choose a deadline that is still to come."))

    # -------------------------------------------------------------------------
    # Opening
    # -------------------------------------------------------------------------

    @api.model
    def _open(self, amounts, reason, owner, deadline, note="", attachments=None):
        """Open a dispute: the one way to do it. The disputed amounts are not claimed from now on; the owner is asked to
        answer, and it is told in the customer's file and on the invoices.

        :param dict amounts: what is contested, by open item (``credit.open.item``), in the item's currency
        :param date deadline: the last day on which the amounts are held back without an answer
        :param attachments: evidence, ``ir.attachment`` of the user's own
        :return: the dispute
        :raise AccessError: for who is no collector
        :raise UserError: when an amount is not positive or more than what is open of its item and not disputed yet, when
            the items are of several customers, companies or currencies, or the owner cannot read the dispute
        """
        self.env["credit.control"]._check_collects(self.env._("Only collectors open disputes."))
        items = self.env["credit.open.item"].union(*amounts)
        company = self._check_items(items)
        self._check_reason(reason)
        self._check_owner(owner, company)
        self._check_deadline(deadline, company)
        self._lock_items(items)
        self._check_room({item.move_line_id: amount for item, amount in amounts.items()})
        credited = self._credited(items.ids)
        dispute = self.sudo().with_context(clean_context(self.env.context), mail_create_nolog=True)
        dispute = dispute.create(
            {
                "partner_id": items.partner_id.id,
                "company_id": company.id,
                "currency_id": items.currency_id.id,
                "reason_id": reason.id,
                "owner_id": owner.id,
                "date_deadline": deadline,
                "date": company._dunning_today(),
                "line_ids": [
                    fields.Command.create(item._prepare_dispute_line_vals(amount, credited))
                    for item, amount in amounts.items()
                ],
            }
        ).with_env(self.env)
        dispute.line_ids.move_line_id._followup_set_late_reason(reason)
        dispute._announce(note, attachments)
        return dispute

    @api.model
    def _check_items(self, items):
        """Return the company of these items.

        :raise UserError: unless they are of one customer, company and currency
        """
        items.check_access("read")
        company = items.company_id
        if len(company) != 1 or len(items.partner_id) != 1 or len(items.currency_id) != 1:
            raise UserError(self.env._("Choose items of one customer, one company and one currency."))
        return company

    @api.model
    def _lock_items(self, items):
        """Let disputes about the same items wait for each other. A mere lock would not do: who began before, and locks
        after, would not see what was opened meanwhile; of who writes, PostgreSQL makes sure that it does."""
        self.env.cr.execute(SQL("UPDATE account_move_line SET id = id WHERE id IN %s", tuple(items.ids) or (0,)))
        self.env["credit.open.item"].invalidate_model()

    @api.model
    def _check_room(self, amounts):
        """Refuse to contest more of an item than is open of it, other disputes deducted.

        :param dict amounts: what is to be contested by journal item, in its currency
        """
        room = self._room([line.id for line in amounts])
        for line, amount in amounts.items():
            currency = line.currency_id
            if currency.compare_amounts(amount, 0) <= 0:
                raise UserError(self.env._("Say how much of %s is contested: more than 0.", line.move_name))
            if currency.compare_amounts(amount, room[line.id]) > 0:
                raise UserError(
                    self.env._(
                        "No more than %(room)s of %(number)s can be contested: the rest is paid, credited or disputed "
                        "already.",
                        room=format_amount(self.env, max(room[line.id], 0.0), currency),
                        number=line.move_name,
                    )
                )

    @api.model
    def _room(self, line_ids):
        """Return what of these journal items is open and not disputed, in their currencies, as ``{id: amount}``."""
        items = self.env["credit.open.item"].sudo()._of_today().with_context(credit_facts_only=True)
        open_amounts = {item.id: item.amount_residual_currency for item in items.search([("id", "in", line_ids)])}
        held = self._held(line_ids)
        return {id_: open_amounts.get(id_, 0.0) - held.get(id_, 0.0) for id_ in line_ids}

    @api.model
    def _held(self, line_ids, day=None):
        """Return what is disputed of these journal items, or waits for its credit note, as ``{id: amount}``.

        :param date day: leave out the disputes whose deadline has passed on that day: what they are about may be claimed
        """
        domain = [("move_line_id", "in", line_ids), ("is_open", "=", True)]
        if day:
            domain += ["|", ("dispute_id.state", "!=", "open"), ("dispute_id.date_deadline", ">=", day)]
        Line = self.env["credit.dispute.line"].sudo()
        groups = Line._read_group(domain, ["move_line_id"], ["amount_open:sum"])
        return {line.id: amount for line, amount in groups}

    # -------------------------------------------------------------------------
    # In the user's words
    # -------------------------------------------------------------------------

    def _announce(self, note, attachments):
        """Ask the owner, and tell the file and the invoices."""
        self.ensure_one()
        if attachments:
            self._attach(attachments)
        sentence = self.env._(
            "Disputed: %(items)s. %(reason)s. %(owner)s answers by %(day)s.",
            items=self._items_words(),
            reason=self.reason_id.name,
            owner=self.owner_id.sudo().name,
            day=format_date(self.env, self.date_deadline),
        )
        self._tell(sentence, note, attachments)
        self._ask_owner()

    def _attach(self, attachments):
        """Hang the user's own files on the dispute."""
        attachments.check_access("read")
        mine = attachments.filtered(lambda attachment: attachment.create_uid == self.env.user)
        if mine != attachments:
            raise AccessError(self.env._("Attach files of your own."))
        attachments.sudo().write({"res_model": self._name, "res_id": self.id})

    def _items_words(self):
        return ", ".join(
            f"{line.move_name} ({format_amount(self.env, line.amount, line.currency_id)})"
            for line in self.sudo().line_ids
        )

    def _tell(self, sentence, note="", attachments=None):
        """Note a sentence on the dispute with the user's words, and without them in the file and on the invoices."""
        for dispute in self.sudo():
            body = Markup("<br/>").join(filter(None, [sentence, note and plaintext2html(note)]))
            dispute.message_post(
                body=body, attachment_ids=(attachments or self.env["ir.attachment"]).ids, subtype_xmlid="mail.mt_note"
            )
        self._tell_beside(dict.fromkeys(self.sudo(), sentence))

    def _tell_beside(self, sentences):
        """Note these sentences, by dispute, in the files of the customers and on the invoices."""
        self.env["credit.profile"].sudo()._log_about(sentences)
        bodies = {}
        for dispute, sentence in sentences.items():
            for move in dispute.line_ids.move_line_id.move_id:
                bodies.setdefault(move, []).append(escape(sentence))
        moves = self.env["account.move"].sudo().union(*bodies)
        moves._message_log_batch(bodies={move.id: Markup("<br/>").join(said) for move, said in bodies.items()})
        self.env["credit.open.item"].invalidate_model()

    def _ask_owner(self):
        """Ask the owners to answer by the deadline, who follow the dispute from now on."""
        self.sudo().activity_unlink([TO_ANSWER, ESCALATED])
        for dispute in self.sudo().filtered(lambda dispute: not dispute.date_answered):
            if not dispute.owner_id.active:
                dispute._ask_collector(_lt("Its owner has left: choose another."))
                continue
            dispute.message_subscribe(partner_ids=dispute.owner_id.partner_id.ids)
            owned = dispute.with_context(lang=dispute.owner_id.lang or self.env.lang)
            owned.activity_schedule(
                TO_ANSWER,
                date_deadline=dispute.date_deadline,
                summary=owned.env._("Answer: %s", format_amount(owned.env, owned.amount, owned.currency_id)),
                note=owned._items_words(),
                user_id=dispute.owner_id.id,
            )
