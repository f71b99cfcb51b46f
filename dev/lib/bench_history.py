"""What a firm that has used the addon for some weeks has beside its ledger: decisions, and reminders already sent."""

from contextlib import contextmanager
from datetime import date, timedelta
from unittest.mock import patch

from odoo import fields

from bench_data import DAY

# Nights before (working days), and which part of the customers (1 of so many) was chased then.
NIGHTS = ((DAY - timedelta(days=20), 2), (DAY - timedelta(days=4), 4))
USER = "bench_accountant"
# Attached invoices cost a second of wkhtmltopdf each, which has nothing to do with this addon.
PDF_FREE = "UPDATE credit_dunning_level SET attach_invoices = FALSE"


@contextmanager
def the_day(day: date = DAY):
    """Let Odoo believe that it is that day; clocks keep running, so that times can be measured."""
    with patch.object(fields.Date, "context_today", staticmethod(lambda *_args, **_kwargs: day)):
        yield


def add(env) -> None:
    """Switch the scenarios on and play some nights, without any mail."""
    company = env.company
    company.email = "billing@creditor.example.com"
    env["credit.dunning.scenario"].search([("company_id", "=", company.id)]).live = True
    env["res.users"].create(
        {
            "name": "Accountant",
            "login": USER,
            "group_ids": [(6, 0, [env.ref("account.group_account_invoice").id])],
        }
    )
    with the_day():
        env["credit.profile"]._create_missing(company)
    env.cr.execute(DECISIONS, {"later": DAY + timedelta(days=10)})
    for day, part in NIGHTS:
        env.cr.execute(PAUSE, {"until": DAY, "part": part})
        with the_day(day):
            send_unmailed(env, day)
        env.cr.execute(RESUME, {"until": DAY})
    env.cr.execute(PDF_FREE)
    env.invalidate_all()


def send_unmailed(env, day: date) -> None:
    """A night's reminders, taken for sent."""
    actions = env["credit.dunning.run"].with_company(env.company)._prepare()
    env.cr.execute(
        "UPDATE credit_collection_action SET state = 'sent', date_done = %s WHERE id = ANY(%s)", (day, actions.ids)
    )
    env["credit.collection.action.line"]._reach_levels(actions, day)
    env.invalidate_all()


DECISIONS = """
UPDATE credit_profile
   SET always_confirm = partner_id % 50 = 3, reply_waiting = partner_id % 100 = 7,
       paused_until = CASE WHEN partner_id % 100 = 11 THEN %(later)s::date END,
       pause_reason = CASE WHEN partner_id % 100 = 11 THEN 'Under discussion' END
""".replace("partner_id % ", "partner_id %% ")
PAUSE = """
UPDATE credit_profile SET paused_until = %(until)s, pause_reason = 'Not chased that night'
 WHERE paused_until IS NULL AND partner_id %% %(part)s <> 0
"""
RESUME = "UPDATE credit_profile SET paused_until = NULL, pause_reason = NULL WHERE paused_until = %(until)s"
