from odoo import api, models
from odoo.tools import format_amount


# What a salesperson should know of the customer before selling more to it.
class SaleOrder(models.Model):
    _inherit = "sale.order"  # pylint: disable=consider-merging-classes-inherited

    @api.depends("company_id", "partner_id", "partner_invoice_id")
    @api.depends_context("lang")
    def _compute_followup_situation(self):
        pairs = {
            order: (order._followup_customer(), order.company_id)
            for order in self.env["credit.control"]._of_user(self)
            if order._followup_customer()
        }
        sentences = self.env["res.partner"]._followup_situations(set(pairs.values()))
        for order in self:
            order.followup_situation = sentences.get(pairs.get(order), False)

    def _followup_deposit_sentence(self, verdict):
        """Return the deposit to ask of a customer who pays badly, unless the quotation asks for as much."""
        percent = self.company_id.sudo().followup_deposit_percent
        customer = self._followup_customer().sudo().with_company(self.company_id)
        late = any(reason.rule == "overdue" for reason in verdict.reasons)
        asked = self.prepayment_percent * 100 if self.require_payment else 0.0
        if (
            self.state not in ("draft", "sent")
            or not (late or customer.trust == "bad")
            or percent <= asked
            or self.currency_id.compare_amounts(self.amount_total, 0.0) <= 0
        ):
            return False
        return self.env._(
            "Ask for a deposit of %(percent)s %% (%(amount)s).",
            percent=percent,
            amount=format_amount(self.env, self.amount_total * percent / 100, self.currency_id),
        )

    def action_followup_profile(self):
        """Open the collection file of the customer who will owe the order, where its exposure is explained.

        :raise AccessError: for who may not read collection files
        """
        self.ensure_one()
        self.check_access("read")
        self.env["credit.profile"].check_access("read")
        profile = self._followup_customer().sudo()._followup_profile(self.company_id)
        return profile.with_env(self.env)._get_records_action()

    def action_followup_ask_deposit(self):
        """Have the quotations ask for the company's deposit, to be paid before they are confirmed."""
        for order in self:  # by hand, on one
            percent = order.company_id.sudo().followup_deposit_percent
            order.write({"require_payment": True, "prepayment_percent": percent / 100})
        return True
