from odoo import api, fields, models
from odoo.tools import SQL


class CreditHold(models.Model):
    """A decision to hold the orders or the deliveries of a customer in a company.

    What follows from the figures (over the limit, overdue) is not stored here: the rules evaluate it live.
    """

    _name = "credit.hold"
    _description = "Credit hold"
    _order = "date_from desc, id desc"
    _check_company_auto = True

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    kind = fields.Selection(
        [("manual", "By hand"), ("level", "Dunning level"), ("insolvency", "Insolvency")],
        required=True,
        default="manual",
        readonly=True,
    )
    scope = fields.Selection(
        [("orders", "Orders"), ("deliveries", "Deliveries"), ("both", "Orders and deliveries")],
        required=True,
        default="both",
    )
    date_from = fields.Date(string="Since", required=True, default=fields.Date.context_today)
    date_to = fields.Date(string="Until", help="The last day. Empty: until someone ends it.")
    reason = fields.Char(required=True)
    user_id = fields.Many2one("res.users", string="Decided By", default=lambda self: self.env.user, readonly=True)
    action_id = fields.Many2one(
        "credit.collection.action",
        string="Reminder",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="The reminder whose level decided it: the hold ends when nothing of what it claimed is open any more.",
    )

    @api.model
    def _sql_active(self, day):
        """Return the condition on holds ``h`` that are in force on ``day``."""
        return SQL("(h.date_from <= %(day)s AND (h.date_to IS NULL OR h.date_to >= %(day)s))", day=day)

    @api.model
    def _in_force(self, partner, company, kind):
        """Return the holds in force today on the customer's ``orders`` or ``deliveries``, the latest first."""
        day = fields.Date.context_today(self)
        return self.search(
            [
                ("partner_id", "=", partner.id),
                ("company_id", "=", company.id),
                ("scope", "in", (kind, "both")),
                ("date_from", "<=", day),
                "|",
                ("date_to", "=", False),
                ("date_to", ">=", day),
            ]
        )
