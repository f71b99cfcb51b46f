"""The ledger of run.py: customers with one overdue invoice each, and a scenario that is switched on."""

from datetime import timedelta

from odoo import Command, fields

COLLECTOR = "collector"
DAYS_LATE = 5  # past letter 1 (three days), before the call (seven)


def make(env, customers: int) -> None:
    """Make `customers` customers; dates count from today, and every day is a working day."""
    company = env.ref("base.main_company")
    env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
    company.email = "billing@creditor.example.com"
    company.followup_payments_max_age = 0  # there is no bank entry
    work_every_day(company.resource_calendar_id)
    company.followup_scenario_id.live = True
    due = fields.Date.today() - timedelta(days=DAYS_LATE)
    partners = env["res.partner"].create(
        [
            {"name": f"Customer {number:02}", "email": f"customer{number:02}@example.com", "is_company": True}
            for number in range(1, customers + 1)
        ]
    )
    moves = env["account.move"].create([invoice(partner, due) for partner in partners])
    moves.action_post()
    env["ir.mail_server"].search([]).active = False
    server = {"name": "Sink", "smtp_host": "127.0.0.1", "smtp_port": 25, "smtp_encryption": "none"}
    env["ir.mail_server"].create(server)
    group = env.ref("credit_collection.credit_collection_group_user")
    collector = {"name": "Collector", "login": COLLECTOR, "email": "collector@creditor.example.com"}
    env["res.users"].with_context(no_reset_password=True).create({**collector, "group_ids": [Command.link(group.id)]})
    # a statement takes a printer seconds, hundreds of times
    env["credit.dunning.level"].search([]).attach_statement = False
    # nothing runs but what a test starts
    env["ir.cron"].search([]).active = False


def invoice(partner, due) -> dict:
    return {
        "move_type": "out_invoice",
        "partner_id": partner.id,
        "invoice_date": due - timedelta(days=30),
        "invoice_date_due": due,
        "invoice_payment_term_id": False,
        "invoice_line_ids": [Command.create({"name": "Goods", "price_unit": 1000.0, "tax_ids": []})],
    }


def work_every_day(calendar) -> None:
    calendar.tz = "UTC"
    calendar.global_leave_ids.unlink()
    hours = {"hour_from": 8, "hour_to": 17, "day_period": "morning"}
    days = [Command.create({"name": f"Day {day}", "dayofweek": str(day), **hours}) for day in range(7)]
    calendar.attendance_ids = [Command.clear(), *days]
