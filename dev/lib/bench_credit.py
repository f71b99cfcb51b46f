"""The jobs of credit control that dev/bench measures: exposure, who is over the limit, confirming an order.

python bench_credit.py NAME     confirms on a database without the addon; prints its cost as JSON
"""

import argparse
import json

import bench_odoo
import odoo_server
from bench_history import the_day
from bench_orders import BIG, SALESPERSON

CUSTOMERS = 1000
REPEAT = 8
KEYS = (
    *("receivable", "unallocated", "delivered", "ordered", "drafts", "deposits", "exposure", "credit_limit"),
    *("overdue_long", "late_since", "hold_orders", "hold_deliveries"),
    *("promise_broken", "promise_open", "disputes_open", "rule_overdue"),
)


def some_customers(env) -> list[int]:
    """The same ones each time, from all over the table."""
    env.cr.execute(
        "SELECT id FROM res_partner WHERE commercial_partner_id = id AND name LIKE 'Customer %%'"
        " ORDER BY MD5(id::text) LIMIT %s",
        (CUSTOMERS,),
    )
    return [customer for (customer,) in env.cr.fetchall()]


def positions(env, customers: list[int]) -> list[tuple]:
    """What the credit rules read of customers."""
    pairs = [(partner, env.company) for partner in env["res.partner"].browse(customers)]
    found = env["credit.exposure"].sudo()._positions(pairs)
    return [(partner.id, *(position[key] for key in KEYS)) for (partner, _company), position in found.items()]


def over_limit(env) -> list[tuple]:
    """The customers that the filter of the list of contacts shows."""
    customers = env["res.partner"].with_context(active_test=False).search([("followup_over_limit", "=", True)])
    return [(customer.id,) for customer in customers]


def page(env) -> list[tuple]:
    """What the list's controller asks for, with all that the model shows."""
    Exposure = env["credit.exposure"]
    names = Exposure._fields.keys() - {"id", "display_name"}
    shown = {"fields": {"display_name": {}}}
    specification = {name: shown if Exposure._fields[name].relational else {} for name in names}
    found = Exposure.web_search_read([], specification, limit=80, order="exposure desc, id", count_limit=10001)
    return [(row["id"], row["exposure"], found["length"]) for row in found["records"]]


def confirm(registry, path: str) -> bench_odoo.Cost:
    """A salesperson confirms an order of the customer with 500 open invoices, each time anew; the best of some.

    :param path: the method of the order
    """
    with bench_odoo.environment(registry) as env:
        product = env["product.product"].search([("default_code", "=", "BENCH")])
        salesperson = env["res.users"].search([("login", "=", SALESPERSON)])
        line = {"product_id": product.id, "product_uom_qty": 2}
        customer = env["res.partner"].search([("ref", "=", BIG)])
        values = {"partner_id": customer.id, "user_id": salesperson.id, "order_line": [(0, 0, line)]}
        order_id = env["sale.order"].create(values).id
    costs = []
    for _ in range(1 + REPEAT):
        with bench_odoo.environment(registry, salesperson.id) as env, the_day():
            order = env["sale.order"].browse(order_id)
            with bench_odoo.measured() as cost:
                getattr(order, path)()
                env.cr.flush()
            if order.state != "sale":
                raise SystemExit(f"{path}() left the order {order.state}")
            env.cr.rollback()
        costs.append(cost)
    return min(costs[1:], key=lambda cost: cost.seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    name = parser.parse_args().name
    registry = bench_odoo.registry(name, odoo_server.LOG_DIR / f"{name}.log")
    print(json.dumps(vars(confirm(registry, "action_confirm"))))


if __name__ == "__main__":
    main()
