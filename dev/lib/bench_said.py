"""What the bench's customers said: promises to pay and disputes, noted as the addon notes them.

Written by SQL because only what is open today could be noted in the ordinary way; then the addon judges all of them as of
the night before, so that the bench's night finds what has become due since.
"""

from datetime import timedelta

from bench_data import DAY
from bench_orders import BIG

OWNER = 2  # the administrator


def add(env, the_day) -> None:
    known = {"day": DAY, "big": BIG, "owner": OWNER}
    for statement in (PROMISES, DISPUTES, REASONS):
        env.cr.execute(statement, known)
    env.invalidate_all()
    with the_day(DAY - timedelta(days=1)):
        env["credit.promise"]._cron_judge()
        env["credit.dispute"]._cron_review()


# The customers' invoices: `n` numbers the collection files. Of a match, `r` is the partial reconciliation, `e` the entry.
ITEMS = """
    SELECT l.id, l.move_name, l.date_maturity AS due, l.amount_currency AS total, l.amount_residual_currency AS residual,
           l.reconciled, l.currency_id, l.company_id, c.partner_id, c.n, p.ref = %(big)s AS big
      FROM (SELECT partner_id, company_id, (ROW_NUMBER() OVER (ORDER BY partner_id))::int AS n FROM credit_profile) c
      JOIN res_partner p ON p.commercial_partner_id = c.partner_id
      JOIN account_move_line l ON l.partner_id = p.id AND l.company_id = c.company_id
      JOIN account_account a ON a.id = l.account_id AND a.account_type = 'asset_receivable'
     WHERE l.parent_state = 'posted' AND l.amount_currency > 0 AND l.date_maturity < %(day)s - 20
"""
MATCHED = """
    SELECT COALESCE(SUM(r.debit_amount_currency), 0) FROM account_partial_reconcile r
      JOIN account_move_line c ON c.id = r.credit_move_id
      JOIN account_move e ON e.id = c.move_id
     WHERE r.debit_move_id = i.id AND r.max_date <= noted
"""
# What a unit of the currency was worth on that day.
RATE = """
    COALESCE((SELECT 1 / v.rate FROM res_currency_rate v WHERE v.currency_id = i.currency_id AND v.name <= noted
               ORDER BY v.name DESC LIMIT 1), 1)
"""
# One customer of 33 promised all that is late: a third of them in vain, a third to a day yet to come, a third up to
# yesterday. One of five promised what it has paid since, in time or not, item by item.
PROMISES = f"""
  WITH item AS MATERIALIZED (
       SELECT i.*, noted, promised, total - ({MATCHED}) AS amount, ({MATCHED} AND e.move_type <> 'out_refund') AS paid,
              {RATE} AS rate
         FROM ({ITEMS}) i
        CROSS JOIN LATERAL (
              SELECT CASE WHEN reconciled THEN due + 15 WHEN big THEN %(day)s - 5
                          ELSE %(day)s - (ARRAY[20, 9, 5])[1 + n / 33 %% 3] END AS noted,
                     CASE WHEN reconciled THEN due + 25 WHEN big THEN %(day)s + 2
                          ELSE %(day)s - (ARRAY[10, 4, -2])[1 + n / 33 %% 3] END AS promised) s
        WHERE CASE WHEN reconciled THEN n %% 5 = 4 AND due BETWEEN %(day)s - 250 AND %(day)s - 60
                   WHEN big THEN i.id %% 20 = 0 ELSE n %% 33 = 12 END),
       promise AS (
       INSERT INTO credit_promise (partner_id, company_id, currency_id, kind, state, date, date_promised, date_deadline,
                                   amount, amount_company, amount_received, is_decided, waits_allocation, user_id,
                                   create_uid, write_uid, create_date, write_date)
       SELECT partner_id, company_id, currency_id, 'firm', 'open', noted, promised, promised + 3, SUM(amount),
              ROUND((SUM(amount) * rate)::numeric, 2), 0, FALSE, FALSE, %(owner)s, 1, 1, noted, noted
         FROM item WHERE amount > 0 GROUP BY partner_id, company_id, currency_id, noted, promised, rate
       RETURNING id, partner_id, currency_id, date, date_promised)
INSERT INTO credit_promise_line (promise_id, move_line_id, move_name, date_maturity, amount, paid_before, is_open)
SELECT p.id, i.id, i.move_name, i.due, i.amount, i.paid, TRUE
  FROM item i
  JOIN promise p ON p.partner_id = i.partner_id AND p.currency_id = i.currency_id AND p.date = i.noted
                AND p.date_promised = i.promised
 WHERE i.amount > 0
"""
# One customer of 50 contests its oldest late item, half of them in part; of these, one of ten has waited too long for an
# answer since yesterday, two of ten for longer. One of three of the items that a credit note settled was contested, too.
DISPUTES = f"""
  WITH late AS (
       SELECT DISTINCT ON (partner_id) i.*, %(day)s - 12 AS noted,
              %(day)s + CASE WHEN n / 50 %% 10 = 0 THEN -1 WHEN n / 50 %% 5 = 3 THEN -5 ELSE 10 END AS deadline,
              CASE WHEN n %% 2 = 0 THEN ROUND(residual / 2, 2) ELSE residual END AS amount
         FROM ({ITEMS}) i WHERE residual > 0 AND (n %% 50 = 17 OR big) ORDER BY partner_id, due, id),
       credited AS (
       SELECT i.*, k.noted, k.noted + 14 AS deadline, k.amount
         FROM ({ITEMS}) i
         JOIN (SELECT r.debit_move_id, MIN(r.max_date) - 1 AS noted, SUM(r.debit_amount_currency) AS amount
                 FROM account_partial_reconcile r
                 JOIN account_move_line c ON c.id = r.credit_move_id
                 JOIN account_move e ON e.id = c.move_id AND e.move_type = 'out_refund'
                GROUP BY 1) k ON k.debit_move_id = i.id
        WHERE reconciled AND i.id %% 3 = 0),
       item AS MATERIALIZED (
       SELECT i.*, NEXTVAL('credit_dispute_id_seq') AS dispute_id, total - ({MATCHED}) AS open,
              ({MATCHED} AND e.move_type = 'out_refund') AS credited, {RATE} AS rate
         FROM (SELECT * FROM late UNION ALL SELECT * FROM credited) i),
       dispute AS (
       INSERT INTO credit_dispute (id, partner_id, company_id, currency_id, reason_id, owner_id, user_id, date,
                                   date_deadline, state, amount, amount_company, by_ledger, create_uid, write_uid,
                                   create_date, write_date)
       SELECT dispute_id, partner_id, company_id, currency_id,
              (SELECT MIN(id) FROM credit_late_reason WHERE is_dispute), %(owner)s, %(owner)s, noted, deadline, 'open',
              amount, ROUND((amount * rate)::numeric, 2), FALSE, 1, 1, noted, noted
         FROM item)
INSERT INTO credit_dispute_line (dispute_id, move_line_id, move_name, date_maturity, amount, amount_residual,
                                 credited_before, amount_open, is_open)
SELECT dispute_id, id, move_name, due, amount, open, credited, amount, TRUE FROM item
"""
REASONS = """
UPDATE account_move_line l SET followup_late_reason_id = d.reason_id
  FROM credit_dispute_line x JOIN credit_dispute d ON d.id = x.dispute_id WHERE x.move_line_id = l.id
"""
