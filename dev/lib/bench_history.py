"""What a firm that has used the addon for some weeks has beside its ledger: decisions, reminders already sent, holds,
promises to pay, disputes."""

from contextlib import contextmanager
from datetime import date, timedelta
from unittest.mock import patch

from odoo import fields

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
    env.cr.execute(PROMISES, {"day": DAY})
    env.cr.execute(DISPUTES, {"day": DAY})
    env.invalidate_all()


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
# One customer of 33 promised all that is late, one of three in vain; one of 50 contests its oldest late item, half of
# them in part, one of four has waited too long for an answer.
CHOSEN = """
    SELECT l.id, l.move_name, l.date_maturity, l.amount_residual_currency AS amount, l.currency_id, l.company_id,
           c.partner_id, c.n
      FROM (SELECT partner_id, company_id, (ROW_NUMBER() OVER (ORDER BY partner_id))::int AS n FROM credit_profile) c
      JOIN res_partner p ON p.commercial_partner_id = c.partner_id
      JOIN account_move_line l ON l.partner_id = p.id AND l.company_id = c.company_id
      JOIN account_account a ON a.id = l.account_id AND a.account_type = 'asset_receivable'
     WHERE l.parent_state = 'posted' AND l.amount_residual_currency > 0 AND l.date_maturity < %(day)s
"""
PROMISES = f"""
  WITH item AS (SELECT * FROM ({CHOSEN}) i WHERE n % 33 = 12),
       promise AS (
       INSERT INTO credit_promise (partner_id, company_id, currency_id, kind, state, date, date_promised, date_deadline, amount)
       SELECT partner_id, company_id, currency_id, 'firm', CASE WHEN n % 3 = 0 THEN 'broken' ELSE 'open' END, %(day)s - 20,
              CASE WHEN n % 3 = 0 THEN %(day)s - 10 ELSE %(day)s + 2 END,
              CASE WHEN n % 3 = 0 THEN %(day)s - 7 ELSE %(day)s + 5 END, SUM(amount)
         FROM item GROUP BY partner_id, company_id, currency_id, n
       RETURNING id, partner_id, currency_id, amount, state)
INSERT INTO credit_promise_line (promise_id, move_line_id, move_name, date_maturity, amount, paid_before, is_open)
SELECT p.id, i.id, i.move_name, i.date_maturity, i.amount, 0, p.state = 'open'
  FROM item i JOIN promise p ON p.partner_id = i.partner_id AND p.currency_id = i.currency_id
""".replace("n % ", "n %% ")
DISPUTES = f"""
  WITH item AS (SELECT DISTINCT ON (partner_id) * FROM ({CHOSEN}) i WHERE n % 50 = 17 ORDER BY partner_id, date_maturity, id),
       dispute AS (
       INSERT INTO credit_dispute (partner_id, company_id, currency_id, reason_id, owner_id, date, date_deadline, state)
       SELECT partner_id, company_id, currency_id, (SELECT MIN(id) FROM credit_late_reason WHERE is_dispute), 1, %(day)s - 12,
              CASE WHEN n % 4 = 0 THEN %(day)s - 2 ELSE %(day)s + 10 END, 'open'
         FROM item
       RETURNING id, partner_id)
INSERT INTO credit_dispute_line (dispute_id, move_line_id, move_name, date_maturity, amount, amount_open, is_open)
SELECT d.id, i.id, i.move_name, i.date_maturity, a.amount, a.amount, TRUE
  FROM item i
  JOIN dispute d ON d.partner_id = i.partner_id
 CROSS JOIN LATERAL (SELECT CASE WHEN i.n % 2 = 0 THEN ROUND(i.amount / 2, 2) ELSE i.amount END AS amount) a
""".replace("n % ", "n %% ")
