from odoo import models


# What was paid of orders, in their currencies, whatever the user may read.
class SaleOrder(models.Model):
    _inherit = "sale.order"  # pylint: disable=consider-merging-classes-inherited

    def _followup_paid(self):
        """Return the orders that are paid in full: online, by their invoices and down payments, or at a till."""
        online = self._followup_paid_online()

        def is_paid(order):
            saved = order.sudo()._origin
            received, unposted = online[order]
            others = saved._followup_paid_invoices() + saved._followup_paid_at_till()
            paid = max(received, unposted + others)  # what is in the ledger may have paid an invoice
            return bool(saved) and order.currency_id.compare_amounts(paid, order.amount_total) >= 0

        return self.filtered(is_paid)

    def _followup_paid_online(self):
        """Return what was received or authorized online for each order; and of it, what the ledger does not show yet."""
        paid = self.env["credit.exposure.order"].sudo()._paid_online(self._origin)
        return {order: paid.get(order._origin.id, (0.0, 0.0)) for order in self}

    def _followup_paid_invoices(self):
        """Return what was paid of the order's invoices, down payments included, less what was credited again."""
        lines = self.order_line.invoice_lines
        paid = 0.0
        for move in lines.move_id.filtered(
            lambda move: move.state == "posted" and move.currency_id == self.currency_id
        ):
            share = 1 - move.amount_residual / move.amount_total if move.amount_total else 1.0
            sign = -1 if move.move_type == "out_refund" else 1
            paid += sign * share * sum((move.invoice_line_ids & lines).mapped("price_total"))
        return paid

    def _followup_paid_at_till(self):
        """Return what was paid for the order at a point of sale, there and then; there is none without the app."""
        lines = self._followup_till_lines()
        return sum(
            line.price_subtotal_incl
            for line in lines
            if "pay_later" not in line.order_id.payment_ids.payment_method_id.mapped("type")
        )

    def _followup_till_lines(self):
        """Return the lines of paid orders of a point of sale that settle this order or a deposit on it."""
        order = self.sudo()._origin
        if "pos_order_line_ids" not in self._fields:
            return ()
        return order.pos_order_line_ids.filtered(lambda line: line.order_id.state not in ("draft", "cancel"))
