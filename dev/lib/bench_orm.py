"""Does the ORM agree with a ledger made by SQL? It recomputes what it stores for a sample."""

SAMPLE = 200
STORED = {
    "res.partner": [
        "commercial_company_name",
        "commercial_partner_id",
        "complete_name",
        "email_normalized",
        "partner_share",
    ],
    "account.move": [
        *("amount_residual", "amount_residual_signed", "amount_tax", "amount_tax_signed", "amount_total"),
        *("amount_total_in_currency_signed", "amount_total_signed", "amount_untaxed", "amount_untaxed_signed"),
        *("amount_untaxed_in_currency_signed", "commercial_partner_id", "invoice_currency_rate"),
        *("invoice_partner_display_name", "payment_state", "sequence_number", "sequence_prefix"),
    ],
    "account.move.line": [
        *(
            "amount_residual",
            "amount_residual_currency",
            "company_currency_id",
            "company_id",
            "credit",
            "date",
            "debit",
        ),
        *("invoice_date", "journal_id", "move_name", "parent_state", "reconciled"),
    ],
    "sale.order": ["amount_tax", "amount_total", "amount_untaxed", "currency_rate", "invoice_status"],
    "sale.order.line": [
        *("currency_id", "invoice_status", "order_partner_id", "price_reduce_taxexcl", "price_reduce_taxinc"),
        *("price_subtotal", "price_tax", "price_total", "qty_delivered", "qty_invoiced", "qty_to_invoice", "state"),
        *("untaxed_amount_invoiced", "untaxed_amount_to_invoice"),
    ],
    "account.partial.reconcile": ["company_id", "credit_currency_id", "debit_currency_id", "max_date"],
}


def differences(env) -> list[str]:
    """What the ORM would store otherwise, in words; empty when it agrees."""
    found = []
    for model, names in STORED.items():
        records = sample(env[model])
        before = {record.id: record.read(names, load=None)[0] for record in records}
        for name in names:
            env.add_to_compute(records._fields[name], records)
        for record in records:
            after = record.read(names, load=None)[0]
            found += [
                f"{model} {record.id}: {name} is {before[record.id][name]!r}, the ORM says {after[name]!r}"
                for name in names
                if after[name] != before[record.id][name]
            ]
    return found + unbalanced(env) + differently_matched(env)


def sample(model):
    """The same records each time, from all over the table."""
    model.env.cr.execute(f"SELECT id FROM {model._table} ORDER BY MD5(id::text) LIMIT {SAMPLE}")
    return model.browse(row[0] for row in model.env.cr.fetchall())


def unbalanced(env) -> list[str]:
    env.cr.execute("SELECT move_id FROM account_move_line GROUP BY move_id HAVING SUM(balance) <> 0 LIMIT 10")
    return [f"account.move {move} is not balanced" for (move,) in env.cr.fetchall()]


def differently_matched(env) -> list[str]:
    """Matching numbers come from the graph of matches, not from a compute method."""
    partials = sample(env["account.partial.reconcile"])
    lines = partials.debit_move_id | partials.credit_move_id
    before = {line: line.matching_number for line in lines}
    partials._update_matching_number(lines)
    return [
        f"account.move.line {line.id}: matching_number is {before[line]!r}, the ORM says {line.matching_number!r}"
        for line in lines
        if line.matching_number != before[line]
    ]
