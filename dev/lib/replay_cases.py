"""What a real ledger has and the file of a history has not: one case per customer, see :data:`CASES`.

Inside Odoo, on the day of the first night.
"""

from datetime import timedelta

from odoo import Command, fields

import replay_steps

ADDRESS = {"street": "1 High Street", "zip": "10001", "city": "New York"}
CUTOFF_DAYS = 365
RATE = 0.8


def add(env, company: int) -> list[list]:
    """Give the customers who would be reminded next a case each, as far as they reach; return the cases with them."""
    owner = env["res.company"].browse(company)
    env = env(context={**replay_steps.QUICKLY, "allowed_company_ids": [company], "tz": owner._dunning_tz()})
    items = env["credit.open.item"].search([("chase_state", "in", ("chase", "not_live"))], order="date_maturity, id")
    found = list(zip(CASES, items.partner_id, strict=False))
    for (_title, case), customer in found:
        case(customer, customer._followup_profile(owner), fields.Date.context_today(env["res.company"]))
    return [[title, customer.name] for (title, _case), customer in found]


def _letter(customer, _profile, _day):
    customer.write({"email": False, **ADDRESS})


def _unreachable(customer, _profile, _day):
    customer.email = False


def _blacklisted(customer, _profile, _day):
    customer.env["mail.blacklist"]._add(customer.email)


def _paused(_customer, profile, day):
    profile.write({"paused_until": day + timedelta(days=30), "pause_reason": "Promised to pay"})


def _insolvent(_customer, profile, day):
    profile.insolvency_date = day


def _confirmed(_customer, profile, _day):
    profile.always_confirm = True


def _two_currencies(customer, _profile, day):
    company = customer.env.company
    currency = customer.env.ref("base.GBP" if company.currency_id.name == "EUR" else "base.EUR")
    currency.active = True
    rate = {"currency_id": currency.id, "company_id": company.id, "name": day - timedelta(days=900), "rate": RATE}
    customer.env["res.currency.rate"].create(rate)
    _bill(customer, day - timedelta(days=10), currency_id=currency.id)


def _paid_on_the_bank(customer, _profile, day):
    items = customer.env["credit.open.item"].search([("partner_id", "=", customer.id)])
    customer.env["account.bank.statement.line"].create(
        {
            "journal_id": customer.env["account.journal"].search([("type", "=", "bank")], limit=1).id,
            "date": day,
            "payment_ref": "Transfer received",
            "partner_id": customer.id,
            "amount": sum(items.mapped("claimable_company")),
        }
    )


def _old_debt(customer, _profile, day):
    _bill(customer, day - timedelta(days=2 * CUTOFF_DAYS))


def _opening_balance(customer, _profile, day):
    """Two receivables by journal entry; one of them is to be chased."""
    account = customer.property_account_receivable_id
    due = day - timedelta(days=20)
    lines = [
        {"name": name, "account_id": account.id, "partner_id": customer.id, "debit": 100, "date_maturity": due}
        for name in ("Opening 1", "Opening 2")
    ]
    income = customer.env["account.account"].search([("account_type", "=", "income")], limit=1)
    journal = customer.env["account.journal"].search([("type", "=", "general")], limit=1)
    counterpart = {"account_id": income.id, "credit": 200}
    entry = {"move_type": "entry", "journal_id": journal.id, "date": due - timedelta(days=30)}
    move = replay_steps.post(
        customer.env, [{**entry, "line_ids": [Command.create(line) for line in (*lines, counterpart)]}]
    )
    customer.env["credit.open.item"].search([("move_id", "=", move.id)], limit=1).action_chase()


def _reminded(position, days_late):
    """A case: another tool has sent the scenario's letter of that position, ten days before today's level is due."""

    def case(customer, _profile, day):
        customer.write(ADDRESS)
        move = _bill(customer, day - timedelta(days=days_late))
        letters = customer.env.company.followup_scenario_id.level_ids.filtered(
            lambda level: level.day > 0 and level.channel != "call"
        )
        level = letters.sorted("day")[position]
        customer.env["credit.opening"].create(
            {"number": move.name, "level": str(level.id), "reached_on": day - timedelta(days=40), "reason": "Old tool"}
        )

    return case


def _bill(customer, due, **values):
    invoice = {"number": "", "amount": 240.0, "invoiced": due - timedelta(days=30), "due": due}
    move = replay_steps.post(customer.env, [{**replay_steps.invoice_values(invoice, customer), **values}])
    return move


CASES = [
    ("no e-mail, but a postal address", _letter),
    ("neither e-mail nor address", _unreachable),
    ("on the e-mail blacklist", _blacklisted),
    ("paused", _paused),
    ("insolvent", _insolvent),
    ("always to be confirmed", _confirmed),
    ("owes in two currencies", _two_currencies),
    ("a bank line not reconciled covers it", _paid_on_the_bank),
    ("a debt from before the cut-off day", _old_debt),
    ("an opening balance by journal entry", _opening_balance),
    ("one reminder sent by another tool", _reminded(0, 45)),
    ("all but the formal notice sent by another tool", _reminded(-2, 75)),
]
