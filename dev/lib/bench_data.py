"""A ledger to measure on: thousands of customers and their invoices, made by bulk SQL and agreed with by the ORM.

Each kind of record is made once by the ORM; the rest are copies of that prototype with their own figures, so that
every column the ORM fills is filled. Nothing is random: all choices are a hash of a number, so that the same size
always gives the same ledger.
"""

from datetime import date

import bench_orders

DAY = date(2026, 6, 30)  # the day looked at: a Tuesday, so that something may leave
CUSTOMERS = {"S": 1_000, "M": 10_000}
INVOICES_EACH = 10
TABLES = (
    *("res_partner", "account_move", "account_move_line"),
    *("account_full_reconcile", "account_partial_reconcile"),
    *bench_orders.TABLES,
)


def build(env, size: str) -> None:
    """Fill the database of `env` with a ledger of this size."""
    prototypes = make_prototypes(env)
    prototypes |= bench_orders.make_prototypes(env, prototypes["customer"], DAY)
    env.flush_all()
    context = {
        "day": DAY,
        "customers": CUSTOMERS[size],
        "invoices": CUSTOMERS[size] * INVOICES_EACH,
        "eur": env.company.currency_id.id,
        "usd": env.ref("base.USD").id,
        "company": env.company.id,
        "tax": prototypes["invoice_net"].tax_ids.id,
        **{f"first_{table}": next_id(env.cr, table) for table in TABLES},
    }
    for script in (WORKING_TABLES, bench_orders.WORKING_TABLES):
        execute_all(env.cr, script, context)
    for kind, (table, source, columns) in {**copies(), **bench_orders.copies()}.items():
        copy_prototype(env.cr, table, prototypes[kind].id, source, columns)
    for script in (MATCHES, bench_orders.LINKS):
        execute_all(env.cr, script, context)
    for table in TABLES:
        env.cr.execute(f"SELECT setval('{table}_id_seq', (SELECT COALESCE(MAX(id), 1) FROM {table}))")
    env.invalidate_all()


def execute_all(cursor, script: str, context: dict) -> None:
    for statement in script.split(";\n"):
        if statement.strip():
            cursor.execute(statement, context)


def next_id(cursor, table: str) -> int:
    cursor.execute(f"SELECT COALESCE(MAX(id), 0) + 1 FROM {table}")
    return cursor.fetchone()[0]


# -- prototypes -----------------------------------------------------------------------------------------------------


def make_prototypes(env) -> dict:
    """One record of each kind, made by the ORM; one of 100 + 20 where it has an amount."""
    usd = env.ref("base.USD")
    usd.active = True
    env["res.currency.rate"].search([("currency_id", "=", usd.id)]).unlink()
    env["res.currency.rate"].create({"currency_id": usd.id, "name": "2020-01-01", "rate": 1.25})
    customer = env["res.partner"].create(
        {
            "name": "Prototype",
            "is_company": True,
            "email": "prototype@customers.example.com",
            "country_id": env.ref("base.fr").id,
            "lang": "en_US",
        }
    )
    contact = env["res.partner"].create(
        {"name": "Invoices", "parent_id": customer.id, "type": "invoice", "email": "invoices@customers.example.com"}
    )
    prototypes = {"customer": customer, "contact": contact}
    for kind, move_type in (("invoice", "out_invoice"), ("refund", "out_refund"), ("draft", "out_invoice")):
        move = make_document(env, move_type, customer)
        if kind != "draft":
            move.action_post()
        lines = move.line_ids.grouped("display_type")
        prototypes[kind] = move
        prototypes[f"{kind}_net"], prototypes[f"{kind}_tax"] = lines["product"], lines["tax"]
        prototypes[f"{kind}_term"] = lines["payment_term"]
    payment = make_payment(env, customer)
    counterpart, bank = payment.line_ids.sorted("balance")
    return {**prototypes, "payment": payment, "payment_bank": bank, "payment_term": counterpart}


def make_document(env, move_type: str, customer):
    taxes = [(6, 0, bench_orders.sales_tax(env).ids)]
    line = {"name": "Goods", "quantity": 1, "price_unit": 100, "tax_ids": taxes}
    return env["account.move"].create(
        {
            "move_type": move_type,
            "partner_id": customer.id,
            "invoice_date": DAY,
            "invoice_date_due": DAY,
            "invoice_payment_term_id": False,
            "invoice_line_ids": [(0, 0, line)],
        }
    )


def make_payment(env, customer):
    """Money on the bank account, booked against the customer."""
    journal = env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", env.company.id)], limit=1)
    common = {"name": "Payment", "partner_id": customer.id}
    move = env["account.move"].create(
        {
            "move_type": "entry",
            "journal_id": journal.id,
            "partner_id": customer.id,
            "date": DAY,
            "line_ids": [
                (0, 0, {**common, "account_id": journal.default_account_id.id, "debit": 120}),
                (0, 0, {**common, "account_id": customer.property_account_receivable_id.id, "credit": 120}),
            ],
        }
    )
    move.action_post()
    return move


# -- copies ---------------------------------------------------------------------------------------------------------


def copy_prototype(cursor, table: str, prototype: int, source: str, columns: dict[str, str]) -> None:
    """Insert a copy of the prototype for each row of `source`, with these columns of its own (SQL expressions)."""
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position", (table,)
    )
    values = {name: columns.get(name, f"prototype.{name}") for (name,) in cursor.fetchall()}
    names = ", ".join(f'"{name}"' for name in values)
    cursor.execute(
        f"INSERT INTO {table} ({names}) SELECT {', '.join(values.values())}"
        f" FROM ({source}) s JOIN {table} prototype ON prototype.id = {prototype} ORDER BY s.id"
    )


def copies() -> dict[str, tuple[str, str, dict[str, str]]]:
    """For each kind of prototype: its table, what to copy it for, and what the copies have of their own."""
    partner = {
        "id": "s.id",
        "lang": "s.lang",
        "email": "s.email",
        "email_normalized": "s.email",
        "commercial_company_name": "s.customer_name",
    }
    company = {"name": "s.customer_name", "complete_name": "s.customer_name", "commercial_partner_id": "s.id"}
    contact = {
        "parent_id": "s.parent_id",
        "commercial_partner_id": "s.parent_id",
        "complete_name": "s.customer_name || ', ' || prototype.name",
    }
    kinds = {
        "customer": ("res_partner", "SELECT * FROM bench_customer", partner | company),
        "contact": ("res_partner", "SELECT * FROM bench_contact", partner | contact),
    }
    own = {"invoice": DOCUMENT, "refund": DOCUMENT, "payment": PAYMENT, "draft": DOCUMENT | DRAFT}
    for kind, columns in own.items():
        source = f"SELECT * FROM bench_document WHERE kind = '{kind}'"
        kinds[kind] = ("account_move", source, MOVE | columns)
        roles = "bank term" if kind == "payment" else "net tax term"
        for role in roles.split():
            source = (
                "SELECT i.*, m.name AS move_name FROM bench_item i JOIN account_move m ON m.id = i.move_id"
                f" WHERE i.kind = '{kind}' AND i.role = '{role}'"
            )
            kinds[f"{kind}_{role}"] = ("account_move_line", source, LINE | LINE_OF.get(f"{kind}_{role}", {}))
    return kinds


NAME = "SPLIT_PART(prototype.name, '/', 1) || '/' || EXTRACT(year FROM s.date) || '/' || LPAD(s.n::text, 7, '0')"
MOVE = {
    "id": "s.id",
    "name": NAME,
    "sequence_prefix": "SPLIT_PART(prototype.name, '/', 1) || '/' || EXTRACT(year FROM s.date) || '/'",
    "sequence_number": "s.n",
    "partner_id": "s.partner_id",
    "commercial_partner_id": "s.partner_id",
    "currency_id": "s.currency_id",
    "date": "s.date",
    "amount_total": "s.total",
    "amount_total_signed": "s.sign * s.total / s.rate",
    "amount_total_in_currency_signed": "s.sign * s.total",
}
PAYMENT = {
    "invoice_partner_display_name": "s.customer_name",
    "amount_total_signed": "s.total / s.rate",
    "amount_total_in_currency_signed": "s.total",
}
DOCUMENT = {
    "partner_shipping_id": "s.partner_id",
    "invoice_partner_display_name": "s.customer_name",
    "invoice_currency_rate": "s.rate",
    "invoice_date": "s.date",
    "invoice_date_due": "s.date_due",
    "payment_reference": NAME,
    "payment_state": "s.payment_state",
    # three of four were sent before, which gave them a token
    "access_token": "CASE WHEN s.n % 4 > 0 THEN MD5('token ' || s.id)::uuid::text END",
    "amount_untaxed": "5 * s.units",
    "amount_tax": "s.units",
    "amount_residual": "s.residual",
    "amount_untaxed_signed": "s.sign * 5 * s.units / s.rate",
    "amount_untaxed_in_currency_signed": "s.sign * 5 * s.units",
    "amount_tax_signed": "s.sign * s.units / s.rate",
    "amount_residual_signed": "s.sign * s.residual / s.rate",
}
UNNUMBERED = ("name", "sequence_prefix", "sequence_number", "payment_reference", "access_token")
DRAFT = {name: f"prototype.{name}" for name in UNNUMBERED}
LINE = {
    "id": "s.id",
    "move_id": "s.move_id",
    "move_name": "s.move_name",
    "partner_id": "s.partner_id",
    "currency_id": "s.currency_id",
    "date": "s.date",
    "invoice_date": "CASE WHEN s.kind <> 'payment' THEN s.date END",
    "debit": "GREATEST(s.balance, 0)",
    "credit": "GREATEST(-s.balance, 0)",
    "balance": "s.balance",
    "amount_currency": "s.amount_currency",
}
MATCHED = {
    "amount_residual": "s.balance - s.matched / s.rate",
    "amount_residual_currency": "s.amount_currency - s.matched",
    "reconciled": "s.amount_currency = s.matched",
    "full_reconcile_id": "s.full_id",
    "matching_number": "s.matching_number",
}
NET = {
    "price_unit": "ABS(s.amount_currency)",
    "price_subtotal": "ABS(s.amount_currency)",
    "price_total": "ABS(s.amount_currency) * 1.2",
}
TAX = {"tax_base_amount": "-5 * s.balance"}
LINE_OF = {
    "invoice_net": NET,
    "invoice_tax": {"tax_base_amount": "ABS(5 * s.balance)"},
    "invoice_term": {
        **MATCHED,
        "name": "s.move_name",
        "date_maturity": "s.date_maturity",
        "no_followup": "s.n % 200 = 7",
    },
    "draft_net": NET,
    "draft_tax": {"tax_base_amount": "ABS(5 * s.balance)"},
    "draft_term": {**MATCHED, "name": "prototype.name", "date_maturity": "s.date_maturity"},
    "refund_net": NET,
    "refund_tax": {"tax_base_amount": "ABS(5 * s.balance)"},
    "refund_term": {**MATCHED, "name": "s.move_name", "date_maturity": "s.date"},
    "payment_bank": {"amount_residual": "s.balance", "amount_residual_currency": "s.amount_currency"},
    "payment_term": MATCHED,
}

# What there will be; the last 500 invoices are the last customer's, and open. `units` is a sixth of a document, so that
# its net amount (5 × units), its tax (units), its instalments and the other currency (at 1.25) come out without rounding.
WORKING_TABLES = """
CREATE FUNCTION pg_temp.hash(number bigint, salt int, below int) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT ((c # (c >> 16)) %% below)::int
      FROM (SELECT (b # (b >> 15)) * 1103515245 & 4294967295 AS c
              FROM (SELECT ((number + 77 * salt) * 2146121005 + salt * 40503) & 4294967295 AS b) x) y $$;
CREATE TEMP TABLE bench_customer AS
    SELECT n, %(first_res_partner)s + n - 1 AS id, 'Customer ' || LPAD(n::text, 6, '0') AS customer_name,
           CASE WHEN pg_temp.hash(n, 1, 100) >= 2 THEN 'customer' || n || '@customers.example.com' END AS email,
           CASE WHEN pg_temp.hash(n, 2, 10) < 6 THEN 'fr_FR' ELSE 'en_US' END AS lang
      FROM generate_series(1, %(customers)s) n;
CREATE TEMP TABLE bench_contact AS
    SELECT n, %(first_res_partner)s + %(customers)s + n - 1 AS id, id AS parent_id, customer_name, lang,
           'invoices' || n || '@customers.example.com' AS email
      FROM bench_customer WHERE pg_temp.hash(n, 3, 10) < 3;
CREATE TEMP TABLE bench_choice AS
    SELECT n, CASE WHEN n > %(invoices)s - 500 THEN 99 ELSE pg_temp.hash(n, 4, 100) END AS fate,
           1 + pg_temp.hash(n, 5, 40) * (1 + pg_temp.hash(n, 6, 20)) AS units,
           CASE WHEN n > %(invoices)s - 500 THEN %(customers)s
                ELSE FLOOR(%(customers)s * POWER(pg_temp.hash(n, 7, 1000000) / 1000000.0, 2))::int + 1
            END AS customer,
           (ARRAY[1, 1, 1, 1, 1, 1, 1, 2, 2, 3])[1 + pg_temp.hash(n, 8, 10)] AS terms
      FROM generate_series(1, %(invoices)s) n;
CREATE TEMP TABLE bench_invoice AS
    SELECT n, fate, units, terms, %(first_res_partner)s + customer - 1 AS partner_id,
           CASE WHEN pg_temp.hash(customer, 9, 5) = 0 AND pg_temp.hash(n, 10, 4) = 0 THEN 1.25 ELSE 1 END AS rate,
           %(day)s::date - CASE WHEN fate < 60 THEN 30 + pg_temp.hash(n, 11, 700) ELSE pg_temp.hash(n, 11, 150) END
             AS date,
           CASE WHEN fate < 60 THEN 6 WHEN fate < 70 THEN CASE terms WHEN 3 THEN 3 ELSE 2 END ELSE 0 END * units
             AS paid
      FROM bench_choice;
CREATE TEMP TABLE bench_match AS
    SELECT %(first_account_partial_reconcile)s - 1 + ROW_NUMBER() OVER (ORDER BY n, part) AS id, m.*,
           CASE WHEN fate < 60 OR fate >= 70 THEN %(first_account_full_reconcile)s + n END AS full_id
      FROM (SELECT i.n, i.fate, i.rate, part, i.date,
                   LEAST(6 * i.units / i.terms, other.total - (part - 1) * 6 * i.units / i.terms)::numeric AS amount
              FROM bench_invoice i
             CROSS JOIN LATERAL (SELECT CASE WHEN fate IN (70, 71) THEN 6 * units ELSE paid END AS total) other
             CROSS JOIN generate_series(1, i.terms) part) m
     WHERE amount > 0;
CREATE UNIQUE INDEX ON bench_match (n, part);
CREATE TEMP TABLE bench_document AS
    SELECT %(first_account_move)s - 1 + ROW_NUMBER() OVER (ORDER BY kind, d.n) AS id, d.*, c.customer_name,
           CASE WHEN kind IN ('invoice', 'draft') THEN 1 ELSE -1 END AS sign,
           CASE WHEN rate = 1 THEN %(eur)s ELSE %(usd)s END AS currency_id,
           total - COALESCE(matched.amount, 0) AS residual,
           CASE WHEN matched.amount IS NULL THEN 'not_paid' WHEN matched.amount < total THEN 'partial'
                WHEN kind = 'invoice' AND fate IN (70, 71) THEN 'reversed' ELSE 'paid' END AS payment_state
      FROM (SELECT 'invoice' AS kind, n, n AS invoice, fate, partner_id, rate, units, date, terms,
                   date + 30 * terms AS date_due, 6 * units AS total
              FROM bench_invoice
            UNION ALL
            SELECT 'payment', n, n, fate, partner_id, rate, units, LEAST(%(day)s, date + 20 + pg_temp.hash(n, 12, 61)),
                   1, NULL, paid
              FROM bench_invoice WHERE paid > 0
            UNION ALL
            SELECT 'payment', n + %(invoices)s, NULL, fate, partner_id, rate, units,
                   %(day)s - pg_temp.hash(n, 13, 60), 1, NULL, units
              FROM bench_invoice WHERE pg_temp.hash(n, 14, 100) < 1
            UNION ALL
            SELECT 'refund', n, n, fate, partner_id, rate, units, LEAST(%(day)s, date + 10), 1,
                   LEAST(%(day)s, date + 10), 6 * units
              FROM bench_invoice WHERE fate IN (70, 71)
            UNION ALL
            SELECT 'refund', n + %(invoices)s, NULL, fate, partner_id, rate, 1 + units / 4,
                   %(day)s - pg_temp.hash(n, 15, 90), 1, %(day)s - pg_temp.hash(n, 15, 90), 6 * (1 + units / 4)
              FROM bench_invoice WHERE pg_temp.hash(n, 16, 200) < 3
            UNION ALL
            SELECT 'draft', n, NULL, fate, partner_id, rate, units, %(day)s - pg_temp.hash(n, 17, 9), 1,
                   %(day)s - pg_temp.hash(n, 17, 9) + 30, 6 * units
              FROM bench_invoice WHERE pg_temp.hash(n, 17, 100) < 3) d
      JOIN bench_customer c ON c.id = d.partner_id
      LEFT JOIN (SELECT n, SUM(amount) AS amount FROM bench_match GROUP BY n) matched ON matched.n = d.invoice;
CREATE UNIQUE INDEX ON bench_document (kind, n);
CREATE TEMP TABLE bench_item AS
    SELECT %(first_account_move_line)s - 1 + ROW_NUMBER() OVER (ORDER BY d.id, role, part) AS id, d.id AS move_id,
           l.role, l.part, d.kind, d.n, d.invoice, d.partner_id, d.currency_id, d.rate, d.date,
           d.date + 30 * part AS date_maturity, l.amount_currency, l.amount_currency / d.rate AS balance,
           0::numeric AS matched, NULL::int AS full_id, NULL::text AS matching_number
      FROM bench_document d
     CROSS JOIN LATERAL (
           SELECT 'term' AS role, part, d.sign * d.total::numeric / d.terms AS amount_currency
             FROM generate_series(1, d.terms) part
            UNION ALL
           SELECT 'net', 0, - d.sign * 5 * d.units WHERE d.kind <> 'payment'
            UNION ALL
           SELECT 'tax', 0, - d.sign * d.units WHERE d.kind <> 'payment'
            UNION ALL
           SELECT 'bank', 0, d.total WHERE d.kind = 'payment') l;
CREATE INDEX ON bench_item (invoice) WHERE role = 'term';
UPDATE bench_item i SET matched = m.amount, full_id = m.full_id, matching_number = COALESCE(m.full_id::text, 'P' || m.first)
  FROM (SELECT n, part, amount, full_id, MIN(id) OVER (PARTITION BY n) AS first FROM bench_match) m
 WHERE i.kind = 'invoice' AND i.role = 'term' AND i.invoice = m.n AND i.part = m.part;
UPDATE bench_item i SET matched = - m.amount, full_id = m.full_id, matching_number = COALESCE(m.full_id::text, 'P' || m.first)
  FROM (SELECT n, SUM(amount) AS amount, MIN(full_id) AS full_id, MIN(id) AS first FROM bench_match GROUP BY n) m
 WHERE i.kind <> 'invoice' AND i.role = 'term' AND i.invoice = m.n;
INSERT INTO account_full_reconcile (id, create_uid, create_date, write_uid, write_date)
SELECT DISTINCT full_id, 1, %(day)s::timestamp, 1, %(day)s::timestamp FROM bench_match WHERE full_id IS NOT NULL ORDER BY 1
"""

MATCHES = """
INSERT INTO account_partial_reconcile (id, debit_move_id, credit_move_id, full_reconcile_id, debit_currency_id,
            credit_currency_id, company_id, max_date, amount, debit_amount_currency, credit_amount_currency,
            create_uid, create_date, write_uid, write_date)
SELECT m.id, d.id, c.id, m.full_id, d.currency_id, c.currency_id, %(company)s, GREATEST(d.date, c.date), m.amount / m.rate,
       m.amount, m.amount, 1, %(day)s::timestamp, 1, %(day)s::timestamp
  FROM bench_match m
  JOIN bench_item d ON d.kind = 'invoice' AND d.role = 'term' AND d.invoice = m.n AND d.part = m.part
  JOIN bench_item c ON c.kind <> 'invoice' AND c.role = 'term' AND c.invoice = m.n
 ORDER BY m.id;
INSERT INTO account_move_line_account_tax_rel (account_move_line_id, account_tax_id)
SELECT id, %(tax)s FROM bench_item WHERE role = 'net'
"""
