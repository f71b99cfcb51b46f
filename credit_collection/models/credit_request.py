from odoo import api, fields, models


class CreditRequest(models.Model):
    """A request for something only a credit manager may do: let an order or a delivery pass, change a customer's limit,
    change payment terms. It is asked with a reason and decided with one.
    """

    _name = "credit.request"
    _description = "Credit request"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True

    kind = fields.Selection(
        [("release", "Release"), ("limit", "Change of limit"), ("terms", "Change of payment terms")],
        required=True,
        default="release",
        readonly=True,
    )
    state = fields.Selection(
        [("open", "To decide"), ("approved", "Approved"), ("refused", "Refused"), ("cancelled", "Cancelled")],
        required=True,
        default="open",
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True)
    order_id = fields.Many2one("sale.order", index="btree_not_null", ondelete="cascade", check_company=True)
    reason = fields.Text(required=True)
    user_id = fields.Many2one("res.users", string="Asked By", default=lambda self: self.env.user, readonly=True)
    confirm_order = fields.Boolean(string="Confirm at Once", help="The approval also confirms the order.")

    # Decision
    max_amount = fields.Monetary(
        string="Up To", help="The approval covers the order up to this total, tax included, in the order's currency."
    )
    valid_until = fields.Date(
        help="The last day on which the approval lets the order and its deliveries pass. Empty: no end."
    )
    new_limit = fields.Monetary(string="Credit Limit Asked For")
    payment_term_id = fields.Many2one("account.payment.term", string="Payment Terms Asked For", check_company=True)
    decided_by = fields.Many2one("res.users", readonly=True, copy=False)
    decided_on = fields.Datetime(readonly=True, copy=False)
    decision_reason = fields.Text(readonly=True, copy=False)

    @api.model
    def _in_force(self, orders):
        """Return the release in force today of each order: ``{order: request}``."""
        day = fields.Date.context_today(self)
        requests = self.search([("kind", "=", "release"), ("state", "=", "approved"), ("order_id", "in", orders.ids)])
        return {
            request.order_id.with_env(orders.env): request
            for request in requests.sorted("id")
            if (not request.valid_until or request.valid_until >= day)
            and request.currency_id.compare_amounts(request.max_amount, request.order_id.amount_total) >= 0
        }
