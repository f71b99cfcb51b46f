"""What the replay does inside Odoo; runs in a process of its own, see demo_registry.py."""

from odoo import Command

import demo_steps

BATCH = 500
# Every amount of the file as it is.
QUICKLY = {"tracking_disable": True, "mail_create_nolog": True, "mail_create_nosubscribe": True, "mail_notrack": True}


def load(env, invoices: list[dict], smtp_port: int) -> dict:
    """Post the invoices, and the payments of those that have one.

    :param invoices: customer, number, invoiced, due, amount, settled (a day, or nothing)
    :return: what :func:`demo_steps.send_to_sink` returns, and the aged balance
    """
    company = env.ref("base.main_company")
    env = env(context={**QUICKLY, "allowed_company_ids": company.ids, "lang": "en_US"})
    customers = _customers(env, invoices)
    moves = post(env, [invoice_values(invoice, customers[invoice["customer"]]) for invoice in invoices])
    paid = [(invoice, move) for invoice, move in zip(invoices, moves, strict=True) if invoice["settled"]]
    bank = env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)
    payments = post(env, [_payment(invoice, move, bank) for invoice, move in paid])
    _match(env, [move | payment for (_invoice, move), payment in zip(paid, payments, strict=True)])
    company.email = "billing@creditor.example.com"
    opened = demo_steps.send_to_sink(env, company.id, smtp_port)
    return {**opened, "currency": company.currency_id.name, **_aged_balance(env, company)}


def _customers(env, invoices: list[dict]) -> dict:
    names = sorted({invoice["customer"] for invoice in invoices})
    partners = env["res.partner"].create(
        [
            {"name": name, "is_company": True, "email": f"customer{number}@example.com"}
            for number, name in enumerate(names, 1)
        ]
    )
    return dict(zip(names, partners, strict=True))


def invoice_values(invoice: dict, partner) -> dict:
    """A negative amount is a credit note."""
    return {
        "move_type": "out_invoice" if invoice["amount"] >= 0 else "out_refund",
        "partner_id": partner.id,
        "ref": invoice["number"],
        "invoice_date": invoice["invoiced"],
        "invoice_date_due": invoice["due"],
        "invoice_payment_term_id": False,
        "invoice_line_ids": [
            Command.create({"name": invoice["number"], "price_unit": abs(invoice["amount"]), "tax_ids": []})
        ],
    }


def _payment(invoice: dict, move, bank) -> dict:
    """An entry of the bank that settles the invoice."""
    receivable = _receivable(move)
    common = {"partner_id": move.partner_id.id, "name": invoice["number"]}
    return {
        "move_type": "entry",
        "journal_id": bank.id,
        "date": invoice["settled"],
        "line_ids": [
            Command.create({**common, "account_id": receivable.account_id.id, "balance": -receivable.balance}),
            Command.create({**common, "account_id": bank.default_account_id.id, "balance": receivable.balance}),
        ],
    }


def post(env, values: list[dict]):
    """The entries in the order of `values`, posted; in batches, because a transaction's cache grows."""
    moves = env["account.move"]
    for start in range(0, len(values), BATCH):
        batch = moves.create(values[start : start + BATCH])
        batch.action_post()
        moves |= batch
    return moves


def _match(env, pairs: list) -> None:
    for start in range(0, len(pairs), BATCH):
        env["account.move.line"]._reconcile_plan([_receivable(pair) for pair in pairs[start : start + BATCH]])


def _receivable(moves):
    return moves.line_ids.filtered(lambda line: line.account_type == "asset_receivable")


def _aged_balance(env, company) -> dict:
    """Per bucket, customers, items and amount, as the open items say it; and the total."""
    OpenItem = env["credit.open.item"]
    names = dict(OpenItem._fields["bucket"]._description_selection(env))
    groups = OpenItem._read_group(
        [("company_id", "=", company.id)],
        ["bucket"],
        ["partner_id:count_distinct", "__count", "amount_residual:sum"],
    )
    found = {bucket: [customers, count, amount] for bucket, customers, count, amount in groups}
    buckets = [[names[bucket], *found[bucket]] for bucket in names if bucket in found]
    return {"buckets": buckets, "total": sum(amount for *_bucket, amount in buckets)}
