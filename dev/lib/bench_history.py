"""What a firm that has used the addon for some weeks has beside its ledger: decisions, reminders already sent, holds,
promises to pay, disputes."""

from contextlib import contextmanager
from datetime import date, timedelta
from unittest.mock import patch

from odoo import fields

import bench_said
from bench_data import DAY
from bench_orders import BIG

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
    control_credit(env)
    env.flush_all()
    bench_said.add(env, the_day)


def control_credit(env) -> None:
    """Limits of all kinds, rules of some customers' own, holds; and a dollar that has lost since it was invoiced."""
    env.cr.execute(LIMITS, {"day": DAY, "big": BIG})
    profiles = env["credit.profile"].search([("partner_id.ref", "!=", BIG)], order="partner_id")
    scopes = ("orders", "deliveries", "both")
    holds = [
        {
            "partner_id": profile.partner_id.id,
            "company_id": profile.company_id.id,
            "scope": scopes[number % 3],
            "date_from": DAY - timedelta(days=30),
            # one of five has ended
            "date_to": number % 5 == 0 and DAY - timedelta(days=1),
            "reason": "Cheque returned unpaid",
        }
        for number, profile in enumerate(profiles[::40])
    ]
    env["credit.hold"].create(holds)
    usd = env.ref("base.USD")
    env["res.currency.rate"].create({"currency_id": usd.id, "name": DAY, "rate": 1.6})


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
LIMITS = """
UPDATE credit_profile r
   SET limit_kind = CASE WHEN n % 40 = 1 THEN 'unlimited' WHEN n % 90 = 5 THEN 'none' ELSE limit_kind END,
       temporary_limit = CASE WHEN n % 60 = 9 THEN 5000 END,
       temporary_from = CASE WHEN n % 60 = 9 THEN %(day)s - 10 END,
       temporary_to = CASE WHEN n % 60 = 9 THEN %(day)s + n % 30 - 15 END,
       limit_valid_until = CASE WHEN n % 12 = 2 THEN %(day)s + n % 20 - 10 END,
       rule_overdue = CASE WHEN n % 70 = 8 THEN 'ignore' WHEN n % 70 = 9 THEN 'block' END,
       insured_amount = CASE WHEN n % 5 = 4 THEN 10000 END, insured_share = CASE WHEN n % 5 = 4 THEN 0.9 END
  FROM (SELECT id, (ROW_NUMBER() OVER (ORDER BY partner_id))::int AS n FROM credit_profile) x, res_partner p
 WHERE x.id = r.id AND p.id = r.partner_id AND p.ref IS DISTINCT FROM %(big)s
""".replace("n % ", "n %% ")
