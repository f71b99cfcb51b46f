from odoo import SUPERUSER_ID, api, fields, models


# Payment terms longer than those agreed with the customer are credit: only who decides about credit gives them.
class SaleOrder(models.Model):
    _inherit = "sale.order"  # pylint: disable=consider-merging-classes-inherited

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        default = self.default_get(["payment_term_id"])  # the user's own, or one in the context
        given = [
            order.id
            for order, vals in zip(orders, vals_list, strict=True)
            if {**default, **vals}.get("payment_term_id")
        ]
        orders.browse(given)._followup_check_terms()
        return orders

    def write(self, vals):
        if "payment_term_id" not in vals:
            return super().write(vals)
        before = {order: (order.payment_term_id, order.partner_id) for order in self}
        res = super().write(vals)
        self.filtered(lambda order: before[order] != (order.payment_term_id, order.partner_id))._followup_check_terms()
        return res

    def copy_data(self, default=None):
        """EXTENDS 'sale': longer terms were given to one order; who may not give them gets the customer's on the copy."""
        vals_list = super().copy_data(default)
        if "payment_term_id" in (default or {}) or self.env["credit.control"]._decides():
            return vals_list
        for order, vals in zip(self, vals_list, strict=True):
            if "partner_id" in (default or {}) or order._followup_terms_beyond():
                vals.pop("payment_term_id", None)
        return vals_list

    def _followup_check_terms(self):
        """Refuse terms beyond the customer's to users who may not decide.

        :raise AccessError: says who may
        """
        Control = self.env["credit.control"]
        if Control._decides():
            return
        for order in self.filtered(lambda order: order._followup_terms_beyond()):
            Control._check_decides(
                self.env._(
                    "“%(terms)s” is longer than the payment terms agreed with %(customer)s. Only a credit manager gives "
                    "longer ones: ask for them with a credit request.",
                    terms=order.payment_term_id.display_name,
                    customer=order.partner_id.display_name,
                )
            )

    def _followup_terms_beyond(self):
        """Return whether the order's terms let the customer pay later than agreed, for an invoice of today.

        Agreed are the terms of the customer and of who is invoiced, and the company's default for orders if it has one.
        Without any, payment is immediate.
        """
        self.ensure_one()
        order = self.sudo().with_company(self.company_id)
        today = fields.Date.context_today(order)
        agreed = (
            order.partner_id.property_payment_term_id
            | order.partner_invoice_id.commercial_partner_id.property_payment_term_id
            | order._followup_default_terms()
        )
        last = max((term._followup_last_due_date(today) for term in agreed), default=today)
        return bool(order.payment_term_id) and order.payment_term_id._followup_last_due_date(today) > last

    def _followup_default_terms(self):
        """Return the terms that an administrator made the default of the orders of all users, if any."""
        defaults = self.env["ir.default"].with_user(SUPERUSER_ID).with_company(self.company_id)
        return self.env["account.payment.term"].browse(
            defaults._get_model_defaults("sale.order").get("payment_term_id") or []
        )
