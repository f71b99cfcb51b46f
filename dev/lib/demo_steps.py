"""What the demo and the replay do inside Odoo; each function runs in a process of its own, see demo_registry.py."""

from collections import defaultdict
from pathlib import Path

from odoo import fields
from odoo.tools import format_amount

# Calls home, and would only confuse a demo.
UNWANTED_CRONS = ["mail.ir_cron_module_update_notification"]

# What format_amount puts in to keep an amount on one line; a terminal shows it as it likes.
INVISIBLE = {ord("\N{NO-BREAK SPACE}"): " ", ord("\N{ZERO WIDTH NO-BREAK SPACE}"): None}


def demo_is_loaded(env) -> bool:
    """Odoo only warns when demo data cannot be loaded."""
    addons = env["ir.module.module"].search([("name", "=like", "credit_collection%"), ("state", "=", "installed")])
    return all(addon.demo for addon in addons)


def open_demo(env, smtp_port: int) -> dict:
    """Make the demo company the administrator's, switch its scenarios on, and send its mails to the sink."""
    company = env.ref("credit_collection.demo_company")
    env.ref("base.user_admin").company_id = company
    for xmlid in UNWANTED_CRONS:
        env.ref(xmlid).active = False
    # What Odoo's own demo data wants to mail would stand among the reminders.
    env["mail.mail"].search([("state", "=", "outgoing")]).cancel()
    # The hourly sending would meet the nightly run that is about to start.
    env.ref("credit_collection.ir_cron_send").nextcall = fields.Datetime.add(fields.Datetime.now(), hours=1)
    return switch_on(env, company.id, smtp_port)


def switch_on(env, company: int, smtp_port: int) -> dict:
    """Let a company's scenarios send, to the sink; return what :func:`send_to_sink` returns."""
    env["credit.dunning.scenario"].search([("company_id", "=", company)]).action_switch_on()
    return send_to_sink(env, company, smtp_port)


def send_to_sink(env, company: int, smtp_port: int) -> dict:
    """Let all mails go to the sink; return the company and the day its reminders may leave."""
    env["ir.mail_server"].search([]).active = False
    env["ir.mail_server"].create(
        {"name": "Sink", "smtp_host": "127.0.0.1", "smtp_port": smtp_port, "smtp_encryption": "none"}
    )
    owner = env["res.company"].browse(company)
    today = owner._dunning_today()
    return {
        "company": company,
        "name": owner.name,
        "today": str(today),
        "run_day": str(owner._dunning_working_day(today)),
    }


def night(env, company: int) -> dict:
    """The nightly run; return what went out and what did not, as :func:`went_out` and :func:`stayed` put it."""
    before = env["credit.collection.action"].search([], order="id desc", limit=1).id or 0
    env["credit.dunning.scenario"]._cron_dunning()
    env.invalidate_all()
    env = env(context={"allowed_company_ids": [company], "lang": "en_US"})
    actions = env["credit.collection.action"].search([("id", ">", before), ("company_id", "=", company)])
    return {"went_out": went_out(actions), "stayed": stayed(env, company)}


def documents(env, company: int, folder: str) -> list[str]:
    """Print today's letters with what goes with them, a statement of account, and all of them as a workbook; return
    the names of the files."""
    env = env(context={"allowed_company_ids": [company], "lang": "en_US"})
    waiting = env["credit.collection.action"].search([("company_id", "=", company), ("state", "=", "to_print")])
    printer, statement = env["credit.dunning.printer"], env["credit.statement"]
    owner, two_currencies = env["res.company"].browse(company), env.ref("credit_collection.demo_partner_harbour")
    everybody = [
        (profile.partner_id, owner) for profile in env["credit.profile"].search([("company_id", "=", company)])
    ]
    files = {
        "letters.pdf": printer._merge(printer._print(waiting)).raw,
        "statement.pdf": statement._pdf_of_all([(two_currencies, owner)]),
        "statements.xlsx": statement._xlsx(statement._with_open_items(everybody, False)),
    }
    for name, content in files.items():
        (Path(folder) / name).write_bytes(content)
    return list(files)


def went_out(actions) -> list[list]:
    """Per level and outcome: customers, items, amount claimed per currency; in the order of the levels."""
    states = dict(actions._fields["state"]._description_selection(actions.env))
    groups = actions.grouped(lambda action: (action.level_id.scenario_id, action.level_id, action.state))
    rows = []
    for (scenario, level, state), mine in sorted(groups.items(), key=lambda group: _rank(*group[0])):
        claimed = mine.line_ids.filtered(lambda line: line.kind == "claimed" and line.state != "void")
        climbing = mine.line_ids.filtered(lambda line: line.level_id and line.state != "void")
        listed = claimed | climbing
        reasons = ", ".join(sorted({action.reason for action in mine if action.reason}))
        outcome = f"{states[state]}: {reasons}" if reasons else states[state]
        rows.append([scenario.name, level.name, len(mine), len(listed), amounts(listed, "amount"), outcome])
    return rows


def stayed(env, company: int) -> list[list]:
    """Per reason: items, amount per currency, and the sentence of the first such item."""
    items = env["credit.open.item"].search([("company_id", "=", company), ("chase_state", "!=", "prepared")])
    states = dict(items._fields["chase_state"]._description_selection(env))
    groups = items.grouped("chase_state")
    return [
        [
            states[state],
            len(groups[state].partner_id),
            len(groups[state]),
            amounts(groups[state], "amount_residual_currency"),
            f"{groups[state][0].partner_id.name}: {groups[state][0].chase_sentence}",
        ]
        for state in states
        if state in groups
    ]


def _rank(scenario, level, state) -> tuple:
    return scenario.sequence, scenario.id, level.day, level.sequence, state


def amounts(records, field: str) -> str:
    totals = defaultdict(float)
    for record in records:
        totals[record.currency_id] += record[field]
    amounts = (format_amount(records.env, total, currency) for currency, total in totals.items())
    return " + ".join(sorted(amounts)).translate(INVISIBLE)
