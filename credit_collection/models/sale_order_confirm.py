from odoo import SUPERUSER_ID, models


class _Check:
    """The result of the check that comes before a confirmation, handed on in the context.

    An instance of a class of this process: a context that comes over RPC cannot hold one, so none can be forged.
    """

    def __init__(self, verdicts, passes):
        self.verdicts = {order.id: verdict for order, verdict in verdicts.items()}
        self.passes = {order.id: why for order, why in passes.items()}

    def of(self, order):
        return self.verdicts[order.id]

    def why(self, order):
        """Why an order passes that the rules would block."""
        return self.passes.get(order.id, (None, None))[0]

    def reason(self, order):
        """The same in words."""
        return self.passes.get(order.id, (None, None))[1]

    def state(self, order):
        """The credit state of an order that passes."""
        if self.why(order) == "release":
            return "released"
        return "clear" if self.of(order).severity == "clear" else "warning"


# The check runs before core's ``action_confirm``, as overrides of other modules give loyalty points or send mails for
# whatever they are called with. Each way to confirm therefore calls ``_followup_confirmable`` first and goes on with
# what it returns; who calls ``action_confirm`` directly gets an error for what the rules block.
class SaleOrder(models.Model):
    _inherit = "sale.order"  # pylint: disable=consider-merging-classes-inherited

    # -------------------------------------------------------------------------
    # Buttons
    # -------------------------------------------------------------------------

    def action_followup_confirm(self):
        """Confirm what the credit rules let pass; put the rest on hold.

        :return: what core's ``action_confirm`` returns, or a notification of what is held and why
        """
        self.check_access("write")
        allowed = self._followup_confirmable()
        result = allowed.action_confirm() if allowed else True
        held = {order: allowed._followup_check_at_hand().of(order).sentences("block") for order in self - allowed}
        return self._followup_results(allowed, held) if held else result

    def action_followup_confirm_selected(self):
        """Confirm those of the orders that can be, and tell what became of each: for the list."""
        self.check_access("write")
        allowed = self._followup_confirmable()
        check = allowed._followup_check_at_hand()
        left = {order: check.of(order).sentences("block") for order in self - allowed}
        left.update({order: error for order in allowed if (error := order._confirmation_error_message())})
        allowed = allowed.filtered(lambda order: order not in left)
        if allowed:
            allowed.action_confirm()
        return self._followup_results(allowed, left)

    def _followup_results(self, confirmed, left):
        alone = len(left) == 1 and not confirmed
        parts = [self.env._("Confirmed: %s.", len(confirmed))] if confirmed or not left else []
        for order, sentences in left.items():
            reasons = " ".join(sentences.splitlines())
            parts.append(reasons if alone else f"{order.name}: {reasons}")
        what = next(iter(left)).name if alone else len(left)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if left else "success",
                "sticky": bool(left) and not alone,
                "title": self.env._("Not confirmed: %s", what) if left else self.env._("Done"),
                "message": " ".join(parts),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    # -------------------------------------------------------------------------
    # Core's ways to confirm
    # -------------------------------------------------------------------------

    def action_confirm(self):
        # EXTENDS 'sale': all orders are judged at once, so that those of one customer count together; the reasons are for
        # who may confirm, and a customer of the portal may not
        self.check_access("write")
        return super(SaleOrder, self._followup_checked()).action_confirm()

    def _confirmation_error_message(self):
        # EXTENDS 'sale': whoever did not call ``_followup_confirmable`` first is refused what the rules block
        if message := super()._confirmation_error_message():
            return message
        verdict = self._followup_checked()._followup_check_at_hand().of(self)
        return verdict.blocks and self.env._(
            "%(order)s is not confirmed: %(reasons)s\nAsk a credit manager to release it.",
            order=self.name,
            reasons=verdict.sentences("block"),
        )

    def _action_confirm(self):
        # EXTENDS 'sale'
        self._followup_allow(self._followup_checked()._followup_check_at_hand())
        return super()._action_confirm()

    def _validate_order(self):
        # EXTENDS 'sale': signed or free orders of customers, who have to see no error
        allowed = self._followup_confirmable()
        return super(SaleOrder, allowed)._validate_order() if allowed else None

    # -------------------------------------------------------------------------
    # The check
    # -------------------------------------------------------------------------

    def _followup_confirmable(self):
        """Judge the quotations, put those that the rules block on hold, and return the others.

        What it returns carries the check in its context, so that the confirmation does not judge again.
        """
        checked = self._followup_checked()
        check = checked._followup_check_at_hand()
        held = self.filtered(lambda order: order.state in ("draft", "sent") and check.of(order).blocks)
        if held:
            held._followup_speak_inside()._followup_hold(check)
        return checked - held

    def _followup_checked(self):
        """Return the same orders with a check of them in the context: the one that is there, or a new one."""
        return self if self._followup_check_at_hand() else self.with_context(followup_check=self._followup_check())

    def _followup_check(self):
        return _Check(*self._followup_speak_inside()._followup_judge())

    def _followup_check_at_hand(self):
        check = self.env.context.get("followup_check")
        return check if isinstance(check, _Check) and check.verdicts.keys() >= set(self.ids) else None

    def _followup_speak_inside(self):
        """Return the orders in the company's language when a customer or a provider of payments acts: the sentences
        stay with us."""
        if self.env.user._is_internal() and self.env.uid != SUPERUSER_ID:
            return self
        return self.with_context(lang=self.company_id[:1].sudo().partner_id.lang or self.env.lang)
