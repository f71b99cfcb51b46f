from odoo import models

# Payments on delivery or on the spot, of core's modules ``delivery`` and ``website_sale_collect``: they confirm the
# draft quotations of a payment that is merely announced.
PAID_LATER = ("cash_on_delivery", "on_site")


# A payment must not end in an error: what the credit rules block is put on hold before core goes to confirm it.
class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _set_pending(self, **kwargs):
        # EXTENDS 'payment'
        transactions = super()._set_pending(**kwargs)
        transactions.filtered(lambda transaction: transaction._followup_is_paid_later())._followup_hold_quotations()
        return transactions

    def _followup_is_paid_later(self):
        return "custom_mode" in self.provider_id._fields and self.provider_id.custom_mode in PAID_LATER

    def _followup_hold_quotations(self):
        """Judge the quotations of payments to come. Those on hold become sent, as core makes of any quotation whose
        payment is pending, which is why it does not confirm them; the others will not be judged again.
        """
        quotations = self.sudo().sale_order_ids.filtered(lambda order: order.state == "draft")
        if not quotations:
            return
        allowed = quotations._followup_confirmable()
        (quotations - allowed).with_context(tracking_disable=True).action_quotation_sent()
        if allowed:
            allowed._followup_allow(allowed._followup_check_at_hand())

    def _check_amount_and_confirm_order(self):
        # EXTENDS 'sale': core confirms the quotations of the payments it is called with
        confirmed = self.env["sale.order"]
        for transaction in self:
            quotation = transaction.sale_order_ids.filtered(lambda order: order.state in ("draft", "sent"))
            if len(transaction.sale_order_ids) == 1 and quotation and quotation._is_confirmation_amount_reached():
                allowed = quotation._followup_confirmable()
                if not allowed:
                    continue
                transaction = transaction.with_env(allowed.env)
            confirmed |= super(PaymentTransaction, transaction)._check_amount_and_confirm_order()
        return confirmed
