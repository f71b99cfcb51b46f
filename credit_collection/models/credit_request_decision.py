from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_amount, format_date, plaintext2html

VALID_DAYS = 7


class CreditRequest(models.Model):
    """Deciding on requests: credit managers only, once, on the record."""

    _inherit = "credit.request"  # pylint: disable=consider-merging-classes-inherited

    # -------------------------------------------------------------------------
    # Buttons
    # -------------------------------------------------------------------------

    def action_approve(self):
        """Grant what is asked. Credit managers only.

        :return: what confirming the order returned, where that was asked; else True
        :raise AccessError: for anybody else
        :raise UserError: when a request is decided, or cannot be granted as it stands
        """
        self._check_decision()
        results = [request._approve() for request in self]
        return results[0] if len(results) == 1 else True

    def action_refuse(self, reason):
        """Refuse, for a reason. Credit managers only.

        :raise AccessError: for anybody else
        :raise UserError: when a request is decided, or without a reason
        """
        self._check_decision()
        if not (reason or "").strip():
            raise UserError(self.env._("Say why you refuse: who asked will read it."))
        for request in self:
            before = request._current_value()
            request._close("refused", decision_reason=reason)
            if request.kind == "release":
                request._refuse_document()
            request._tell(before)
        return True

    def action_cancel(self):
        """Take a request back before it is decided: who asked it, or a credit manager.

        :raise AccessError: for anybody else
        :raise UserError: when a request is decided
        """
        self.check_access("read")
        if not self.env["credit.control"]._decides() and self.user_id != self.env.user:
            raise AccessError(self.env._("A request is taken back by who asked it, or by a credit manager."))
        self._lock_open()
        for request in self:
            request._close("cancelled")
            request.sudo()._message_log(body=self.env._("Request taken back."))
        return True

    # -------------------------------------------------------------------------
    # What is in force
    # -------------------------------------------------------------------------

    @api.model
    def _in_force(self, orders):
        """Return the latest approved release that covers each order today, as ``{order: request}``.

        It covers an order up to its last day and its amount, for the customer and in the currency it was approved for.
        """
        releases = self.sudo().search_fetch(
            [("kind", "=", "release"), ("state", "=", "approved"), *self._document_domain(orders)],
            ["company_id", "currency_id", "max_amount", "order_id", "partner_id", "valid_until"],
            order="decided_on, id",
        )
        by_id = {order.id: order for order in orders}
        return {
            by_id[release.order_id.id]: release.with_env(self.env)
            for release in releases
            if release._covers(by_id[release.order_id.id].sudo())
        }

    @api.model
    def _document_domain(self, orders):
        """Return the condition on requests that are about these orders themselves."""
        return [("order_id", "in", orders.ids)]

    def _covers(self, order):
        return (
            (not self.valid_until or self.valid_until >= self.company_id._dunning_today())
            and self.currency_id == order.currency_id
            and self.currency_id.compare_amounts(order.amount_total, self.max_amount) <= 0
            and self.partner_id == order._followup_customer()
        )

    # -------------------------------------------------------------------------
    # Deciding
    # -------------------------------------------------------------------------

    def _check_decision(self):
        self.check_access("read")
        self.env["credit.control"]._check_decides(self.env._("Only a credit manager decides on a request."))
        self._lock_open()

    def _lock_open(self):
        """Keep others from deciding in this transaction, and refuse what is decided."""
        self.flush_recordset()
        if len(self.sudo().try_lock_for_update()) < len(self):
            raise UserError(self.env._("Someone else is deciding on this request right now. Look at it again."))
        self.invalidate_recordset()
        self._check_open()

    def _check_open(self):
        for request in self.sudo():
            if request.state != "open":
                raise UserError(
                    self.env._(
                        "%(request)s is not open any more: %(state)s by %(user)s on %(date)s.",
                        request=request.display_name,
                        state=request._label("state").lower(),
                        user=request.decided_by.name,
                        date=request._local_day(request.decided_on or request.write_date),
                    )
                )

    def _approve(self):
        before = self._current_value()
        getattr(self, f"_check_{self.kind}")()
        self._close("approved", **(self._prepare_release() if self.kind == "release" else {}))
        getattr(self, f"_apply_{self.kind}")()
        self._tell(before)
        confirms = self.kind == "release" and self.confirm_order and self.order_state in ("draft", "sent")
        return self.order_id.sudo().action_followup_confirm() if confirms else True

    def _close(self, state, **vals):
        """Decide, or take back: the one way a request leaves the state *open*."""
        decided = {"decided_by": self.env.uid, "decided_on": fields.Datetime.now()}
        self.sudo()._write_state({"state": state, **decided, **vals})
        self.sudo().activity_unlink(["credit_collection.mail_activity_request"])

    def _label(self, name):
        return dict(self._fields[name]._description_selection(self.env))[self[name]]

    # -- release ---------------------------------------------------------------

    def _check_release(self):
        """Refuse to release what is not any more what was asked."""
        today = self.company_id.sudo()._dunning_today()
        document = self._document().sudo()
        if document.state == "cancel":
            raise UserError(self.env._("%s is cancelled: there is nothing to release.", document.display_name))
        if any(self[name].id != value for name, value in self._document_vals().items()):
            raise UserError(
                self.env._(
                    "Customer, company or currency of %s have changed since. Refuse the request, and let it be asked anew.",
                    document.display_name,
                )
            )
        if self.valid_until and self.valid_until < today:
            raise UserError(self.env._("The day until which the release is valid has passed. Choose a later one."))
        granted = self.max_amount or self._document_total()
        if self.confirm_order and self.currency_id.compare_amounts(self._document_total(), granted) > 0:
            raise UserError(
                self.env._(
                    "%(document)s is now %(total)s, more than what you approve: it cannot be confirmed at once.",
                    document=document.display_name,
                    total=format_amount(self.env, self._document_total(), self.currency_id),
                )
            )

    def _prepare_release(self):
        last_day = fields.Date.add(self.company_id.sudo()._dunning_today(), days=VALID_DAYS)
        return {
            "max_amount": self.max_amount or self._document_total(),
            "valid_until": self.valid_until or last_day,
        }

    def _apply_release(self):
        self._release_document()

    # -- limit -----------------------------------------------------------------

    def _check_limit(self):
        if self.limit_until and self.limit_until < self.company_id.sudo()._dunning_today():
            raise UserError(self.env._("The last day of the temporary limit has passed. Choose a later one."))

    def _apply_limit(self):
        """Set the customer's limit in the request's company: for some time when it says so, else for good.

        A decided limit takes the place of “no limit” and “no credit”, and of a validity that has ended.
        """
        today = self.company_id.sudo()._dunning_today()
        profile = self._profile()
        if self.limit_until:
            profile.write(
                {"temporary_limit": self.new_limit, "temporary_from": today, "temporary_to": self.limit_until}
            )
            return
        self.partner_id.sudo().with_company(self.company_id).credit_limit = self.new_limit
        expired = profile.limit_valid_until and profile.limit_valid_until < today
        profile.write({"limit_kind": "amount", **({"limit_valid_until": False} if expired else {})})

    # -- terms -----------------------------------------------------------------

    def _check_terms(self):
        if self._document() and self._document().sudo().state == "cancel":
            raise UserError(self.env._("%s is cancelled.", self._document().sudo().display_name))

    def _apply_terms(self):
        """Set the payment terms of the order when the request is about one, else the customer's in its company."""
        if self.order_id:
            self.order_id.sudo().payment_term_id = self.payment_term_id
        else:
            self.partner_id.sudo().with_company(self.company_id).property_payment_term_id = self.payment_term_id

    # -------------------------------------------------------------------------
    # The record
    # -------------------------------------------------------------------------

    def _profile(self):
        return self.partner_id.sudo()._followup_profile(self.company_id)

    def _current_value(self):
        """Return in words what the request is to change, as it is now."""
        return getattr(self.sudo(), f"_current_{self.kind}")()

    def _current_release(self):
        return self._document_state()

    def _current_limit(self):
        self.invalidate_recordset(["credit_limit", "is_limited"])
        if not self.is_limited:
            return self.env._("no credit limit")
        return self.env._(
            "credit limit of %s", format_amount(self.env, self.credit_limit, self.company_id.currency_id)
        )

    def _current_terms(self):
        self.invalidate_recordset(["current_term_id"])
        return self.current_term_id.display_name or self.env._("no payment terms")

    def _tell(self, before):
        """Tell who asked, in his language, and keep on record who decided what, when and why, before and after."""
        request = self.sudo().with_context(lang=self.user_id.lang or self.env.lang)
        request.message_post(
            body=request._decision_note(before),
            partner_ids=self.user_id.partner_id.ids,
            subtype_xmlid="mail.mt_note",
        )
        if self.kind != "release":  # a document that is released notes it itself
            record = self._document().sudo() or self._profile()
            record._message_log(body=self.sudo()._decision_note(before))

    def _decision_note(self, before):
        """Return who decided what, when and why, with the state before and after.

        :param str before: what ``_current_value`` returned before the decision
        """
        lines = [
            self.env._(
                "%(request)s: %(state)s by %(user)s on %(date)s.",
                request=self.display_name,
                state=self._label("state").lower(),
                user=self.decided_by.name,
                date=self._local_day(self.decided_on),
            ),
            self.state == "approved" and self.kind == "release" and self._granted(),
            self.env._("Asked by %(user)s: %(reason)s", user=self.user_id.name, reason=self.reason),
            self.decision_reason and self.env._("Reason of the decision: %s", self.decision_reason),
            f"{before} → {self._current_value()}",
        ]
        return plaintext2html("\n".join(line for line in lines if line))

    def _granted(self):
        return self.env._(
            "Up to %(amount)s, until %(date)s.",
            amount=format_amount(self.env, self.max_amount, self.currency_id),
            date=format_date(self.env, self.valid_until),
        )
