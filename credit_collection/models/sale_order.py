from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..tools.verdict import Verdict
from .credit_control import Ask

CREDIT_STATES = [
    ("clear", "Clear"),
    ("warning", "Warning"),
    ("hold", "On hold"),
    ("released", "Released"),
    ("refused", "Refused"),
]
# What only the credit check and the decisions of a credit manager write
CHECKED_FIELDS = {"followup_credit_state", "followup_allowed_amount"}
# What the check reads, computed from the lines: a value from outside is computed again
TOTALS = ("amount_total", "amount_untaxed", "amount_tax")
# Who owes the order, to whom, and in what money its amount is
OWED_BY = {"partner_id", "partner_invoice_id", "company_id", "currency_id"}


# The credit check of an order: who is judged, for how much, and what is shown of it. What follows of the check is in
# sale_order_confirm.py and sale_order_hold.py.
class SaleOrder(models.Model):
    _inherit = "sale.order"

    # Stored: what the last check or decision said. For internal users only, as all of these fields: a customer of the
    # portal must not read why its order is held.
    followup_credit_state = fields.Selection(
        CREDIT_STATES,
        string="Credit",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups="base.group_user",
        help="What the last credit check said of the order. Empty: not checked yet.",
    )
    followup_allowed_amount = fields.Monetary(
        string="Allowed Up To",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The total, tax included, that the last credit check or release let pass. More is checked again.",
    )

    # Live. Core's buttons depend on the severity, so everyone may read it: for customers it is always clear.
    followup_credit_severity = fields.Selection(
        [("clear", "Clear"), ("warn", "Warning"), ("block", "Held")],
        string="Credit Check",
        compute="_compute_followup_credit",
        compute_sudo=True,
    )
    followup_credit_warning = fields.Text(
        string="Credit Warning", compute="_compute_followup_credit", compute_sudo=True, groups="base.group_user"
    )
    followup_situation = fields.Char(
        string="Payments", compute="_compute_followup_situation", compute_sudo=True, groups="base.group_user"
    )
    followup_deposit_suggestion = fields.Char(
        string="Deposit", compute="_compute_followup_credit", compute_sudo=True, groups="base.group_user"
    )

    # For everyone who sells, whatever else he may read: hence in sudo, and over all salespeople's orders.
    @api.depends(
        "amount_total",
        "company_id",
        "currency_id",
        "followup_credit_state",
        "partner_id",
        "partner_invoice_id",
        "prepayment_percent",
        "require_payment",
        "state",
        "transaction_ids.state",
    )
    @api.depends_context("lang", "uid")
    def _compute_followup_credit(self):
        waiting = self.filtered(lambda order: order.state != "sale" or order.followup_credit_state == "hold")
        if not self.env.user._is_internal():
            waiting = self.browse()
        verdicts = self.env["credit.control"]._of_user(waiting)._followup_verdicts(together=False)
        for order in self:
            verdict = verdicts.get(order, Verdict())
            order.followup_credit_severity = verdict.severity
            order.followup_credit_warning = verdict.sentences()
            order.followup_deposit_suggestion = order._followup_deposit_sentence(verdict)

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'sale': nobody hands in the result of a check; an order created as confirmed is checked
        if not self.env.su:
            for vals in vals_list:
                self._followup_check_vals(vals)
        for vals in vals_list:
            # Said outright, so that no default of the context takes its place
            vals.setdefault("followup_credit_state", False)
            vals.setdefault("followup_allowed_amount", 0.0)
        orders = super().create(vals_list)
        self.env["credit.control"]._compute_again(orders, TOTALS, vals_list, new=True)
        orders.filtered(lambda order: order.state == "sale")._followup_check_growth()
        return orders

    def write(self, vals):
        # EXTENDS 'sale': an order confirmed without a check, or that is to be owed otherwise, is checked
        self._followup_check_vals(vals)
        unchecked = vals.get("state") == "sale" and not self._followup_check_at_hand()
        owed = {}
        if OWED_BY & vals.keys():
            owed = {order: order._followup_owed() for order in self if order.state == "sale"}
        res = super().write(vals)
        self.env["credit.control"]._compute_again(self, TOTALS, [vals])
        moved = {order.id for order, before in owed.items() if order._followup_owed() != before}
        again = self if unchecked else self.browse(moved)
        if again:
            again.sudo().followup_allowed_amount = 0.0
            again._followup_check_growth()
        return res

    def _followup_check_vals(self, vals):
        if not self.env.su and CHECKED_FIELDS & vals.keys():
            raise AccessError(
                self.env._("What the credit check said of an order is not written by hand: ask for a release instead.")
            )

    def _followup_owed(self):
        return self._followup_customer(), self.company_id, self.currency_id

    def _init_column(self, column_name):
        """EXTENDS 'base': what was confirmed before the addon came is taken for allowed."""
        if column_name != "followup_allowed_amount":
            return super()._init_column(column_name)
        return self.env.cr.execute("UPDATE sale_order SET followup_allowed_amount = amount_total WHERE state = 'sale'")

    # -------------------------------------------------------------------------
    # Who is judged, and for how much
    # -------------------------------------------------------------------------

    def _followup_customer(self):
        """Return the customer who will owe what is ordered: the commercial partner invoiced."""
        return (self.partner_invoice_id or self.partner_id).commercial_partner_id._origin

    def _followup_verdicts(self, together=True):
        """Return what the credit rules say of each order, now: ``{order: Verdict}``.

        What a release in force or a payment in full covers does not block any more.

        :param together: the orders are confirmed together: what passes counts against the next ones of the customer
        """
        return self._followup_judge(together)[0]

    def _followup_judge(self, together=True):
        """Return ``{order: Verdict}``, and for those that would be blocked but pass ``{order: (why, sentence)}``."""
        verdicts = dict.fromkeys(self, Verdict())
        asks = self.filtered(lambda order: order._followup_is_judged())._followup_asks()
        verdicts.update(self.env["credit.control"]._verdicts(asks, together))
        blocked = self.filtered(lambda order: verdicts[order].blocks)
        passes = blocked._followup_passes() if blocked else {}
        for order, (_why, _sentence, decided_on) in passes.items():
            verdicts[order] = verdicts[order].released(before=decided_on)
        return verdicts, {
            order: (why, sentence) for order, (why, sentence, _on) in passes.items() if not verdicts[order].blocks
        }

    def _followup_is_judged(self):
        """Nothing is sold on credit by an order of no amount."""
        return (
            self.state != "cancel"
            and self._followup_customer()
            and self.company_id
            and self.currency_id.compare_amounts(self.amount_total, 0.0) > 0
        )

    def _followup_asks(self):
        """Return what the rules are asked of these orders, amounts in the company's currency at today's rate.

        A confirmed order counts in the exposure already. What was paid online comes off as far as the ledger does not
        know it: once posted, it is an unallocated payment of the customer.
        """
        day = fields.Date.context_today(self)
        paid = self._followup_paid_online()
        rates, asks = {}, []
        for order in self:
            company, currency = order.company_id.sudo(), order.currency_id
            if (currency, company) not in rates:
                rates[currency, company] = currency._get_conversion_rate(currency, company.currency_id, company, day)
            open_amount = 0.0 if order.state == "sale" else order.amount_total - paid[order][1]
            amount = company.currency_id.round(max(open_amount, 0.0) * rates[currency, company])
            asks.append(Ask(order, order._followup_customer(), order.company_id, amount))
        return asks

    def _followup_passes(self):
        """Return why orders that the rules block pass all the same: ``{order: (why, sentence, decided_on)}``.

        ``why``: ``till``, ``paid``, ``release`` or ``payment``; ``decided_on``: when it was released, None otherwise.
        """
        passes = {}
        releases = self.env["credit.request"].sudo()._in_force(self._origin)
        paid = self._followup_paid()
        for order in self:
            # What a till confirmed has changed hands already; what is added to it later has not
            if order.state != "sale" and order._followup_till_lines():
                passes[order] = ("till", self.env._("Paid or settled at the point of sale."), None)
            elif order in paid:
                passes[order] = ("paid", self.env._("Paid in full."), None)
            elif request := releases.get(order._origin):
                passes[order] = ("release", self.env._("Released."), request.decided_on)
            elif order._followup_passed_with_payment():
                passes[order] = ("payment", self.env._("Let pass when its payment was announced."), None)
        return passes

    def _followup_passed_with_payment(self):
        """Return whether the quotation was let pass when a payment on delivery or on the spot was announced for it: what
        the customer was told then holds until core confirms the order, some moments later.
        """
        order = self.sudo()._origin
        return (
            order.followup_credit_state in ("clear", "warning")
            and self.currency_id.compare_amounts(self.amount_total, order.followup_allowed_amount) <= 0
            and any(
                transaction.state == "pending" and transaction._followup_is_paid_later()
                for transaction in order.transaction_ids
            )
        )

    def _followup_covered(self):
        """Return the orders whose release or full payment covers what is delivered of them."""
        releases = self.env["credit.request"].sudo()._in_force(self)
        return self.browse(order.id for order in releases) | self._followup_paid()
