"""Installing, upgrading and uninstalling the addons leave core data as it was, see dev/test --installation.

python dev/lib/installation.py      after `. dev/setup.sh`

A copy of the template with Inventory gets a small ledger, then the addon and with it all its bridges; from there one
copy is uninstalled unused, another after it was used. Between the steps the whole database is read, and what differs is
told in sentences: every difference that no rule below allows is a finding. The last line is `N passed, N failed`.
"""

import argparse
import json
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psycopg2

import database
import demo_registry
import odoo_server

ADDON = odoo_server.ADDON
ADDONS = set(odoo_server.project_addons())  # with its bridges, which Odoo installs and removes with it
PREFIX = "cc_install_"
EXAMPLES = 3  # rows named in one sentence
SIGNALLING = "orm_signaling_"  # count up with every change of a registry, for the other workers to notice

# ---------------------------------------------------------------------------------------------------------------------
# The data
# ---------------------------------------------------------------------------------------------------------------------


def make_core_data(env) -> None:
    """Two companies with a ledger each: invoices, payments, a credit note, an order delivered in part, a quotation, people
    and what they saved."""
    from odoo import Command, fields

    # The list of apps as Apps > Update Apps List leaves it.
    env["ir.module.module"].update_list()
    home = env.ref("base.main_company")
    second = env["res.company"].create({"name": "Second Company", "currency_id": env.ref("base.EUR").id})
    env["stock.warehouse"].create({"name": "Second Warehouse", "code": "W2", "company_id": second.id})
    today = fields.Date.today()
    env["ir.mail_server"].create({"name": "Nowhere", "smtp_host": odoo_server.HOST, "smtp_port": 9})
    for company in home + second:
        env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
        company.email = f"billing@company{company.id}.example.com"
        company.resource_calendar_id = False  # every day is a working day
    salesperson = new_user(env, "salesperson", home + second, "sales_team.group_sale_salesman")
    new_user(env, "collector", home + second, "account.group_account_user")
    for company in home + second:
        env_of = env(context={**env.context, "allowed_company_ids": company.ids})
        customers = env_of["res.partner"].create(
            [
                {
                    "name": f"Customer {number}",
                    "email": f"customer{number}@example.com",
                    "is_company": True,
                    "street": f"{number} Main Street",
                    "city": "Springfield",
                }
                for number in range(1, 7)
            ]
        )
        customers[0].child_ids = [Command.create({"name": "Purchasing", "type": "invoice", "email": "p@example.com"})]
        customers[1].lang = "fr_FR"
        customers[5].write({"email": False, "city": False})
        product = env_of["product.product"].create({"name": "Goods", "list_price": 100.0})
        order, _quotation = env_of["sale.order"].create(
            [
                {
                    "partner_id": customers[0].id,
                    "user_id": salesperson.id,
                    "order_line": [Command.create({"product_id": product.id, "product_uom_qty": 3})],
                }
            ]
            * 2
        )
        order.action_confirm()
        # Two of three; a delivery of the third remains.
        order.picking_ids.move_ids.write({"quantity": 2, "picked": True})
        order.picking_ids._action_done()
        invoices = order._create_invoices()
        invoices.invoice_date = today
        for customer in customers:
            for late in (-20, 5, 40):
                invoices |= new_invoice(env_of, customer, product, today - timedelta(days=late))
        invoices.action_post()
        credit_note = new_invoice(env_of, customers[1], product, today, "out_refund")
        credit_note.action_post()
        draft = new_invoice(env_of, customers[2], product, today)
        draft.message_post(body="Not yet approved")
        by_customer = invoices.grouped("partner_id")
        paid, partly_paid = by_customer[customers[2]][0], by_customer[customers[3]][0]
        for move, amount in ((paid, paid.amount_total), (partly_paid, 10.0)):
            wizard = env_of["account.payment.register"].with_context(active_model="account.move", active_ids=move.ids)
            wizard.create({"amount": amount})._create_payments()
        env_of["account.payment"].create({"partner_id": customers[4].id, "amount": 25.0}).action_post()
        # As "Send & Print" leaves it, without the seconds that printing takes.
        for invoice in invoices:
            env_of["ir.attachment"].create(
                {
                    "name": f"{invoice.name.replace('/', '_')}.pdf",
                    "raw": b"%PDF-1.4 " + invoice.name.encode(),
                    "res_model": invoice._name,
                    "res_id": invoice.id,
                    "res_field": "invoice_pdf_report_file",
                }
            )
        customers[0].activity_schedule("mail.mail_activity_data_todo", summary="Ask for a new order")
        invoices[0].message_subscribe(salesperson.partner_id.ids)


def new_user(env, login: str, companies, group: str):
    from odoo import Command

    return (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create(
            {
                "name": login.capitalize(),
                "login": login,
                "email": f"{login}@company.example.com",
                "company_id": companies[0].id,
                "company_ids": [Command.set(companies.ids)],
                "group_ids": [Command.link(env.ref(group).id)],
            }
        )
    )


def new_invoice(env, customer, product, due, move_type: str = "out_invoice"):
    from odoo import Command

    return env["account.move"].create(
        {
            "move_type": move_type,
            "partner_id": customer.id,
            "invoice_date": due - timedelta(days=30),
            "invoice_date_due": due,
            "invoice_payment_term_id": False,
            "invoice_line_ids": [Command.create({"product_id": product.id, "price_unit": 100.0})],
        }
    )


def use(env) -> dict[str, int]:
    """A company's first weeks with the addon, without a mail server. Returns how much of what was made."""
    from odoo import Command, fields

    mailer = env.registry["credit.dunning.mailer"]
    handed_over = []
    # Without the seconds that printing takes, and the server it would need.
    env.registry["credit.statement"]._pdf = lambda statement, pairs, day=False: dict.fromkeys(pairs, b"%PDF")
    env.registry["credit.dunning.printer"]._pages = lambda printer, letters, words: dict.fromkeys(letters.ids, b"%PDF")
    mailer._live_session = lambda mailer, session, sender: None
    mailer._hand_over = lambda mailer, session, mail: handed_over.append(mail)
    home = env.ref("base.main_company")
    today = fields.Date.today()
    collector = env["res.users"].search([("login", "=", "collector")])
    collector.group_ids = [Command.link(env.ref(f"{ADDON}.{ADDON}_group_user").id)]
    env["res.company"].search([]).followup_scenario_id.live = True
    levels = home.followup_scenario_id.level_ids.sorted("day")
    letter1 = levels.filtered(lambda level: level.day == 3)
    OpenItem = env["credit.open.item"].with_company(home)
    old = OpenItem.search([("company_id", "=", home.id), ("days_overdue", ">", 30)])
    env["credit.collection.action"]._set_level(old, letter1, "before this addon", today - timedelta(days=12))
    env["credit.opening"].with_company(home).create({"number": old[0].move_name, "level": str(letter1.id)})
    env["credit.dunning.scenario"]._cron_dunning()
    env["credit.dunning.scenario"]._cron_dunning()
    as_collector = env(user=collector.id, context={"allowed_company_ids": home.ids})
    profiles = as_collector["credit.profile"].search([("company_id", "=", home.id)])
    profile = profiles[0]
    profile.write({"paused_until": today + timedelta(days=5), "pause_reason": "Promised by phone"})
    profile.write({"collector_id": collector.id, "always_confirm": True})
    profile.message_subscribe(collector.partner_id.ids)
    letter = [("letter.txt", b"Dear Sir")]
    profile.message_post(body="They pay on Friday.", attachments=letter, partner_ids=collector.partner_id.ids)
    profile.activity_schedule("mail.mail_activity_data_todo", summary="Ring again")
    profile.sudo().message_update({"from": "customer1@example.com"})
    profile.action_write_message()
    excluded = as_collector["credit.open.item"].search([("partner_id", "=", profiles[1].partner_id.id)], limit=1)
    as_collector["credit.exclusion"].with_context(active_ids=excluded.ids).create(
        {"date_until": today + timedelta(days=9), "reason": "The goods came late"}
    ).action_apply()
    as_collector["credit.dunning.preview"].create({})
    Action = env["credit.collection.action"]
    bounced = Action.search([("state", "=", "sent"), ("channel", "=", "email")], limit=1)
    bounced._void_bounced(bounced.email_to)
    Action.search([("state", "=", "to_do")], limit=1)._record_call("reached", "They pay on Friday.")
    letter = print_letter(as_collector, profiles[3])
    claims = claim_late_payment(env, home)
    requests = control_credit(env, home)
    promise, disputes = promise_and_dispute(as_collector, profiles[5])
    statements = as_collector["credit.statement.wizard"].with_context(
        active_model="credit.profile", active_ids=profiles.ids
    )
    workbook = statements.create({"file_format": "xlsx"})
    workbook.action_download()
    # What people make themselves, on top of what is shipped.
    home.followup_scenario_id.level_ids = [
        Command.create({"name": "Lawyer", "channel": "call", "anchor_level_id": letter1.id, "delay_days": 90})
    ]
    profiles[2].sudo().scenario_id = env.ref(f"{ADDON}.scenario_good_customers")
    env["ir.exports"].create({"name": "Mine", "resource": "credit.open.item"})
    as_collector["ir.filters"].create({"name": "Mine", "model_id": "credit.open.item", "user_ids": [collector.id]})
    env["ir.default"].set("credit.profile", "always_confirm", True)
    env.cr.commit()
    attached = env["ir.attachment"].search_count([("res_model", "=", "credit.collection.action")])
    return {
        "mails handed over": len(handed_over),
        "actions sent": Action.search_count([("state", "=", "sent")]),
        "actions failed": Action.search_count([("state", "=", "failed")]),
        "letters printed": int(letter.state == "sent" and bool(letter.letter_id)),
        "claims settled": len(claims) - len(claims.filtered("is_open")),
        "orders held": env["sale.order"].search_count([("followup_credit_state", "in", ("hold", "refused"))]),
        "promises noted": len(promise),
        "disputes open": len(disputes.filtered(lambda dispute: dispute.state == "open")),
        "credit notes proposed": len(disputes.credit_move_ids),
        "reasons noted": len(disputes.line_ids.move_line_id.followup_late_reason_id),
        "credit requests decided": len(requests.filtered("decided_on")),
        "statements downloaded": int(bool(workbook.file)),
        "rows of the situation at the start": env["credit.opening"].search_count([]),
        "actions void": Action.search_count([("state", "=", "void")]),
        "invoices attached to a reminder": attached,
        "mails in collection files": env["mail.message"].search_count([("model", "=", "credit.profile")]),
        "activities in collection files": env["mail.activity"].search_count([("res_model", "=", "credit.profile")]),
        "followers of collection files": env["mail.followers"].search_count([("res_model", "=", "credit.profile")]),
        "log notes on invoices": env["mail.message"].search_count(
            [("model", "=", "account.move"), ("body", "ilike", "credit.collection.action")]
        ),
    }


def print_letter(env, profile):
    """Write to a customer on paper; return the letter."""
    letter = env["credit.collection.action"].browse(profile.action_write_message()["res_id"])
    letter.write({"subject": "Your account", "body": "<p>Please find it below.</p>"})
    letter.action_by_letter()
    letter.action_confirm()
    letter.action_print()
    return letter


def promise_and_dispute(env, profile):
    """A customer promises what it owes and contests a part of each item; return the promise and the disputes, one of them
    founded and to be credited."""
    from odoo import fields

    items = profile.item_ids.filtered(lambda item: item.amount_residual_currency > 0)
    deadline = fields.Date.today() + timedelta(days=15)
    promise = env["credit.promise"]._promise(items, deadline)
    price = env.ref(f"{ADDON}.credit_late_reason_price")
    disputes = [env["credit.dispute"]._open({item: 10.0}, price, env.user, deadline, "Too dear") for item in items[:2]]
    disputes[0].action_close("founded", resolution="They are right.")
    return promise, env["credit.dispute"].union(*disputes)


def claim_late_payment(env, company):
    """Claim interest and indemnities of what is late; return the claims: one waived, one paid, one invoiced."""
    from odoo import fields

    env["credit.interest.policy"].create(
        {"name": "Ours", "company_id": company.id, "basis": "contract", "contract_rate": 9.0, "indemnity_amount": 40.0}
    )
    accounts = env["account.account"]
    income = [*accounts._check_company_domain(company), ("account_type", "=", "income")]
    company.followup_charge_account_id = accounts.search(income, limit=1)
    late = env["credit.open.item"].search([("company_id", "=", company.id), ("days_overdue", ">", 0)])
    claims = env["credit.late.claim"]._claim(late.move_line_id, fields.Date.today())
    waived, invoiced, paid = claims.sorted("kind")[:2] + claims.sorted("kind")[-1]
    waived.action_waive("Our own delay")
    invoiced.action_invoice()
    paid.action_record_payment(paid.amount_residual)
    return claims


def control_credit(env, company):
    """Hold a customer; a salesperson confirms and asks in vain for the order, then for a limit; return the requests."""
    home = env(context={**env.context, "allowed_company_ids": company.ids})
    quotation = home["sale.order"].search([("state", "=", "draft"), ("company_id", "=", company.id)], limit=1)
    customer = quotation.partner_id.commercial_partner_id
    hold = home["credit.hold"].create(
        {"partner_id": customer.id, "company_id": company.id, "reason": "Cheque returned unpaid"}
    )
    quotation.with_user(quotation.user_id).action_followup_confirm()
    common = {"partner_id": customer.id, "company_id": company.id, "currency_id": company.currency_id.id}
    release, limit = home["credit.request"].create(
        [
            {**common, "kind": "release", "order_id": quotation.id, "reason": "They pay tomorrow."},
            {**common, "kind": "limit", "new_limit": 4000.0, "reason": "They order more now."},
        ]
    )
    release.action_refuse("Not before the cheque is good.")
    limit.action_approve()
    hold.date_to = hold.date_from
    return release | limit


def uninstall(env) -> None:
    """As the Uninstall button of the list of apps does."""
    env["ir.module.module"].search([("name", "=", ADDON)]).button_immediate_uninstall()


# ---------------------------------------------------------------------------------------------------------------------
# Reading a database
# ---------------------------------------------------------------------------------------------------------------------

SCHEMA = """
    SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' WHEN 'S' THEN 'sequence' ELSE 'table' END,
           c.relname, CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) ELSE '' END
      FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
     UNION ALL
    SELECT 'column', c.relname || '.' || a.attname,
           concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NOT NULL' END,
                     pg_get_expr(d.adbin, d.adrelid))
      FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
     UNION ALL
    SELECT 'index', tablename || '.' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
     UNION ALL
    SELECT 'constraint', r.conrelid::regclass || '.' || r.conname, pg_get_constraintdef(r.oid)
      FROM pg_constraint r WHERE r.connamespace = 'public'::regnamespace AND r.conrelid <> 0
     UNION ALL
    SELECT 'trigger', t.tgrelid::regclass || '.' || t.tgname, pg_get_triggerdef(t.oid)
      FROM pg_trigger t WHERE NOT t.tgisinternal
     UNION ALL
    SELECT 'function', p.oid::regprocedure::text, md5(p.prosrc)
      FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
     UNION ALL
    SELECT 'extension', extname, extversion FROM pg_extension
"""
KEYS = """
    SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attnum = ANY (r.conkey))
      FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_constraint r ON r.conrelid = c.oid AND r.contype = 'p'
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
     GROUP BY c.relname
"""
REFERENCES = """
    SELECT c.relname, a.attname, f.relname
      FROM pg_constraint r
      JOIN pg_class c ON c.oid = r.conrelid
      JOIN pg_class f ON f.oid = r.confrelid
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = r.conkey[1]
     WHERE r.contype = 'f' AND r.connamespace = 'public'::regnamespace
"""


@dataclass
class Snapshot:
    """All of a database: every row of every table as JSON text, and every definition of its schema."""

    rows: dict[str, dict[tuple, str]] = field(default_factory=dict)  # by table, then by primary key
    schema: dict[tuple[str, str], str] = field(default_factory=dict)  # the definition by kind and name
    references: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))

    def columns(self, table: str) -> set[str]:
        prefix = f"{table}."
        return {
            name.removeprefix(prefix) for kind, name in self.schema if kind == "column" and name.startswith(prefix)
        }


def read(name: str) -> Snapshot:
    snapshot = Snapshot()
    with closing(psycopg2.connect(dbname=name)) as connection, connection.cursor() as cursor:
        # One state of all tables.
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        cursor.execute(SCHEMA)
        snapshot.schema = {(kind, item): definition for kind, item, definition in cursor.fetchall()}
        cursor.execute(REFERENCES)
        for table, column, target in cursor.fetchall():
            snapshot.references[table].append((column, target))
        cursor.execute(KEYS)
        for table, key in cursor.fetchall():
            if table.startswith(SIGNALLING):
                continue
            columns = ", ".join(f't."{column}"::text' for column in key) if key else "to_jsonb(t)::text"
            # ONLY, because Odoo's actions inherit their table from ir_actions.
            cursor.execute(f'SELECT to_jsonb(t)::text, {columns} FROM ONLY "{table}" t')
            snapshot.rows[table] = {tuple(values): text for text, *values in cursor.fetchall()}
    return snapshot


# ---------------------------------------------------------------------------------------------------------------------
# Comparing
# ---------------------------------------------------------------------------------------------------------------------


@dataclass
class Difference:
    """A row that was added, removed or changed; of a changed one, in which columns."""

    table: str
    what: str
    key: tuple
    old: dict
    new: dict
    columns: set[str] = field(default_factory=set)
    owned: bool = False  # by the addon

    @property
    def row(self) -> dict:
        return self.new or self.old

    def described(self) -> str:
        if self.what == "changed":
            changes = (f"{name}: {brief(self.old[name])} -> {brief(self.new[name])}" for name in sorted(self.columns))
            return f"{', '.join(self.key)} ({'; '.join(changes)})"
        telling = ("module", "complete_name", "name", "model", "res_model", "model_id", "res_id", "subject", "key")
        words = [f"{name} {brief(self.row[name])}" for name in telling if self.row.get(name)]
        return ", ".join(self.key) + (f" ({', '.join(words)})" if words else "")


def brief(value) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 60 else f"{text[:57]}…"


def row_differences(before: Snapshot, after: Snapshot) -> Iterator[Difference]:
    """Of the tables that are in both, in the columns that are in both."""
    for table, old_rows in before.rows.items():
        new_rows = after.rows.get(table)
        if new_rows is None:
            continue
        common = before.columns(table) & after.columns(table)
        for key in old_rows.keys() - new_rows.keys():
            yield Difference(table, "removed", key, json.loads(old_rows[key]), {})
        for key in new_rows.keys() - old_rows.keys():
            yield Difference(table, "added", key, {}, json.loads(new_rows[key]))
        for key in old_rows.keys() & new_rows.keys():
            if old_rows[key] != new_rows[key]:
                old, new = json.loads(old_rows[key]), json.loads(new_rows[key])
                if columns := {name for name in common if old[name] != new[name]}:
                    yield Difference(table, "changed", key, old, new, columns)


# Tables whose name is not that of their model.
TABLES = {"ir.actions.act_window": "ir_act_window", "ir.actions.server": "ir_act_server"}
# Columns that name a model instead of referring to it.
MODEL_COLUMNS = ("model", "res_model", "model_id", "model_name", "resource")


def table_of(model: str) -> str:
    return TABLES.get(model, model.replace(".", "_"))


def named_model(row: dict) -> str:
    return next((row[column] for column in MODEL_COLUMNS if isinstance(row.get(column), str)), "")


def own_rows(snapshot: Snapshot) -> set[tuple[str, str]]:
    """The rows of the addon, as (table, id): its line in the list of apps, what has its external identifiers alone."""
    modules = defaultdict(set)
    for text in snapshot.rows["ir_model_data"].values():
        record = json.loads(text)
        modules[table_of(record["model"]), str(record["res_id"])].add(record["module"])
    apps = snapshot.rows["ir_module_module"].items()
    own = {("ir_module_module", key) for (key,), text in apps if json.loads(text)["name"] in ADDONS}
    return own | {row for row, names in modules.items() if names <= ADDONS}


def own_models(*snapshots: Snapshot) -> set[str]:
    """The models that the addon brings, while it is installed."""
    models = set()
    for snapshot in snapshots:
        owned = own_rows(snapshot)
        rows = snapshot.rows["ir_model"].items()
        models |= {json.loads(text)["model"] for (key,), text in rows if ("ir_model", key) in owned}
    return models


def mark_owned(differences: list[Difference], before: Snapshot, after: Snapshot) -> None:
    """Say which rows are the addon's: by external identifier, of its tables, about its models or records; and those
    added that refer to one."""
    owned = own_rows(before) | own_rows(after)
    models = own_models(before, after)
    tables = {table_of(model) for model in models}

    def is_own(difference: Difference) -> bool:
        row = difference.row
        return (
            (difference.table, difference.key[0]) in owned
            or any(difference.table == table or difference.table.startswith(f"{table}_") for table in tables)
            or named_model(row) in models
            or (difference.table == "ir_model_data" and row["module"] in ADDONS)
        )

    def refers_to_own(difference: Difference) -> bool:
        row = difference.row
        references = [(target, row.get(column)) for column, target in after.references[difference.table]]
        references.append((table_of(named_model(row)), row.get("res_id")))
        return any((target, str(value)) in owned for target, value in references)

    for difference in differences:
        difference.owned = is_own(difference)
    owned |= {(one.table, one.key[0]) for one in differences if one.owned}
    others = [one for one in differences if not one.owned and one.what == "added"]
    while found := [difference for difference in others if refers_to_own(difference)]:
        for difference in found:
            difference.owned = True
            owned.add((difference.table, difference.key[0]))
        others = [difference for difference in others if not difference.owned]


def rows_told(differences: list[Difference]) -> list[str]:
    """Rows that were not to differ, in sentences."""
    groups = defaultdict(list)
    for difference in differences:
        groups[difference.table, difference.what].append(difference)
    sentences = []
    for (table, what), found in sorted(groups.items()):
        examples = "; ".join(difference.described() for difference in found[:EXAMPLES])
        verb = "was" if len(found) == 1 else "were"
        sentences.append(f"{len(found)} of {table} {verb} {what}: {examples}{' …' if len(found) > EXAMPLES else ''}")
    return sentences


def schema_told(before: Snapshot, after: Snapshot, additions: bool) -> list[str]:
    """Definitions that were not to differ, in sentences; additions may be allowed."""
    sentences = []
    for kind, name in sorted(before.schema.keys() | after.schema.keys()):
        old, new = before.schema.get((kind, name)), after.schema.get((kind, name))
        if new is None:
            sentences.append(f"The {kind} {name} is gone.")
        elif old is None and not additions:
            sentences.append(f"The {kind} {name} is left over.")
        elif old not in (None, new):
            sentences.append(f"The {kind} {name} was “{old}” and is “{new}”.")
    return sentences


def findings(before: Snapshot, after: Snapshot, allowed: list["Rule"], schema_grows: bool = False) -> list[str]:
    """What differs though no rule allows it, in sentences."""
    differences = list(row_differences(before, after))
    mark_owned(differences, before, after)
    rows = [one for one in differences if not any(rule(one) for rule in [*ODOO_ITSELF, *allowed])]
    return schema_told(before, after, schema_grows) + rows_told(rows)


# ---------------------------------------------------------------------------------------------------------------------
# What may differ, each with its reason
# ---------------------------------------------------------------------------------------------------------------------

Rule = Callable[[Difference], bool]
STAMPS = {"write_uid", "write_date"}


def list_of_apps_was_read(one: Difference) -> bool:
    """Odoo reads all manifests before it installs or upgrades anything, and stamps what it has read."""
    return one.table == "ir_module_module" and one.what == "changed" and one.columns <= STAMPS


def vacuum_was_asked_for(one: Difference) -> bool:
    """Odoo triggers its vacuum, the first of its crons, after each installation, upgrade and removal."""
    return one.table == "ir_cron_trigger" and one.what == "added" and one.row["cron_id"] == 1


def browsers_were_told(one: Difference) -> bool:
    """Notifications to open browsers, which the vacuum removes."""
    return one.table == "bus_bus"


ODOO_ITSELF: list[Rule] = [list_of_apps_was_read, vacuum_was_asked_for, browsers_were_told]


def own_row_was_added(one: Difference) -> bool:
    return one.owned and one.what == "added"


def own_row(one: Difference) -> bool:
    return one.owned


def the_app(one: Difference) -> bool:
    """The addon's line in the list of apps: its state, its version, what it brings."""
    return one.table == "ir_module_module" and one.what == "changed" and one.row["name"] in ADDONS


def company_got_its_settings(one: Difference) -> bool:
    """The default scenario and the income account are columns of the addon's; writing them stamps the company."""
    own = {"followup_charge_account_id"}
    return one.table == "res_company" and one.what == "changed" and one.columns <= STAMPS | own


def user_was_in_a_group(one: Difference) -> bool:
    """Joining or leaving a group stamps the user and its contact."""
    return one.table in ("res_users", "res_partner") and one.what == "changed" and one.columns <= STAMPS


def own_data_was_written_anew(one: Difference) -> bool:
    """An upgrade writes the data files again; a view keeps the architecture it had before, the same but for spaces."""
    return one.owned and one.what == "changed" and one.columns <= STAMPS | {"arch_prev"}


def invoice_got_its_portal_link(one: Difference) -> bool:
    """A reminder links to the page on which core lets the customer pay; core makes the token when it is first asked."""
    return one.table == "account_move" and one.columns == {"access_token"} and one.old["access_token"] is None


def item_was_excluded_or_explained(one: Difference) -> bool:
    """These columns are the addon's; writing them by the ORM stamps the items of the entry."""
    own = {
        "followup_excluded_until",
        "followup_exclusion_reason",
        "followup_late_reason_id",
        "followup_review_asked",
    }
    return one.table == "account_move_line" and one.what == "changed" and one.columns <= STAMPS | own


DOCUMENTS = ("account.move", "sale.order", "stock.picking", "res.partner")


def note_in_the_history_of_a_document(one: Difference) -> bool:
    """What was done is history, and stays with the invoice, the order, the delivery or the customer."""
    row = one.row
    is_note = row.get("model") in DOCUMENTS and row.get("message_type") == "notification"
    return one.table == "mail_message" and one.what == "added" and is_note


def activity_on_a_document(one: Difference) -> bool:
    """Somebody is still to look at the order that was held."""
    return one.table == "mail_activity" and one.what == "added" and one.row.get("res_model") in DOCUMENTS


def follower_of_a_document(one: Difference) -> bool:
    """Who was asked to look at an order follows it, as core does with everybody who has an activity on it."""
    is_follower = one.table == "mail_followers" and one.row.get("res_model") in DOCUMENTS
    return one.what == "added" and (is_follower or one.table == "mail_followers_mail_message_subtype_rel")


def order_was_judged(one: Difference) -> bool:
    """The credit state is the addon's; writing it by the ORM stamps the order."""
    own = {"followup_credit_state", "followup_allowed_amount"}
    return one.table == "sale_order" and one.what == "changed" and one.columns <= STAMPS | own


def customer_got_a_limit(one: Difference) -> bool:
    """What a credit manager has decided is core's own figure, and stays."""
    return one.table == "res_partner" and one.what == "changed" and one.columns <= STAMPS | {"credit_limit"}


def draft_was_asked_for(one: Difference) -> bool:
    """Claims are invoiced and disputes credited on request: a draft like any other, which stays."""
    draft = "draft" in (one.row.get("state"), one.row.get("parent_state"))
    of_draft = one.table in ("account_move", "account_move_line") and draft
    return one.what == "added" and (of_draft or one.table == "account_move_line_account_tax_rel")


def letters_were_downloaded(one: Difference) -> bool:
    """The file to print is the user's own, and belongs to no record."""
    row = one.row
    is_own_file = row.get("mimetype") == "application/pdf" and not row.get("res_model") and not row.get("public")
    return one.table == "ir_attachment" and one.what == "added" and is_own_file


INSTALLING: list[Rule] = [own_row_was_added, the_app, company_got_its_settings, user_was_in_a_group]
UPGRADING: list[Rule] = [the_app, own_data_was_written_anew, user_was_in_a_group]
TRACES: list[Rule] = [
    activity_on_a_document,
    company_got_its_settings,
    customer_got_a_limit,
    draft_was_asked_for,
    follower_of_a_document,
    invoice_got_its_portal_link,
    item_was_excluded_or_explained,
    letters_were_downloaded,
    note_in_the_history_of_a_document,
    order_was_judged,
    user_was_in_a_group,
]
USING: list[Rule] = [own_row, *TRACES]
REMOVED: list[Rule] = [the_app, company_got_its_settings, user_was_in_a_group]


# ---------------------------------------------------------------------------------------------------------------------
# The checks
# ---------------------------------------------------------------------------------------------------------------------


class Check:
    """The steps on their databases; what came of each is printed and kept."""

    def __init__(self):
        self.log = odoo_server.LOG_DIR / f"{PREFIX}{os.getpid()}.log"
        self.passed: list[str] = []
        self.failed: list[str] = []

    def run(self) -> None:
        unused, used = (f"{PREFIX}{os.getpid()}_{name}" for name in ("unused", "used"))
        print(f"Installation: databases {unused}, {used}, log {self.log}", flush=True)
        try:
            self.steps(unused, used)
        finally:
            for name in (unused, used):
                database.drop(name)

    def steps(self, unused: str, used: str) -> None:
        database.fresh_copy(database.ensure_template(database.STOCK), unused)
        self.call(unused, "make_core_data")
        core = read(unused)
        odoo_server.run(unused, f"--init={ADDON}", log=self.log)
        installed = read(unused)
        self.judge("installing adds to core data and changes none", findings(core, installed, INSTALLING, True))
        database.fresh_copy(unused, used)
        odoo_server.run(unused, f"--update={ADDON}", log=self.log)
        self.judge("upgrading changes nothing", findings(installed, read(unused), UPGRADING))
        errors = self.call(unused, "uninstall")
        self.judge("uninstalling leaves the database as before", errors + findings(core, read(unused), REMOVED))

        done = {}
        errors = self.call(used, "use", done)
        print("    " + ", ".join(f"{number} {what}" for what, number in done.items()), flush=True)
        errors += [f"There were no {what}, so that nothing is shown about them." for what in done if not done[what]]
        in_use = read(used)
        self.judge("using it leaves core data as it was", errors + findings(installed, in_use, USING))
        odoo_server.run(used, f"--update={ADDON}", log=self.log)
        self.judge("upgrading after use changes nothing", findings(in_use, read(used), UPGRADING))
        errors = self.call(used, "uninstall")
        removed = read(used)
        self.judge(
            "uninstalling after use leaves core data as before", errors + findings(core, removed, REMOVED + TRACES)
        )
        odoo_server.run(used, f"--init={ADDON}", log=self.log)
        self.judge("it can be installed again", findings(removed, read(used), INSTALLING, True))

    def call(self, name: str, function: str, result: dict | None = None) -> list[str]:
        """Run a function of this file on a database; return what Odoo's log complains about."""
        start = self.log.stat().st_size if self.log.exists() else 0
        value = demo_registry.call(name, f"installation.{function}", self.log)
        if result is not None:
            result.update(value)
        with self.log.open("rb") as log:
            log.seek(start)
            lines = log.read().decode(errors="replace").splitlines()
        complaints = [
            line for line in lines if any(f" {level} " in line for level in ("WARNING", "ERROR", "CRITICAL"))
        ]
        return [f"In the log: {complaint}" for complaint in complaints]

    def judge(self, name: str, found: list[str]) -> None:
        (self.failed if found else self.passed).append(f"installation: {name}")
        print(f"  {'FAILED' if found else 'ok'}: {name}", flush=True)
        for sentence in found:
            print(f"    {sentence}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--result", type=Path, help="write the names of what passed and failed there, as JSON")
    args = parser.parse_args()
    # Ended from outside, it drops its databases like after any other end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started = time.monotonic()
    database.drop_leftovers(PREFIX)
    check = Check()
    check.log.unlink(missing_ok=True)
    try:
        check.run()
    except SystemExit as end:
        if not isinstance(end.code, str):
            raise
        check.judge("every step runs to its end", [end.code])
    if args.result:
        args.result.write_text(json.dumps({"passed": check.passed, "failed": check.failed}))
    print(f"  {time.monotonic() - started:.0f} s")
    print(f"{len(check.passed)} passed, {len(check.failed)} failed", flush=True)
    sys.exit(1 if check.failed or not check.passed else 0)


if __name__ == "__main__":
    main()
