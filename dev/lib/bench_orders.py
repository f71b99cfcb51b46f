"""The orders of the ledger that dev/bench measures on, and the credit limits of its customers.

An order belongs to an invoice of `bench_data`, whose customer, currency and price it has: that invoice is what was
invoiced of it, or paid in advance. Some are invoiced by a draft besides.
"""

from datetime import timedelta

SALESPERSON = "bench_salesperson"
BIG = "BIG"  # the reference of the customer with 500 open invoices
TABLES = ("sale_order", "sale_order_line")
KINDS = ("first", "second", "deposit")


def make_prototypes(env, customer, day) -> dict:
    """A confirmed order at 100 + 20 with a line of each kind."""
    env["res.users"].create(
        {
            "name": "Salesperson",
            "login": SALESPERSON,
            "group_ids": [(6, 0, [env.ref("sales_team.group_sale_salesman").id])],
        }
    )
    product = env["product.product"].create(
        {"name": "Goods", "type": "consu", "invoice_policy": "delivery", "list_price": 100, "default_code": "BENCH"}
    )
    line = {"product_id": product.id, "price_unit": 100, "tax_ids": [(6, 0, sales_tax(env).ids)]}
    order = env["sale.order"].create(
        {"partner_id": customer.id, "order_line": [(0, 0, {**line, "product_uom_qty": 1}) for _kind in KINDS[:2]]}
    )
    order.action_confirm()
    deposit = {"order_id": order.id, "is_downpayment": True, "product_uom_qty": 0, "name": "Deposit"}
    deposit = env["sale.order.line"].create({**deposit, "price_unit": 100, "tax_ids": line["tax_ids"]})
    order.date_order = day - timedelta(days=1)
    return {"order": order, **dict(zip(KINDS, (*order.order_line - deposit, deposit), strict=True))}


def sales_tax(env):
    domain = [
        *[("amount", "=", 20), ("type_tax_use", "=", "sale")],
        *[("tax_exigibility", "=", "on_invoice"), ("company_id", "=", env.company.id)],
    ]
    return env["account.tax"].search(domain).filtered(lambda tax: not tax.price_include)[:1]


def copies() -> dict[str, tuple[str, str, dict[str, str]]]:
    """As `bench_data.copies()`."""
    kinds = {"order": ("sale_order", "SELECT * FROM bench_order", ORDER)}
    for kind in KINDS:
        kinds[kind] = ("sale_order_line", f"SELECT * FROM bench_order_line WHERE kind = '{kind}'", LINE)
    return kinds


ORDER = {
    "id": "s.id",
    "name": "'S' || LPAD(s.n::text, 7, '0')",
    "state": "s.state",
    "partner_id": "s.partner_id",
    "partner_invoice_id": "s.partner_invoice_id",
    "partner_shipping_id": "s.partner_id",
    "currency_id": "s.currency_id",
    "pricelist_id": "NULL",
    "currency_rate": "s.rate",
    "date_order": "s.date",
    "create_date": "s.date",
    "access_token": "NULL",
    "invoice_status": "s.invoice_status",
    "amount_untaxed": "5 * s.sixth",
    "amount_tax": "s.sixth",
    "amount_total": "6 * s.sixth",
}
LINE = {
    "id": "s.id",
    "order_id": "s.order_id",
    "order_partner_id": "s.partner_id",
    "currency_id": "s.currency_id",
    "state": "s.state",
    "product_uom_qty": "s.quantity",
    "price_unit": "5 * s.units",
    "technical_price_unit": "5 * s.units",
    "price_subtotal": "5 * s.units * s.quantity",
    "price_tax": "s.units * s.quantity",
    "price_total": "6 * s.units * s.quantity",
    "price_reduce_taxexcl": "CASE WHEN s.quantity > 0 THEN 5 * s.units ELSE 0 END",
    "price_reduce_taxinc": "CASE WHEN s.quantity > 0 THEN 6 * s.units ELSE 0 END",
    "qty_delivered": "s.delivered",
    "qty_invoiced": "s.invoiced + s.drafted",
    "qty_to_invoice": "s.to_invoice",
    "untaxed_amount_invoiced": "5 * s.units * s.invoiced",
    "untaxed_amount_to_invoice": "5 * s.units * (s.to_invoice + s.drafted)",
    "invoice_status": "s.invoice_status",
}

# Three orders for ten invoices. As in `bench_data`, `units` is a sixth of a price with tax, `sixth` of an order.
WORKING_TABLES = """
CREATE TEMP TABLE bench_order_choice AS
    SELECT i.*,
           CASE WHEN fate < 40 THEN 'done' WHEN fate < 60 THEN 'part' WHEN fate < 75 THEN 'none'
                WHEN fate < 85 THEN 'delivered' WHEN fate < 90 THEN 'over' WHEN fate < 95 THEN 'deposit'
                ELSE 'quotation' END AS plan
      FROM (SELECT n, partner_id, units, rate, date, pg_temp.hash(n, 19, 100) AS fate
              FROM bench_invoice WHERE pg_temp.hash(n, 18, 10) < 3) i;
CREATE TEMP TABLE bench_order_line AS
    SELECT %(first_sale_order_line)s - 1 + ROW_NUMBER() OVER (ORDER BY o.n, k.kind) AS id, o.n, o.plan, o.partner_id,
           %(first_sale_order)s - 1 + DENSE_RANK() OVER (ORDER BY o.n) AS order_id, k.*,
           CASE o.plan WHEN 'quotation' THEN 'draft' ELSE 'sale' END AS state,
           CASE WHEN o.rate = 1 THEN %(eur)s ELSE %(usd)s END AS currency_id,
           k.delivered - k.invoiced - k.drafted AS to_invoice,
           CASE WHEN o.plan = 'quotation' THEN 'no'
                WHEN k.delivered <> k.invoiced + k.drafted THEN 'to invoice'
                WHEN k.invoiced + k.drafted >= k.quantity THEN 'invoiced' ELSE 'no' END AS invoice_status
      FROM bench_order_choice o
     CROSS JOIN LATERAL (
           SELECT 'first' AS kind, o.units, f.quantity, f.delivered, f.invoiced,
                  CASE WHEN d.id IS NULL THEN 0 ELSE 1 END AS drafted
             FROM (VALUES ('done', 1, 1, 1), ('part', 3, 2, 1), ('none', 2, 0, 0), ('delivered', 2, 2, 0),
                          ('over', 2, 3, 1), ('deposit', 4, 0, 0), ('quotation', 2, 0, 0))
                  AS f (plan, quantity, delivered, invoiced)
             LEFT JOIN bench_document d ON d.kind = 'draft' AND d.n = o.n AND o.plan = 'delivered'
            WHERE f.plan = o.plan
            UNION ALL
           SELECT 'second', 1 + o.units / 3, 1 + pg_temp.hash(o.n, 20, 5), 0, 0, 0
            WHERE o.plan IN ('part', 'none', 'deposit', 'quotation') AND pg_temp.hash(o.n, 21, 2) = 0
            UNION ALL
           SELECT 'deposit', o.units, 0, 0, 1, 0 WHERE o.plan = 'deposit') k;
CREATE INDEX ON bench_order_line (order_id);
CREATE TEMP TABLE bench_order AS
    SELECT l.order_id AS id, o.n, o.partner_id, COALESCE(t.id, o.partner_id) AS partner_invoice_id, o.rate, o.date,
           MIN(l.state) AS state, MIN(l.currency_id) AS currency_id, SUM(l.units * l.quantity) AS sixth,
           CASE WHEN BOOL_OR(l.invoice_status = 'to invoice' AND l.kind <> 'deposit') THEN 'to invoice'
                WHEN o.plan = 'done' THEN 'invoiced' ELSE 'no' END AS invoice_status
      FROM bench_order_choice o
      JOIN bench_order_line l ON l.n = o.n
      LEFT JOIN bench_contact t ON t.parent_id = o.partner_id
     GROUP BY l.order_id, o.n, o.plan, o.partner_id, t.id, o.rate, o.date
"""

# What was invoiced of each line, or in advance; the taxes; who has a limit.
LINKS = """
INSERT INTO sale_order_line_invoice_rel (order_line_id, invoice_line_id)
SELECT l.id, i.id
  FROM bench_order_line l
  JOIN bench_item i ON i.n = l.n AND i.role = 'net'
   AND (l.invoiced > 0 AND i.kind = 'invoice' OR l.drafted > 0 AND i.kind = 'draft');
INSERT INTO account_tax_sale_order_line_rel (sale_order_line_id, account_tax_id)
SELECT id, %(tax)s FROM bench_order_line;
UPDATE res_partner p
   SET credit_limit = jsonb_build_object(%(company)s::text, 1000.0 * (1 + pg_temp.hash(c.n, 26, 40)))
  FROM bench_customer c WHERE c.id = p.id AND pg_temp.hash(c.n, 25, 10) < 4;
UPDATE res_partner p
   SET ref = 'BIG', credit_limit = jsonb_build_object(%(company)s::text, 100000000.0)
  FROM bench_customer c WHERE c.id = p.id AND c.n = %(customers)s
"""
