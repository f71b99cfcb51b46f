from odoo import api, models

# What changes the total of a line, or of the order it is in
AMOUNT_FIELDS = {"discount", "order_id", "price_unit", "product_id", "product_uom_id", "product_uom_qty", "tax_ids"}
# What the check and the exposure read, computed from the rest: a value from outside is computed again
FIGURES = ("price_subtotal", "price_tax", "price_total", "qty_invoiced")


# A confirmed order that grows past what was allowed is checked again, whichever way its lines are changed.
class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'sale'
        lines = super().create(vals_list)
        lines._followup_check_invoiced(lines.invoice_lines)
        self.env["credit.control"]._compute_again(lines, FIGURES, vals_list, new=True)
        lines._followup_confirmed_orders()._followup_check_growth()
        return lines

    def write(self, vals):
        # EXTENDS 'sale'
        self._followup_check_invoiced("invoice_lines" in vals)
        res = super().write(vals)
        self.env["credit.control"]._compute_again(self, FIGURES, [vals])
        if AMOUNT_FIELDS & vals.keys():
            self._followup_confirmed_orders()._followup_check_growth()
        return res

    def unlink(self):
        # EXTENDS 'sale': a discount may be among what is removed
        orders = self._followup_confirmed_orders()
        res = super().unlink()
        orders._followup_check_growth()
        return res

    def _followup_check_invoiced(self, given):
        """Refuse invoices that are said to be the order's, and paid: they follow from invoicing it, which runs in sudo."""
        if given:
            self.env["credit.control"]._check_decides(
                self.env._(
                    "Which invoices belong to an order follows from invoicing it: they are not entered by hand."
                )
            )

    def _followup_confirmed_orders(self):
        return self.order_id.filtered(lambda order: order.state == "sale")
