from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import format_date, plaintext2html

from .credit_control import Ask

# what the decision sets, and nobody who asks
DECISION = ("valid_until", "decided_by", "decided_on", "decision_reason")
# what a credit manager may change of an open request before deciding
DECIDABLE = {
    "confirm_order",
    "decision_reason",
    "limit_until",
    "max_amount",
    "new_limit",
    "payment_term_id",
    "valid_until",
}


class CreditRequest(models.Model):
    """A request for something only a credit manager may do: let an order or a delivery pass, change a customer's limit,
    change payment terms. It is asked with a reason and decided with one; then nothing of it changes any more.

    What a document decides (customer, company, currency) is taken from it, not from who asks. Another kind of document
    joins by its own field and by the methods under “The document”. Deciding is in ``credit_request_decision.py``.
    """

    _name = "credit.request"
    _description = "Credit request"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _mail_post_access = "read"

    kind = fields.Selection(
        [("release", "Release"), ("limit", "Change of limit"), ("terms", "Change of payment terms")],
        required=True,
        default="release",
        readonly=True,
    )
    state = fields.Selection(
        [("open", "To decide"), ("approved", "Approved"), ("refused", "Refused"), ("cancelled", "Cancelled")],
        required=True,
        default="open",
        readonly=True,
        copy=False,
        index=True,
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_currency_id",
        store=True,
        precompute=True,
        required=True,
        help="Of the document; for a credit limit, of the company.",
    )
    order_id = fields.Many2one("sale.order", index="btree_not_null", ondelete="cascade", check_company=True)
    reason = fields.Text(required=True)
    user_id = fields.Many2one(
        "res.users", string="Asked By", default=lambda self: self.env.user, readonly=True, copy=False
    )
    confirm_order = fields.Boolean(string="Confirm at Once", help="The approval also confirms the order.")
    new_limit = fields.Monetary(string="Credit Limit Asked For")
    limit_until = fields.Date(help="The last day of a temporary limit. Empty: the customer's limit itself changes.")
    payment_term_id = fields.Many2one("account.payment.term", string="Payment Terms Asked For", check_company=True)

    # Decision
    max_amount = fields.Monetary(
        string="Up To",
        copy=False,
        help="The approval covers the order up to this total, tax included, in the order's currency.",
    )
    valid_until = fields.Date(
        copy=False,
        help="The last day on which the approval lets the order and its deliveries pass. Empty when approving: 7 days "
        "from then.",
    )
    decided_by = fields.Many2one("res.users", readonly=True, copy=False)
    decided_on = fields.Datetime(readonly=True, copy=False)
    decision_reason = fields.Text(copy=False)

    # The situation today, for who decides
    may_decide = fields.Boolean(compute="_compute_may_decide")
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    order_state = fields.Selection(related="order_id.state", string="Order Status", tracking=False)
    order_total = fields.Monetary(compute="_compute_order_total", string="Order Total Today", compute_sudo=True)
    situation = fields.Text(compute="_compute_situation", compute_sudo=True, help="What the credit rules say today.")
    exposure = fields.Monetary(
        compute="_compute_exposure",
        compute_sudo=True,
        currency_field="company_currency_id",
        groups="account.group_account_invoice,account.group_account_readonly",
    )
    credit_limit = fields.Monetary(
        compute="_compute_exposure",
        compute_sudo=True,
        currency_field="company_currency_id",
        groups="account.group_account_invoice,account.group_account_readonly",
        help="In force today.",
    )
    is_limited = fields.Boolean(
        compute="_compute_exposure",
        compute_sudo=True,
        groups="account.group_account_invoice,account.group_account_readonly",
    )
    current_term_id = fields.Many2one(
        "account.payment.term", compute="_compute_current_term_id", string="Payment Terms Today", compute_sudo=True
    )

    _open_release_uniq = models.UniqueIndex(
        "(order_id) WHERE state = 'open' AND kind = 'release'", "The release of this order is already asked for."
    )

    # -------------------------------------------------------------------------
    # Computes
    # -------------------------------------------------------------------------

    @api.depends("kind", "partner_id", "order_id")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for request in self:
            document = request._of_user()._document()
            name = (document or request.partner_id).sudo().display_name or ""
            request.display_name = f"{labels.get(request.kind)} – {name}"

    @api.depends("kind", "order_id", "company_id")
    def _compute_currency_id(self):
        for request in self:
            request.currency_id = request._document_vals()["currency_id"]

    @api.depends_context("uid")
    def _compute_may_decide(self):
        self.may_decide = self.env["credit.control"]._decides()

    @api.depends("order_id.amount_total")
    def _compute_order_total(self):
        for request in self:
            request.order_total = request._of_user()._document_total()

    @api.depends("partner_id", "company_id", "order_id.amount_total", "order_id.state")
    @api.depends_context("lang")
    def _compute_situation(self):
        Control = self.env["credit.control"]
        for request in self:  # one at a time: two requests about one customer are not judged one after the other
            judged = bool(request.partner_id and request._of_user())
            request.situation = judged and Control._verdicts([request._ask()])[request].sentences()

    @api.depends("partner_id", "company_id")
    def _compute_exposure(self):
        known = self._of_user().filtered("partner_id")
        (self - known).update({"exposure": 0.0, "credit_limit": 0.0, "is_limited": False})
        pairs = [(request.partner_id.commercial_partner_id, request.company_id) for request in known]
        positions = self.env["credit.exposure"]._positions(pairs)
        for request, pair in zip(known, pairs, strict=True):
            request.exposure = positions[pair]["exposure"]
            request.credit_limit = positions[pair]["credit_limit"] or 0.0
            request.is_limited = positions[pair]["credit_limit"] is not None

    @api.depends("partner_id", "company_id", "order_id.payment_term_id")
    def _compute_current_term_id(self):
        for request in self:
            known = request._of_user()
            customer = known.partner_id.with_company(known.company_id)
            request.current_term_id = (
                known.order_id.payment_term_id if known.order_id else customer.property_payment_term_id
            )

    # -------------------------------------------------------------------------
    # Constraints and CRUD
    # -------------------------------------------------------------------------

    @api.constrains("kind", "order_id", "new_limit", "payment_term_id", "reason")
    def _check_complete(self):
        for request in self:
            if not (request.reason or "").strip():
                raise ValidationError(self.env._("Say why you ask."))
            if request.kind == "release" and not request._document():
                raise ValidationError(self.env._("Say which document is to be released."))
            if request.kind == "limit" and request.currency_id.compare_amounts(request.new_limit, 0) <= 0:
                raise ValidationError(
                    self.env._(
                        "Ask for a credit limit of more than 0. “No limit” and “No credit” are set in the customer's "
                        "collection file."
                    )
                )
            if request.kind == "terms" and not request.payment_term_id:
                raise ValidationError(self.env._("Say which payment terms you ask for."))

    @api.constrains("max_amount", "currency_id")
    def _check_max_amount(self):
        for request in self:
            if request.currency_id.compare_amounts(request.max_amount, 0) < 0:
                raise ValidationError(self.env._("The amount up to which an approval holds cannot be negative."))

    @api.model_create_multi
    def create(self, vals_list):
        """Ask. Salespeople about orders they may change, collectors and accountants about any customer; always in
        one's own name, with the customer, company and currency of the document.

        :raise AccessError: when the user may not ask this
        :raise UserError: when the release of the document is asked for already, or the values are a decision
        """
        requests = super().create([self._prepare_request(vals) for vals in vals_list])
        requests.filtered(lambda request: request.state == "open")._announce()
        return requests

    def write(self, vals):
        """Change what is granted, before deciding. Credit managers only.

        :raise UserError: when the request is decided, or for what was asked
        """
        mail_fields = self.env["mail.thread"]._fields.keys() | self.env["mail.activity.mixin"]._fields.keys()
        changed = vals.keys() - mail_fields
        if changed:
            self.env["credit.control"]._check_decides(self.env._("Only a credit manager changes a request."))
            self._check_open()
            if changed - DECIDABLE:
                raise UserError(
                    self.env._("What was asked is not changed. Cancel the request, or refuse it, and ask anew.")
                )
        return super().write(vals)

    def _write_state(self, vals):
        """The one way the module itself closes a request."""
        return super().write(vals)  # pylint: disable=super-method-mismatch

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        if decided := self.filtered(lambda request: request.state in ("approved", "refused")):
            raise UserError(self.env._("%s is decided: it stays on record.", decided[0].display_name))

    # -------------------------------------------------------------------------
    # Asking
    # -------------------------------------------------------------------------

    @api.model
    def _open_dialog(self, name, **defaults):
        """Return the action that opens a new request in a dialog, with these values."""
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": self._name,
            "view_mode": "form",
            "views": [(self.env.ref("credit_collection.credit_request_view_form_ask").id, "form")],
            "target": "new",
            "context": {f"default_{key}": value for key, value in defaults.items()},
        }

    def _prepare_request(self, vals):
        """Return the values of a new request, those of its document put over what came from the client.

        The defaults are put in first: they come from the client too.
        """
        vals = self._add_missing_default_values(vals)
        if not self.env.su:
            decided = vals["state"] != "open" or vals["user_id"] != self.env.uid
            if decided or any(vals.get(name) for name in DECISION):
                raise UserError(self.env._("A request is asked in one's own name, and decided afterwards."))
        request = self.new(vals)
        request._check_document_access()
        if vals["state"] == "open":
            request._check_not_asked()
        proposed = vals.get("max_amount") if self.env.su else 0.0
        return {**vals, **request._document_vals(), "max_amount": proposed or request._document_total()}

    def _check_not_asked(self):
        """Refuse a second open request for the release of a document; the database holds it too."""
        asked = self._open_release()
        if asked:
            raise UserError(
                self.env._(
                    "%(user)s already asked on %(date)s for the release of %(document)s: it waits for a decision.",
                    user=asked.user_id.name,
                    document=self._document().display_name,
                    date=self._local_day(asked.create_date),
                )
            )

    def _open_release(self):
        """Return the open request to release this document, whoever asked it."""
        field = self._document_field()
        if self.kind != "release" or not field:
            return self.browse()
        domain = [("kind", "=", "release"), ("state", "=", "open"), (field, "=", self[field].id)]
        return self.sudo().search(domain, limit=1)

    def _announce(self):
        """Tell a credit manager of the company, and the document's record."""
        for request in self.sudo():
            if document := request._document():
                sentence = self.env._(
                    "%(request)s, asked for by %(user)s: %(reason)s",
                    request=request.display_name,
                    user=request.user_id.name,
                    reason=request.reason,
                )
                document._message_log(body=plaintext2html(sentence))
            managers = self.env["credit.profile"]._managers(request.company_id, but=request.user_id)
            if decider := managers[request.company_id]:
                request.with_context(lang=decider.lang).activity_schedule(
                    "credit_collection.mail_activity_request",
                    summary=request.with_context(lang=decider.lang).display_name,
                    note=plaintext2html(request.reason),
                    user_id=decider.id,
                )

    def _local_day(self, moment):
        return format_date(self.env, fields.Datetime.context_timestamp(self, moment).date())

    # -------------------------------------------------------------------------
    # The document: what another kind of document overrides
    # -------------------------------------------------------------------------

    def _document_field(self):
        """Return the name of the field that holds the document which the request is about, None without one."""
        return "order_id" if self.order_id else None

    def _document(self):
        """Return the document; an empty recordset for what is asked about the customer only."""
        return self[self._document_field() or "order_id"]

    def _document_vals(self):
        """Return the customer, company and currency that the document sets; without one, those that follow of the
        values given."""
        order, company = self.order_id.sudo(), self.company_id
        customer = self.partner_id.commercial_partner_id
        if order:
            customer, company = order._followup_customer(), order.company_id
        in_company_currency = not order or self.kind == "limit"
        return {
            "partner_id": customer.id,
            "company_id": company.id,
            "currency_id": (company.sudo() if in_company_currency else order).currency_id.id,
        }

    def _document_total(self):
        """Return what the document amounts to today, tax included, in its currency."""
        return self.order_id.sudo().amount_total

    def _of_user(self):
        """Return those that the user may know of: one that is not saved yet may be about any company and document."""
        mine = self.env["credit.control"]._of_user(self)
        return mine.filtered(
            lambda request: (
                request._origin
                or not request._document()
                or request._document()._origin.sudo(False).has_access("read")
            )
        )

    def _check_document_access(self):
        """Who may change the document may ask about it; about a customer, who does the accounts.

        :raise AccessError: for anybody else
        """
        if document := self._document():
            document.check_access("write")
        elif self.env.su or self.env.user.has_group("account.group_account_invoice"):
            self.partner_id.check_access("read")
        else:
            raise AccessError(
                self.env._(
                    "Ask from an order of the customer, or let a collector ask: only accounting staff ask more."
                )
            )

    def _ask(self):
        """Return the document as the credit rules judge it; a confirmed order counts in the exposure already."""
        if self.order_id.state in ("draft", "sent"):
            (ask,) = self.order_id._followup_asks()
            return ask._replace(document=self)
        return Ask(self, self.partner_id.commercial_partner_id, self.company_id)

    def _release_document(self):
        """Let the document pass, with a note on its record."""
        self.order_id.sudo()._followup_release(self)

    def _refuse_document(self):
        """Mark the document as refused, with a note on its record."""
        self.order_id.sudo()._followup_refuse(self)

    def _document_state(self):
        """Return the credit state of the document, in words."""
        order = self.order_id.sudo()
        labels = dict(order._fields["followup_credit_state"]._description_selection(self.env))
        return labels.get(order.followup_credit_state, self.env._("not checked"))
