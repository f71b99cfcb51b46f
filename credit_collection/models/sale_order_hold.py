from markupsafe import Markup

from odoo import api, models
from odoo.tools import format_date

ACTIVITY_HOLD = "credit_collection.mail_activity_order_hold"
ACTIVITY_CLEAR = "credit_collection.mail_activity_order_clear"


# What follows of a credit check or a credit manager's decision: the stored state, its history, who is asked to act.
# Written in sudo, by methods that the confirmation, the night and ``credit.request`` call.
class SaleOrder(models.Model):
    _inherit = "sale.order"  # pylint: disable=consider-merging-classes-inherited

    def _action_cancel(self):
        # EXTENDS 'sale': nobody has to act on a cancelled order; whoever revives it has it judged anew
        res = super()._action_cancel()
        judged = self.sudo().filtered("followup_credit_state")
        judged._followup_close_activities()
        judged.write({"followup_credit_state": False, "followup_allowed_amount": 0.0})
        return res

    # -------------------------------------------------------------------------
    # Buttons
    # -------------------------------------------------------------------------

    def action_followup_recheck(self):
        """Judge orders on hold again. Whoever may edit them may ask for it."""
        self.check_access("write")
        freed = self._followup_recheck()
        blocked = (self - freed).filtered(lambda order: order.followup_credit_severity == "block")
        return self._followup_still_held(blocked) if blocked else {"type": "ir.actions.client", "tag": "soft_reload"}

    def _followup_still_held(self, orders):
        reasons = [f"{order.name}: {' '.join(order.followup_credit_warning.splitlines())}" for order in orders]
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "warning", "title": self.env._("Still on hold"), "message": " ".join(reasons)},
        }

    # -------------------------------------------------------------------------
    # States
    # -------------------------------------------------------------------------

    def _followup_hold(self, check):
        """Put orders that the check blocks on hold, with a note, and ask the salesperson and the credit manager to act.

        What a credit manager refused stays refused.
        """
        orders = self.sudo().filtered(lambda order: order.followup_credit_state != "refused")
        fresh = orders.filtered(lambda order: order.followup_credit_state != "hold")
        fresh.write({"followup_credit_state": "hold"})
        title = self.env._("On hold.")
        fresh._followup_log({order: (title, check.of(order).sentences().splitlines()) for order in fresh})
        notes = {order: check.of(order).sentences("block") for order in orders}
        self.env["mail.activity"]._followup_ask(ACTIVITY_HOLD, orders._followup_salespeople(managers=True), notes)

    def _followup_allow(self, check):
        """Note that the orders were let pass, up to their total. What a release in force allows beyond is read from it."""
        orders = self.sudo()
        orders.filtered("followup_credit_state")._followup_close_activities()
        for order in orders:
            released = order.followup_credit_state == "released"
            order.write(
                {
                    "followup_credit_state": "released" if released else check.state(order),
                    "followup_allowed_amount": order.amount_total,
                }
            )
        passed = orders.filtered(lambda order: check.reason(order))
        passed._followup_log(
            {order: (check.reason(order), check.of(order).sentences().splitlines()) for order in passed}
        )
        passed.filtered(lambda order: check.why(order) == "till")._followup_report_unpaid(check)

    def _followup_report_unpaid(self, check):
        """Tell the credit manager of orders that left a till without being paid in full."""
        unpaid = self - self._followup_paid()
        if unpaid:
            notes = {order: check.of(order).sentences() for order in unpaid}
            self.env["mail.activity"]._followup_ask(ACTIVITY_HOLD, unpaid._followup_managers(), notes)

    def _followup_release(self, request):
        """Let the order pass, up to the amount approved: the decision of a credit manager, who was checked.

        A confirmed order that grows later, up to that amount, passes while the release is valid.
        """
        amount = request.max_amount or self.amount_total
        self._followup_decide(request, "released", min(amount, self.amount_total) if self.state == "sale" else amount)

    def _followup_refuse(self, request):
        """Keep the order from passing: the decision of a credit manager, who was checked."""
        self._followup_decide(request, "refused", self.sudo().followup_allowed_amount)

    def _followup_decide(self, request, state, allowed):
        order = self.sudo()
        before = order._followup_standing()
        order.write({"followup_credit_state": state, "followup_allowed_amount": allowed})
        user = (request.decided_by or self.env.user).name
        title = self.env._("Released by %s.", user) if state == "released" else self.env._("Refused by %s.", user)
        lines = [request.decision_reason or request.reason, f"{before} → {order._followup_standing()}"]
        if state == "released" and request.valid_until:
            lines.append(self.env._("Valid until %s.", format_date(self.env, request.valid_until)))
        order._followup_log({order: (title, lines)})
        order._followup_close_activities()

    def _followup_standing(self):
        label = dict(self._fields["followup_credit_state"]._description_selection(self.env))
        state = label.get(self.followup_credit_state, self.env._("not checked"))
        if self.currency_id.is_zero(self.followup_allowed_amount):
            return state
        allowed = self.currency_id.format(self.followup_allowed_amount)
        return self.env._("%(state)s, allowed up to %(amount)s", state=state, amount=allowed)

    # -------------------------------------------------------------------------
    # Checked again
    # -------------------------------------------------------------------------

    def _followup_check_growth(self):
        """Judge confirmed orders that grew past what was allowed. An order held so keeps what was entered."""
        orders = self.sudo()
        grown = orders.filtered(lambda order: order.state == "sale" and order._followup_is_grown())
        if grown:
            check = grown._followup_check()
            held = grown.filtered(lambda order: check.of(order).blocks)
            held._followup_speak_inside()._followup_hold(check)
            within = (grown - held).filtered(
                lambda order: order.followup_credit_state == "released" and check.why(order) == "release"
            )
            for order in within:  # told when it was released
                order.followup_allowed_amount = order.amount_total
            (grown - held - within)._followup_allow(check)
        shrunk = (orders - grown).filtered(
            lambda order: order.state == "sale" and order.followup_credit_state == "hold"
        )
        shrunk._followup_recheck()

    def _followup_is_grown(self):
        return self.currency_id.compare_amounts(self.amount_total, self.followup_allowed_amount) > 0

    @api.model
    def _cron_followup_recheck(self):
        """At night: judge every company's orders on hold again."""
        held = self.sudo().search(
            [("followup_credit_state", "=", "hold"), ("state", "!=", "cancel")], order="date_order, id"
        )
        for company, orders in held.grouped("company_id").items():
            orders.with_context(lang=company.partner_id.lang, tz=company._dunning_tz())._followup_recheck()

    def _followup_recheck(self):
        """Judge orders on hold or refused again; what nothing blocks any more is free.

        :return: the orders that are free now
        """
        orders = self.sudo().filtered(
            lambda order: order.followup_credit_state in ("hold", "refused") and order.state != "cancel"
        )
        if not orders:
            return self.browse()
        check = orders._followup_check()
        # A confirmed order that is back at what was let pass is no longer held for having grown; what a credit manager
        # refused is
        free = orders.filtered(
            lambda order: (
                not check.of(order).blocks
                or (order.state, order.followup_credit_state, order._followup_is_grown()) == ("sale", "hold", False)
            )
        )
        free._followup_free(check)
        return self.browse(free.ids)

    def _followup_free(self, check):
        for state, orders in self.grouped(check.state).items():
            orders.write({"followup_credit_state": state})
        for order in self.filtered(lambda order: order.state == "sale"):
            order.followup_allowed_amount = max(order.amount_total, order.followup_allowed_amount)
        self._followup_log(
            {
                order: (
                    self.env._("Not on hold any more."),
                    [check.reason(order), *check.of(order).sentences().splitlines()],
                )
                for order in self
            }
        )
        self._followup_close_activities()
        quotations = self.filtered(lambda order: order.state != "sale")
        summary = dict.fromkeys(quotations, self.env._("Nothing blocks the order any more: it may be confirmed."))
        self.env["mail.activity"]._followup_ask(ACTIVITY_CLEAR, quotations._followup_salespeople(), summary)

    # -------------------------------------------------------------------------
    # History and activities, in batch
    # -------------------------------------------------------------------------

    def _followup_log(self, notes):
        """Log internal notes: a title and lines by order."""
        if self:
            self._message_log_batch(
                bodies={
                    order.id: Markup("%s<ul>%s</ul>")
                    % (title, Markup().join(Markup("<li>%s</li>") % line for line in lines if line))
                    for order, (title, lines) in notes.items()
                }
            )

    def _followup_close_activities(self):
        """Close what was asked because of an earlier check: it is settled."""
        self.env["mail.activity"]._followup_open([ACTIVITY_HOLD, ACTIVITY_CLEAR], self).unlink()

    def _followup_salespeople(self, managers=False):
        """Return who answers for each order: its salesperson, and the company's credit manager when asked for; else the
        leader of the team, else the administrator, so that no order waits without anyone knowing."""
        bosses = self._followup_managers() if managers else {}
        last = self.env.ref("base.user_admin", raise_if_not_found=False) or self.env["res.users"]
        people = {}
        for order in self:
            seller = (order.user_id | bosses.get(order, last.browse())).filtered(
                lambda user: user.active and not user.share
            )
            people[order] = seller or order.team_id.user_id or last
        return people

    def _followup_managers(self):
        """Return the credit manager of each order's company."""
        managers = self.env["credit.profile"]._managers(self.company_id)
        return {order: managers[order.company_id] for order in self}
