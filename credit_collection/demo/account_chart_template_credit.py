"""How the demo company controls credit: limits, an insurance, and orders, one of which waits for the credit manager."""

from odoo import Command, fields, models

# Limits agreed with the customers, in the company's currency.
LIMITS = {
    "grandchamp": 90000.0,
    "boreal": 12000.0,
    "castaing": 15000.0,
    "harbour": 12000.0,
    "phare": 8000.0,
    "sorel": 9000.0,
    "delaunay": 5000.0,
}
# (customer, limit): no orders on account.
NO_CREDIT = ["savarin"]
# Orders: (customer, ordered, product, quantity, delivered); days from today; nothing delivered means not confirmed either.
ORDERS = [
    ("grandchamp", -12, "display", 4, 2),
    ("boreal", -6, "shelving", 3, 3),
    ("sorel", -9, "shelving", 1, 0),
    ("delaunay", -3, "desk", 1, 0),
]
QUOTATIONS = [
    ("grandchamp", -1, "counter", 1),
    ("castaing", -2, "shelving", 2),
    ("harbour", 0, "desk", 1),
]


class AccountChartTemplate(models.AbstractModel):
    _inherit = "account.chart.template"  # pylint: disable=consider-merging-classes-inherited

    def _credit_demo_limits(self):
        """Limits, an insured customer, one without credit, and a rule that blocks."""
        company = self.env.company
        company.followup_rule_limit = "block"
        profiles = self._credit_demo_profiles()
        for name, limit in LIMITS.items():
            profiles[name].credit_limit = limit
        profiles["savarin"].limit_kind = "none"
        profiles["grandchamp"].write(
            {
                "limit_review_date": self._credit_demo_day(20),
                "insured_amount": 60000.0,
                "insured_share": 0.9,
                "insurance_reference": "CA-2231-07",
                "insurance_rating": "6/10",
                "insurance_end": self._credit_demo_day(120),
            }
        )

    def _credit_demo_orders(self):
        """Confirmed orders, quotations, and one over the limit: the salesperson has asked for it."""
        seller = self.env.ref("credit_collection.demo_user_salesperson")
        for customer, day, product, quantity, delivered in ORDERS:
            order = self._credit_demo_order(customer, day, product, quantity)
            order.with_user(seller).action_followup_confirm()
            order.order_line.qty_delivered = delivered
        over, *_others = [self._credit_demo_order(*quotation).with_user(seller) for quotation in QUOTATIONS]
        over.action_followup_confirm()
        self.env["credit.request"].with_user(seller).create(
            {
                "order_id": over.id,
                "reason": "Their new shop in Dijon opens on the 15th; the invoices of May are approved.",
                "confirm_order": True,
            }
        )

    def _credit_demo_order(self, customer, day, product, quantity):
        partner = self._credit_demo_partner(customer)
        return self.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "user_id": self.env.ref("credit_collection.demo_user_salesperson").id,
                "date_order": fields.Datetime.to_datetime(self._credit_demo_day(day)),
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.env.ref(f"credit_collection.demo_product_{product}").id,
                            "product_uom_qty": quantity,
                        }
                    )
                ],
            }
        )
