from odoo import api, models

# What changes the total of a line
AMOUNT_FIELDS = {"discount", "price_unit", "product_id", "product_uom_id", "product_uom_qty", "tax_ids"}


# A confirmed order that grows past what was allowed is checked again, whichever way its lines are changed.
class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'sale'
        lines = super().create(vals_list)
        lines._followup_confirmed_orders()._followup_check_growth()
        return lines

    def write(self, vals):
        # EXTENDS 'sale'
        res = super().write(vals)
        if AMOUNT_FIELDS & vals.keys():
            self._followup_confirmed_orders()._followup_check_growth()
        return res

    def unlink(self):
        # EXTENDS 'sale': a discount may be among what is removed
        orders = self._followup_confirmed_orders()
        res = super().unlink()
        orders._followup_check_growth()
        return res

    def _followup_confirmed_orders(self):
        return self.order_id.filtered(lambda order: order.state == "sale")
