"""Installing, upgrading and uninstalling the addon leave core data as it was, see dev/test --installation.

python dev/lib/installation.py      after `. dev/setup.sh`

A copy of the template gets a small ledger, then the addon; from there one copy is uninstalled unused, another after it
was used. Between the steps the whole database is read, and what differs is told in sentences: every difference that no
rule below allows is a finding. The last line is `N passed, N failed`.
"""

import argparse
import json
import os
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psycopg2

import database
import demo_registry
import odoo_server

ADDON = "credit_collection"
PREFIX = "cc_install_"
EXAMPLES = 3  # rows named in one sentence

# -- what Odoo changes by itself: the only things that are not compared -----------------------------------------------

# Counts up with every change of a registry, for the other workers to notice.
SIGNALLING = "orm_signaling_"
# The addon's line in the list of apps: installed or not, since when, which version.
APP_COLUMNS = {"state", "latest_version", "write_uid", "write_date"}
# An upgrade writes the addon's own data files anew; with the same values only these change.
STAMPS = {"write_uid", "write_date"}


# ---------------------------------------------------------------------------------------------------------------------
# The data
# ---------------------------------------------------------------------------------------------------------------------


def make_core_data(env) -> None:
    """Two companies with a ledger each: invoices, payments, a credit note, an order, people and what they saved."""
    from odoo import Command, fields

    # The list of apps as Apps > Update Apps List leaves it.
    env["ir.module.module"].update_list()
    home = env.ref("base.main_company")
    second = env["res.company"].create({"name": "Second Company", "currency_id": env.ref("base.EUR").id})
    today = fields.Date.today()
    env["ir.mail_server"].create({"name": "Nowhere", "smtp_host": odoo_server.HOST, "smtp_port": 9})
    for company in home + second:
        env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
        company.email = f"billing@company{company.id}.example.com"
    salesperson = new_user(env, "salesperson", home + second, "sales_team.group_sale_salesman")
    new_user(env, "accountant", home + second, "account.group_account_user")
    for company in home + second:
        env_of = env(context={**env.context, "allowed_company_ids": company.ids})
        customers = env_of["res.partner"].create(
            [
                {"name": f"Customer {number}", "email": f"customer{number}@example.com", "is_company": True}
                for number in range(1, 7)
            ]
        )
        customers[0].child_ids = [Command.create({"name": "Purchasing", "type": "invoice", "email": "p@example.com"})]
        customers[1].lang = "fr_FR"
        customers[5].email = False
        product = env_of["product.product"].create({"name": "Goods", "list_price": 100.0})
        order = env_of["sale.order"].create(
            {
                "partner_id": customers[0].id,
                "user_id": salesperson.id,
                "order_line": [Command.create({"product_id": product.id, "product_uom_qty": 3})],
            }
        )
        order.action_confirm()
        order.order_line.qty_delivered = 3
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
        paid = invoices.filtered(lambda move: move.partner_id == customers[2])[0]
        partly_paid = invoices.filtered(lambda move: move.partner_id == customers[3])[0]
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
    from odoo import fields

    mailer = env.registry["credit.dunning.mailer"]
    handed_over = []
    mailer._live_session = lambda mailer, session, sender: None
    mailer._hand_over = lambda mailer, session, mail: handed_over.append(mail)
    home = env.ref("base.main_company")
    today = fields.Date.today()
    # Mails leave on every day.
    env["resource.calendar.leaves"].search([]).unlink()
    collector = new_user(env, "collector", env["res.company"].search([]), f"{ADDON}.{ADDON}_group_user")
    for company in env["res.company"].search([]):
        company.resource_calendar_id = False
        company.followup_scenario_id.live = True
    levels = home.followup_scenario_id.level_ids.sorted("day")
    letter1 = levels.filtered(lambda level: level.day == 3)
    OpenItem = env["credit.open.item"].with_company(home)
    old = OpenItem.search([("company_id", "=", home.id), ("days_overdue", ">", 30)])
    env["credit.collection.action"]._set_level(old, letter1, "before this addon", today - timedelta(days=12))
    env["credit.dunning.scenario"]._cron_dunning()
    env["credit.dunning.scenario"]._cron_dunning()
    as_collector = env(user=collector.id, context={"allowed_company_ids": home.ids})
    profiles = as_collector["credit.profile"].search([("company_id", "=", home.id)])
    profile = profiles[0]
    profile.write({"paused_until": today + timedelta(days=5), "pause_reason": "Promised by phone"})
    profile.write({"collector_id": collector.id, "always_confirm": True})
    profile.message_subscribe(collector.partner_id.ids)
    profile.message_post(body="They pay on Friday.", attachments=[("letter.txt", b"Dear Sir")], partner_ids=collector.partner_id.ids)
    profile.activity_schedule("mail.mail_activity_data_todo", summary="Ring again")
    profile.sudo().message_update({"from": "customer1@example.com"})
    profile.action_write_message().get("res_id")
    excluded = as_collector["credit.open.item"].search([("partner_id", "=", profiles[1].partner_id.id)], limit=1)
    as_collector["credit.exclusion"].with_context(active_ids=excluded.ids).create(
        {"date_until": today + timedelta(days=9), "reason": "The goods came late"}
    ).action_apply()
    as_collector["credit.dunning.preview"].create({})
    Action = env["credit.collection.action"]
    bounced = Action.search([("state", "=", "sent"), ("channel", "=", "email")], limit=1)
    bounced._void_bounced(bounced.email_to)
    Action.search([("state", "=", "to_do")], limit=1).action_done()
    as_collector["ir.filters"].create({"name": "Mine", "model_id": "credit.open.item", "user_ids": [collector.id]})
    as_collector["ir.filters"].create({"name": "Mine", "model_id": "res.partner", "user_ids": [collector.id]})
    env["ir.default"].set("credit.profile", "always_confirm", True)
    env.cr.commit()
    attached = env["ir.attachment"].search_count([("res_model", "=", "credit.collection.action")])
    return {
        "mails handed over": len(handed_over),
        "actions sent": Action.search_count([("state", "=", "sent")]),
        "actions failed": Action.search_count([("state", "=", "failed")]),
        "actions void": Action.search_count([("state", "=", "void")]),
        "invoices attached to a reminder": attached,
        "mails in collection files": env["mail.message"].search_count([("model", "=", "credit.profile")]),
        "activities in collection files": env["mail.activity"].search_count([("res_model", "=", "credit.profile")]),
        "followers of collection files": env["mail.followers"].search_count([("res_model", "=", "credit.profile")]),
        "log notes on invoices": env["mail.message"].search_count(
            [("model", "=", "account.move"), ("body", "ilike", "credit.collection.action")]
        ),
    }


def uninstall(env) -> None:
    """As the Uninstall button of the list of apps does."""
    env["ir.module.module"].search([("name", "=", ADDON)]).button_immediate_uninstall()
