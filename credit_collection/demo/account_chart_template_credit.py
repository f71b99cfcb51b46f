"""How the demo company controls credit: limits, an insurance, a hold, and orders, one of which waits for the credit manager."""

from odoo import Command, fields, models

# Limits agreed with the customers, in the company's currency.
LIMITS = {
    "grandchamp": 90000.0,
    "arnoult": 15000.0,
    "castaing": 15000.0,
    "harbour": 12000.0,
    "sorel": 9000.0,
    "phare": 8000.0,
    "ferrand": 6000.0,
    "delaunay": 5000.0,
    "boreal": 3000.0,
}
# Everything is paid in advance.
NO_CREDIT = ["savarin"]
# Put on hold by the credit manager: (customer, since, scope, reason).
HOLDS = [("bertin", -12, "orders", "Goods said to have come damaged: no new orders until that is settled")]
# Confirmed: (customer, day, lines); a line is a product, a quantity, and what of it is delivered.
CONFIRMED = [
    ("grandchamp", -12, [("display", 2, 0), ("fitting", 3, 2)]),
    ("sorel", -9, [("shelving", 1, 0)]),
    ("delaunay", -3, [("desk", 1, 0)]),
]
QUOTATIONS = [
    ("castaing", -2, [("shelving", 2, 0)]),
    ("morvan", -1, [("shelving", 3, 0), ("fitting", 1, 0)]),
    ("harbour", 0, [("desk", 1, 0)]),
    ("bertin", 0, [("shelving", 1, 0)]),
]
# Over the limit, and asked for: (customer, day, lines, why, what became of it, why).
ASKED = [
    (
        "arnoult",
        -8,
        [("shelving", 3, 0)],
        "They promise to pay half of what is open as soon as we deliver.",
        "refused",
        "The formal notice is unanswered: only against payment in advance.",
    ),
    (
        "boreal",
        -6,
        [("display", 2, 0)],
        "Two more shops; they have always paid before the due date.",
        "approved",
        "Never late in two years.",
    ),
    (
        "grandchamp",
        -1,
        [("counter", 1, 0)],
        "Their new shop in Dijon opens next month. They say that the two oldest invoices are approved for payment.",
        "open",
        None,
    ),
]


class AccountChartTemplate(models.AbstractModel):
    _inherit = "account.chart.template"  # pylint: disable=consider-merging-classes-inherited

    def _credit_demo_limits(self):
        """Limits, an insured customer, one without credit, one on hold, and a rule that blocks."""
        self.env.company.followup_rule_limit = "block"
        manager = self.env.ref("credit_collection.demo_user_manager")
        profiles = {name: profile.with_user(manager) for name, profile in self._credit_demo_profiles().items()}
        for name, limit in LIMITS.items():
            profiles[name].credit_limit = limit
        for name in NO_CREDIT:
            profiles[name].limit_kind = "none"
        profiles["grandchamp"].write(
            {
                "limit_review_date": self._credit_demo_day(20),
                "insurer_id": self._credit_demo_partner("insurer").id,
                "insured_amount": 60000.0,
                "insured_share": 0.9,
                "insurance_reference": "CA-2231-07",
                "insurance_rating": "6/10",
                "insurance_end": self._credit_demo_day(120),
            }
        )
        for customer, day, scope, reason in HOLDS:
            self._credit_demo_as("manager", "credit.hold").create(
                {
                    "partner_id": profiles[customer].partner_id.id,
                    "company_id": self.env.company.id,
                    "date_from": self._credit_demo_day(day),
                    "scope": scope,
                    "reason": reason,
                }
            )

    def _credit_demo_orders(self):
        """Orders that are confirmed, quotations, and orders over the limit: refused, released, and still to be decided."""
        # A chart brings its taxes, after the products.
        products = self.env["product.template"].search([("company_id", "=", self.env.company.id)])
        products.taxes_id = self.env.company.account_sale_tax_id
        for customer, day, lines in CONFIRMED:
            self._credit_demo_confirm(self._credit_demo_order(customer, day, lines))
        for quotation in QUOTATIONS:
            self._credit_demo_order(*quotation)
        for customer, day, lines, reason, outcome, decision in ASKED:
            order = self._credit_demo_order(customer, day, lines)
            self._credit_demo_confirm(order)
            request = self._credit_demo_as("salesperson", "credit.request").create(
                {"order_id": order.id, "reason": reason, "confirm_order": True}
            )
            self._credit_demo_decide(request, outcome, decision)
            order.date_order = self._credit_demo_moment(day)
        self._credit_demo_as("collector", "credit.request").create(
            {
                "kind": "limit",
                "partner_id": self._credit_demo_partner("boreal").id,
                "company_id": self.env.company.id,
                "new_limit": 6000.0,
                "reason": "Two more shops since spring; always pays before the due date.",
            }
        )

    def _credit_demo_order(self, customer, day, lines):
        """Return a quotation of the salesperson's, with what is delivered of it already."""
        return self.env["sale.order"].create(
            {
                "partner_id": self._credit_demo_partner(customer).id,
                "user_id": self.env.ref("credit_collection.demo_user_salesperson").id,
                "date_order": self._credit_demo_moment(day),
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.env.ref(f"credit_collection.demo_product_{product}").id,
                            "product_uom_qty": quantity,
                            "qty_delivered": delivered,
                        }
                    )
                    for product, quantity, delivered in lines
                ],
            }
        )

    def _credit_demo_confirm(self, order):
        """Confirm as the salesperson; a confirmation brings its own date."""
        day = order.date_order
        order.with_user(self.env.ref("credit_collection.demo_user_salesperson")).action_followup_confirm()
        order.date_order = day

    def _credit_demo_decide(self, request, outcome, decision):
        request = request.with_user(self.env.ref("credit_collection.demo_user_manager"))
        if outcome == "approved":
            request.decision_reason = decision
            request.action_approve()
        elif outcome == "refused":
            request.action_refuse(decision)

    def _credit_demo_as(self, person, model):
        return self.env[model].with_user(self.env.ref(f"credit_collection.demo_user_{person}"))

    def _credit_demo_moment(self, offset):
        return fields.Datetime.to_datetime(self._credit_demo_day(offset))
