"""The same answers by one hand-written statement each: what PostgreSQL needs at least on these data.

They know what the addon has to find out: one company, the Standard scenario with its levels and the priority's weights
as shipped, no match dated later, payments up to date, no bank line to reconcile, no cut-off date, no daily maximum,
nobody insolvent, three contacts a week; one unit of measure, no online payments, no company that leaves orders or drafts
out. Written without the addon's SQL, they also check its answers.
"""

# The open receivable items of today.
ITEMS = """
    SELECT l.id, l.move_id, l.move_name, p.commercial_partner_id AS partner_id, l.currency_id, l.no_followup,
           COALESCE(l.date_maturity, l.date) AS due, %(day)s - COALESCE(l.date_maturity, l.date) AS late,
           l.amount_residual AS residual, l.amount_residual_currency AS residual_currency, l.display_type
      FROM account_move_line l
      JOIN account_account a ON a.id = l.account_id AND a.account_type = 'asset_receivable'
      LEFT JOIN res_partner p ON p.id = l.partner_id
     WHERE l.parent_state = 'posted' AND NOT l.reconciled AND l.company_id = %(company)s AND l.date <= %(day)s
"""
BUCKET = """
    CASE WHEN residual < 0 THEN 'credit' WHEN late <= 0 THEN 'not_due' WHEN late <= 30 THEN '1_30'
         WHEN late <= 60 THEN '31_60' WHEN late <= 90 THEN '61_90' WHEN late <= 120 THEN '91_120' ELSE 'over_120' END
"""

# What is contested of items, and whose deadline for an answer has not passed.
DISPUTED = """
    SELECT x.move_line_id, SUM(x.amount_open) AS amount FROM credit_dispute_line x JOIN credit_dispute d ON d.id = x.dispute_id
     WHERE x.is_open AND d.date_deadline >= %(day)s GROUP BY 1
"""
# The items with a firm promise that is waited for.
PROMISED = """
    SELECT x.move_line_id FROM credit_promise_line x JOIN credit_promise p ON p.id = x.promise_id
     WHERE x.is_open AND p.kind = 'firm' AND p.date_deadline >= %(day)s
"""

# What the rules say of some items, given the money of the customers they belong to.
MONEY = f"""
    SELECT partner_id, currency_id,
           SUM(CASE WHEN residual < 0 AND display_type <> 'payment_term' THEN -residual_currency ELSE 0 END) AS payments,
           SUM(CASE WHEN residual < 0 THEN -residual_currency ELSE 0 END) AS credits,
           SUM(CASE WHEN residual > 0 AND NOT no_followup AND late > 0 THEN residual_currency ELSE 0 END) AS overdue,
           SUM(CASE WHEN residual > 0 AND NOT no_followup THEN residual_currency ELSE 0 END) AS open,
           SUM(SUM(CASE WHEN residual < 0 OR (NOT no_followup AND late > 0) THEN residual ELSE 0 END)) OVER customer
             AS net_overdue,
           SUM(SUM(CASE WHEN residual < 0 OR NOT no_followup THEN residual ELSE 0 END)) OVER customer AS net_open
      FROM (SELECT m.partner_id, m.currency_id, m.late, m.no_followup, m.display_type,
                   m.residual_currency - COALESCE(d.amount, 0) AS residual_currency,
                   m.residual - COALESCE(ROUND(d.amount * m.residual / m.residual_currency, 2), 0) AS residual
              FROM ({ITEMS}) m LEFT JOIN ({DISPUTED}) d ON d.move_line_id = m.id WHERE {{condition}}) m
     GROUP BY partner_id, currency_id WINDOW customer AS (PARTITION BY partner_id)
"""
STATES = f"""
    SELECT n.*, CASE
           WHEN residual < 0 THEN 'credit'
           WHEN no_followup OR blocked THEN 'excluded'
           WHEN paused THEN 'stopped'
           WHEN pending THEN 'prepared'
           WHEN disputed >= residual_currency THEN 'disputed'
           WHEN promised THEN 'promised'
           WHEN step > 6 THEN 'exhausted'
           WHEN natural_date > %(day)s AND late <= 0 THEN 'not_due'
           WHEN natural_date > %(day)s THEN 'waiting'
           WHEN payments > 0 AND payments * 100 >= 10 * claim OR credits > 0 AND credits >= claim THEN 'covered'
           WHEN net < 15 THEN 'small'
           WHEN reply_waiting THEN 'reply'
           WHEN gap_date > %(day)s AND step <> 4 OR contacts >= 3 THEN 'too_soon'
           ELSE 'chase' END AS state
      FROM (SELECT i.*, m.payment_state = 'blocked' AS blocked, pr.paused_until >= %(day)s AS paused, pr.reply_waiting,
                   pe.id IS NOT NULL AS pending, d.amount AS disputed, y.move_line_id IS NOT NULL AS promised,
                   c.contacts, f.payments, f.credits,
                   CASE WHEN late > 0 THEN f.overdue ELSE f.open END AS claim,
                   CASE WHEN late > 0 THEN f.net_overdue ELSE f.net_open END AS net,
                   CASE WHEN la.written_date > due AND ARRAY_POSITION(%(levels)s::int[], la.level_id) > 2
                        THEN la.written_date + 7 END AS gap_date, o.step,
                   CASE o.step WHEN 1 THEN due - 10 WHEN 2 THEN due WHEN 3 THEN due + 3
                        WHEN 4 THEN GREATEST(due + 7, la.date_done + 1)
                        WHEN 5 THEN COALESCE(l1.date_done + 10, due + 13) WHEN 6 THEN due + 30 END AS natural_date
              FROM {{items}} i
              JOIN account_move m ON m.id = i.move_id
              LEFT JOIN ({DISPUTED}) d ON d.move_line_id = i.id
              LEFT JOIN ({PROMISED}) y ON y.move_line_id = i.id
              LEFT JOIN credit_profile pr ON pr.partner_id = i.partner_id AND pr.company_id = %(company)s
              LEFT JOIN credit_collection_action_line la ON la.move_line_id = i.id AND la.is_latest
              LEFT JOIN credit_collection_action_line pe ON pe.move_line_id = i.id AND pe.state = 'pending'
              LEFT JOIN credit_collection_action_line l1
                     ON l1.move_line_id = i.id AND l1.level_id = (%(levels)s::int[])[3] AND l1.state = 'reached'
              LEFT JOIN (SELECT partner_id, COUNT(*) AS contacts FROM credit_collection_action
                          WHERE company_id = %(company)s AND channel <> 'manual'
                            AND (state IN ('sent', 'sending') AND COALESCE(date_done, date_sending)::date > %(day)s - 7
                                 OR state = 'queued' AND date_planned <= %(day)s
                                 OR state IN ('to_confirm', 'to_do') AND date_planned = %(day)s)
                          GROUP BY partner_id) c ON c.partner_id = i.partner_id
              LEFT JOIN {{money}} f ON f.partner_id = i.partner_id AND f.currency_id = i.currency_id
             CROSS JOIN LATERAL (
                   SELECT GREATEST(1 + COALESCE(ARRAY_POSITION(%(levels)s::int[], la.level_id), 0),
                                   CASE WHEN late > 0 THEN 3 WHEN late = 0 THEN 2 ELSE 1 END) AS step) s
             CROSS JOIN LATERAL (
                   SELECT CASE WHEN step = 4 AND GREATEST(due + 7, la.date_done + 1) > %(day)s
                                AND COALESCE(l1.date_done + 10, due + 13) <= %(day)s
                               THEN 5 ELSE step END AS step) o) n
"""

FIRST_PAGE = f"""
  WITH page AS MATERIALIZED (SELECT * FROM ({ITEMS}) i WHERE {{condition}} ORDER BY due, id LIMIT 80),
       money AS MATERIALIZED ({MONEY.format(condition="partner_id IN (SELECT partner_id FROM page)")})
SELECT id, residual, state, (%(levels)s::int[])[step],
       (SELECT COUNT(*) FROM (SELECT 1 FROM ({ITEMS}) c WHERE {{condition}} LIMIT 10001) c)
  FROM ({STATES.format(items="page", money="money")}) s ORDER BY due, id
"""
BY_STATE = f"""
  WITH item AS MATERIALIZED ({ITEMS})
SELECT state, COUNT(*), SUM(residual)
  FROM ({STATES.format(items="item", money="(" + MONEY.replace(f"({ITEMS})", "item").format(condition="TRUE") + ")")}) s
 GROUP BY state
"""
# All open items of the customer whose id is `big`.
FILE = f"""
  WITH page AS MATERIALIZED (SELECT * FROM ({ITEMS}) i WHERE partner_id = %(big)s),
       money AS MATERIALIZED ({MONEY.format(condition="partner_id = %(big)s")})
SELECT id, residual_currency, state FROM ({STATES.format(items="page", money="money")}) s
"""
# What became of each promise: what came in by its deadline, and what the customer paid up to then that is not matched.
# Each holds its items alone, all are firm, and nobody has decided on one.
JUDGED = """
  WITH item AS (
         SELECT p.id, l.amount_currency AS total, COALESCE(SUM(r.amount) FILTER (WHERE r.money AND r.day <= p.date_deadline), 0)
                  AS money,
                LEAST(x.paid_before, COALESCE(SUM(r.amount) FILTER (WHERE r.money AND r.day <= p.date), 0)) AS before,
                COALESCE(SUM(r.amount) FILTER (WHERE NOT r.money), 0) AS credited
           FROM credit_promise p
           JOIN credit_promise_line x ON x.promise_id = p.id
           JOIN account_move_line l ON l.id = x.move_line_id
           LEFT JOIN (SELECT r.debit_move_id, r.debit_amount_currency AS amount, r.max_date AS day,
                             e.move_type <> 'out_refund' AS money
                        FROM account_partial_reconcile r
                        JOIN account_move_line c ON c.id = r.credit_move_id
                        JOIN account_move e ON e.id = c.move_id) r ON r.debit_move_id = l.id
          GROUP BY p.id, x.id, l.id),
       came AS MATERIALIZED (
         SELECT p.id, p.partner_id, p.currency_id, p.amount, p.date_deadline, p.state,
                LEAST(p.amount, SUM(i.money - i.before)) AS received, SUM(GREATEST(total - money - credited, 0)) AS open
           FROM item i JOIN credit_promise p ON p.id = i.id GROUP BY p.id),
       free AS MATERIALIZED (
         SELECT c.commercial_partner_id AS partner_id, l.currency_id, l.date, -l.amount_residual_currency AS amount
           FROM account_move_line l
           JOIN account_account a ON a.id = l.account_id AND a.account_type = 'asset_receivable'
           JOIN account_move e ON e.id = l.move_id AND e.move_type <> 'out_refund'
           JOIN res_partner c ON c.id = l.partner_id
          WHERE l.parent_state = 'posted' AND NOT l.reconciled AND l.amount_residual_currency < 0),
       waits AS (
         SELECT p.id, SUM(f.amount) AS amount
           FROM came p
           JOIN free f ON f.partner_id = p.partner_id AND f.currency_id = p.currency_id AND f.date <= p.date_deadline
          GROUP BY 1)
SELECT p.id, CASE WHEN p.received >= p.amount OR p.open = 0 AND p.received > 0 THEN 'kept'
                  WHEN p.open = 0 THEN 'cancelled'
                  WHEN p.date_deadline >= %(day)s OR w.amount >= LEAST(p.amount - p.received, p.open) THEN 'open'
                  WHEN p.received > 0 THEN 'partly_kept' ELSE 'broken' END AS state, p.received
  FROM came p LEFT JOIN waits w ON w.id = p.id
"""
PROMISES_NOW = "SELECT id, state, amount_received FROM credit_promise"
# What became of each dispute, what it holds back, and whether the owner's manager knows that nobody answered in time. Each
# is about one item, contested in no other; no credit note was made for one.
REVIEWED = """
SELECT id, state, outcome, CASE WHEN state = 'closed' THEN credited ELSE 0 END,
       CASE WHEN state = 'open' THEN amount - credited ELSE 0 END, state = 'open' AND date_deadline < %(day)s
  FROM (SELECT *, CASE WHEN credited >= amount OR open = 0 THEN 'closed' ELSE 'open' END AS state,
               CASE WHEN credited >= amount THEN 'founded' WHEN open > 0 THEN NULL
                    WHEN credited > 0 THEN 'partly_founded' ELSE 'unfounded' END AS outcome
          FROM (SELECT d.id, d.date_deadline, x.amount, GREATEST(l.amount_currency - COALESCE(SUM(r.amount), 0), 0) AS open,
                       LEAST(x.amount, GREATEST(COALESCE(SUM(r.amount) FILTER (WHERE r.credit), 0) - x.credited_before, 0))
                         AS credited
                  FROM credit_dispute d
                  JOIN credit_dispute_line x ON x.dispute_id = d.id
                  JOIN account_move_line l ON l.id = x.move_line_id
                  LEFT JOIN (SELECT r.debit_move_id, r.debit_amount_currency AS amount, e.move_type = 'out_refund' AS credit
                               FROM account_partial_reconcile r
                               JOIN account_move_line c ON c.id = r.credit_move_id
                               JOIN account_move e ON e.id = c.move_id) r ON r.debit_move_id = l.id
                 GROUP BY d.id, x.id, l.id) i) i
"""
DISPUTES_NOW = """
SELECT d.id, d.state, d.outcome, COALESCE(d.amount_accepted, 0), COALESCE(x.amount_open, 0), d.escalated_to_id IS NOT NULL
  FROM credit_dispute d JOIN credit_dispute_line x ON x.dispute_id = d.id
"""

# The worklist: each customer's open items in one row, whom to act on today, the points.
WORKLIST = f"""
  WITH item AS (
         SELECT i.*, la.level_id, y.move_line_id IS NOT NULL AS promised, residual > 0 AND late > 0 AS is_late,
                residual > 0 AND y.move_line_id IS NULL AND NOT no_followup AND (r.paused_until >= %(day)s) IS NOT TRUE
                  AND m.payment_state NOT IN ('blocked', 'in_payment') AS claimed, r.id AS profile_id,
                residual - COALESCE(ROUND(d.amount * residual / residual_currency, 2), 0) AS claim,
                COALESCE(ROUND(d.amount * residual / residual_currency, 2), 0) AS disputed,
                GREATEST(1 + COALESCE(ARRAY_POSITION(%(levels)s::int[], la.level_id), 0),
                         CASE WHEN late > 0 THEN 3 WHEN late = 0 THEN 2 ELSE 1 END) <= 6 AS goes_on
           FROM ({ITEMS}) i
           JOIN account_move m ON m.id = i.move_id
           JOIN credit_profile r ON r.partner_id = i.partner_id AND r.company_id = %(company)s
           LEFT JOIN ({DISPUTED}) d ON d.move_line_id = i.id
           LEFT JOIN ({PROMISED}) y ON y.move_line_id = i.id
           LEFT JOIN credit_collection_action_line la ON la.move_line_id = i.id AND la.is_latest),
       owed AS MATERIALIZED (
         SELECT profile_id, SUM(residual) FILTER (WHERE residual > 0) AS due,
                COALESCE(SUM(residual) FILTER (WHERE is_late), 0) AS overdue,
                COALESCE(-SUM(residual) FILTER (WHERE residual < 0), 0) AS unallocated,
                COALESCE(SUM(claim) FILTER (WHERE is_late AND claimed), 0) AS claimable,
                SUM(claim * late) FILTER (WHERE is_late AND claimed) AS claim_days,
                COALESCE(SUM(residual) FILTER (WHERE residual > 0 AND promised), 0) AS promised,
                COALESCE(SUM(disputed), 0) AS disputed, COALESCE(MAX(late) FILTER (WHERE is_late), 0) AS days_late,
                BOOL_OR(claimed AND claim > 0 AND goes_on) AS goes_on
           FROM item GROUP BY profile_id),
       planned AS (
         SELECT partner_id, COUNT(*) FILTER (WHERE state <> 'queued' AND date_planned <= %(day)s) AS due
           FROM credit_collection_action WHERE state NOT IN ('sent', 'void', 'cancelled') AND company_id = %(company)s
          GROUP BY 1),
       contact AS (
         SELECT partner_id, MAX(date_done) AS last FROM credit_collection_action
          WHERE state = 'sent' AND channel <> 'manual' AND company_id = %(company)s GROUP BY 1),
       promise AS (
         SELECT partner_id, COUNT(*) FILTER (WHERE state <> 'open') AS broken,
                MAX(date_deadline) FILTER (WHERE state <> 'open') AS last_broken,
                COUNT(*) FILTER (WHERE state = 'open' AND date_deadline >= %(day)s) AS open
           FROM credit_promise
          WHERE state = 'open' OR state IN ('broken', 'partly_kept') AND date_deadline > %(day)s - INTERVAL '12 months'
          GROUP BY 1),
       dispute AS (
         SELECT partner_id, COUNT(*) FILTER (WHERE date_deadline < %(day)s) AS late, COUNT(*) AS open
           FROM credit_dispute WHERE state = 'open' GROUP BY 1),
       activity AS (
         SELECT res_id, COUNT(*) FILTER (WHERE date_deadline <= %(day)s) AS due, COUNT(*) AS open
           FROM mail_activity WHERE res_model = 'credit.profile' AND active GROUP BY 1),
       situation AS MATERIALIZED (
         SELECT w.*, r.id, GREATEST(claimable - w.unallocated, 0) AS stake, claim_days / NULLIF(claimable, 0) AS age, y.broken,
                COALESCE(LEAST(w.due, r.insured_amount) * r.insured_share / w.due, 0) AS insured, c.last,
                COALESCE(a.due > 0 OR r.reply_waiting OR (last_broken IS NOT NULL AND claimable > 0
                           AND (c.last IS NULL OR c.last < last_broken + 1)) OR d.late > 0 OR t.due > 0, FALSE)
                OR claimable > 0 AND goes_on IS NOT TRUE AND COALESCE(y.open, 0) + COALESCE(d.open, 0)
                     + COALESCE(t.open, 0) + COALESCE(a.due, 0) = 0
                     AND (r.paused_until >= %(day)s) IS NOT TRUE AS today
           FROM owed w
           JOIN credit_profile r ON r.id = w.profile_id
           LEFT JOIN planned a ON a.partner_id = r.partner_id
           LEFT JOIN contact c ON c.partner_id = r.partner_id
           LEFT JOIN promise y ON y.partner_id = r.partner_id
           LEFT JOIN dispute d ON d.partner_id = r.partner_id
           LEFT JOIN activity t ON t.res_id = r.id),
       ranked AS MATERIALIZED (
         SELECT *, CASE WHEN stake > 0 THEN
                   ROUND((50 * CUME_DIST() OVER (PARTITION BY stake > 0 ORDER BY stake))::numeric)
                   + ROUND(LEAST(age / 90, 1) * 30) + ROUND(LEAST(COALESCE(broken, 0) / 3.0, 1) * 10)
                   + ROUND((1 - insured)::numeric * 10) ELSE 0 END AS priority,
                SUM(overdue) OVER (ORDER BY overdue DESC, id) / SUM(overdue) OVER () AS cumulative
           FROM situation)
SELECT id, priority::int, overdue, claimable, promised, disputed, days_late,
       (SELECT COUNT(*) FROM ranked WHERE {{condition}})
  FROM ranked WHERE {{condition}} ORDER BY priority DESC, overdue DESC, id LIMIT 80
"""
AGED_TODAY = f"SELECT partner_id, {BUCKET} AS bucket, SUM(residual) FROM ({ITEMS}) i GROUP BY 1, 2"
AGED_BEFORE = f"""
SELECT partner_id, {BUCKET} AS bucket, SUM(residual)
  FROM (SELECT p.commercial_partner_id AS partner_id, %(day)s - COALESCE(l.date_maturity, l.date) AS late,
               l.balance - COALESCE(d.amount, 0) + COALESCE(c.amount, 0) AS residual
          FROM account_move_line l
          JOIN account_account a ON a.id = l.account_id AND a.account_type = 'asset_receivable'
          LEFT JOIN res_partner p ON p.id = l.partner_id
          LEFT JOIN (SELECT debit_move_id, SUM(amount) AS amount FROM account_partial_reconcile
                      WHERE max_date <= %(day)s GROUP BY 1) d ON d.debit_move_id = l.id
          LEFT JOIN (SELECT credit_move_id, SUM(amount) AS amount FROM account_partial_reconcile
                      WHERE max_date <= %(day)s GROUP BY 1) c ON c.credit_move_id = l.id
         WHERE l.parent_state = 'posted' AND l.company_id = %(company)s AND l.date <= %(day)s) i
 WHERE residual <> 0 GROUP BY 1, 2
"""

# The late items and what they were matched with, a row for each match: those overdue, and those paid late within a
# year before the day.
LATE = """
    SELECT l.id, l.move_id, l.amount_currency AS amount, COALESCE(l.date_maturity, l.date) AS due, l.reconciled,
           p.max_date AS match_date, p.debit_amount_currency AS match_amount, o.move_type = 'out_refund' AS is_credit_note
      FROM account_move_line l
      JOIN account_account a ON a.id = l.account_id AND a.account_type = 'asset_receivable'
      JOIN account_move m ON m.id = l.move_id AND m.move_type = 'out_invoice'
      JOIN res_partner c ON c.id = l.partner_id
      LEFT JOIN account_partial_reconcile p ON p.debit_move_id = l.id
      LEFT JOIN account_move_line ol ON ol.id = p.credit_move_id
      LEFT JOIN account_move o ON o.id = ol.move_id
     WHERE l.parent_state = 'posted' AND l.company_id = %(company)s AND l.amount_currency > 0
       AND COALESCE(l.date_maturity, l.date) < %(day)s
       AND (NOT l.reconciled OR EXISTS (
            SELECT FROM account_partial_reconcile r WHERE r.debit_move_id = l.id
               AND r.max_date > GREATEST(COALESCE(l.date_maturity, l.date), %(day)s - 365)))
     ORDER BY due, l.id
"""
# Their interest as the policy for professionals says: ten points above the half-year's rate, from the day after the
# due date; principal first, the day of a payment still counts; a segment for each principal and rate, rounded. And the
# indemnity with each invoice's first late item.
INTEREST = f"""
  WITH late AS MATERIALIZED ({LATE}),
       item AS (SELECT id, amount, due, ROW_NUMBER() OVER (PARTITION BY move_id ORDER BY due, id) = 1 AS is_first
                  FROM (SELECT DISTINCT id, move_id, amount, due FROM late) i),
       rate AS (SELECT date_from, rate
                  FROM (SELECT v.date_from, v.rate + 10 AS rate,
                               LAG(v.rate) OVER (ORDER BY v.date_from) + 10 AS former
                          FROM credit_reference_rate_value v
                          JOIN credit_reference_rate r ON r.id = v.reference_id AND r.code = 'ECB_MRO') v
                 WHERE former IS NULL OR rate <> former),
       cut AS (SELECT id, due + 1 AS first FROM item
                UNION
               SELECT id, match_date + 1 FROM late WHERE match_date > due AND match_date < %(day)s
                UNION
               SELECT id, date_from FROM item JOIN rate ON date_from > due + 1 AND date_from <= %(day)s),
       owed AS (SELECT c.id, c.first, i.amount - COALESCE(SUM(p.match_amount), 0) AS principal
                  FROM cut c
                  JOIN item i ON i.id = c.id
                  LEFT JOIN late p ON p.id = c.id AND p.match_date < c.first
                 GROUP BY c.id, c.first, i.amount),
       segment AS (SELECT o.id, principal, rate.rate,
                          LEAD(o.first, 1, %(day)s + 1) OVER (PARTITION BY o.id ORDER BY o.first) - o.first AS days
                     FROM owed o
                    CROSS JOIN LATERAL (SELECT rate FROM rate WHERE date_from <= o.first
                                         ORDER BY date_from DESC LIMIT 1) rate)
SELECT id, SUM(ROUND(principal * rate * days / 36500, 2)), CASE WHEN is_first THEN 40.0 ELSE 0.0 END
  FROM segment JOIN item USING (id) GROUP BY id, is_first
"""

# The exposure of customers `c` and what else the credit rules read, today. Orders count as far as no posted invoice
# covers them; their deposits come off.
EXPOSURE = """
    WITH rate AS MATERIALIZED (
         SELECT DISTINCT ON (currency_id) currency_id, 1 / rate AS factor FROM res_currency_rate
          WHERE name <= %(day)s ORDER BY currency_id, name DESC),
         owed AS (
         SELECT partner_id,
                SUM(amount) FILTER (WHERE amount > 0) AS receivable, -SUM(amount) FILTER (WHERE amount < 0) AS unallocated,
                SUM(amount) FILTER (WHERE amount > 0 AND late > 0) AS overdue,
                SUM(amount) FILTER (WHERE amount > 0 AND late > 30) AS overdue_long,
                MIN(due) FILTER (WHERE amount > 0 AND late > 0) AS late_since
           FROM (SELECT p.commercial_partner_id AS partner_id, l.residual_currency * COALESCE(r.factor, 1) AS amount,
                        %(day)s - due AS late, due
                   FROM (SELECT l.partner_id, l.currency_id, l.amount_residual_currency AS residual_currency,
                                COALESCE(l.date_maturity, l.date) AS due
                           FROM account_move_line l
                           JOIN account_account a ON a.id = l.account_id AND a.account_type = 'asset_receivable'
                          WHERE l.parent_state = 'posted' AND NOT l.reconciled AND l.company_id = %(company)s
                            AND l.date <= %(day)s) l
                   JOIN res_partner p ON p.id = l.partner_id AND {p}
                   LEFT JOIN rate r ON r.currency_id = l.currency_id) i
          GROUP BY partner_id),
         drafted AS MATERIALIZED (
         SELECT x.order_line_id, SUM(l.quantity) AS quantity
           FROM account_move m
           JOIN account_move_line l ON l.move_id = m.id
           JOIN sale_order_line_invoice_rel x ON x.invoice_line_id = l.id
          WHERE m.state = 'draft' GROUP BY 1),
         sold AS (
         SELECT partner_id, SUM(open - delivered) AS ordered, SUM(delivered) AS delivered,
                SUM(LEAST(deposit, open)) AS deposits
           FROM (SELECT p.commercial_partner_id AS partner_id, o.id, COALESCE(r.factor, 1) * SUM(
                            CASE WHEN NOT l.is_downpayment IS TRUE THEN l.price_total / NULLIF(l.product_uom_qty, 0)
                            * GREATEST(0, GREATEST(l.product_uom_qty, l.qty_delivered) - q.invoiced) END) AS open,
                        COALESCE(r.factor, 1) * SUM(
                            CASE WHEN NOT l.is_downpayment IS TRUE THEN l.price_total / NULLIF(l.product_uom_qty, 0)
                            * GREATEST(0, l.qty_delivered - q.invoiced) END) AS delivered,
                        COALESCE(r.factor, 1) * SUM(CASE WHEN l.is_downpayment THEN (
                            SELECT SUM(il.price_total) FROM sale_order_line_invoice_rel x
                              JOIN account_move_line il ON il.id = x.invoice_line_id AND il.parent_state = 'posted'
                             WHERE x.order_line_id = l.id) ELSE 0 END) AS deposit
                   FROM sale_order o
                   JOIN res_partner p ON p.id = o.partner_invoice_id AND {p}
                   JOIN sale_order_line l ON l.order_id = o.id
                   LEFT JOIN drafted d ON d.order_line_id = l.id
                  CROSS JOIN LATERAL (SELECT l.qty_invoiced - COALESCE(d.quantity, 0) AS invoiced) q
                   LEFT JOIN rate r ON r.currency_id = o.currency_id
                  WHERE o.state = 'sale' AND o.company_id = %(company)s
                    AND (o.invoice_status <> 'invoiced' OR d.order_line_id IS NOT NULL)
                  GROUP BY 1, 2, r.factor) s
          GROUP BY partner_id),
         draft AS (
         SELECT m.commercial_partner_id AS partner_id, SUM(m.amount_total * COALESCE(r.factor, 1)) AS amount
           FROM account_move m
           LEFT JOIN rate r ON r.currency_id = m.currency_id
          WHERE m.state = 'draft' AND m.move_type = 'out_invoice' AND m.company_id = %(company)s
            AND NOT EXISTS (SELECT FROM account_move_line l JOIN sale_order_line_invoice_rel x ON x.invoice_line_id = l.id
                             WHERE l.move_id = m.id)
          GROUP BY 1),
         held AS (
         SELECT partner_id, MAX(id) FILTER (WHERE scope <> 'deliveries') AS hold_orders,
                MAX(id) FILTER (WHERE scope <> 'orders') AS hold_deliveries
           FROM credit_hold WHERE date_from <= %(day)s AND (date_to IS NULL OR date_to >= %(day)s) GROUP BY 1),
         promised AS (
         SELECT partner_id, MAX(id) FILTER (WHERE state <> 'open' AND EXISTS (
                                SELECT FROM credit_promise_line x JOIN account_move_line l ON l.id = x.move_line_id
                                 WHERE x.promise_id = p.id AND NOT l.reconciled AND l.amount_residual_currency > 0
                                   AND l.date_maturity < %(day)s)) AS promise_broken,
                MAX(id) FILTER (WHERE state = 'open' AND date_deadline >= %(day)s) AS promise_open
           FROM credit_promise p WHERE state IN ('open', 'broken', 'partly_kept') GROUP BY 1),
         contested AS (
         SELECT partner_id, COUNT(*) AS disputes_open FROM credit_dispute WHERE state = 'open' GROUP BY 1),
         position AS (
         SELECT c.id AS partner_id, f.id AS profile_id, ROUND(COALESCE(w.receivable, 0)::numeric, 2) AS receivable,
                ROUND(COALESCE(w.unallocated, 0)::numeric, 2) AS unallocated,
                ROUND(COALESCE(s.delivered, 0)::numeric, 2) AS delivered,
                ROUND(COALESCE(s.ordered, 0)::numeric, 2) AS ordered, ROUND(COALESCE(d.amount, 0)::numeric, 2) AS drafts,
                ROUND(COALESCE(s.deposits, 0)::numeric, 2) AS deposits,
                CASE WHEN f.temporary_from <= %(day)s AND f.temporary_to >= %(day)s THEN f.temporary_limit
                     WHEN f.limit_kind = 'unlimited' THEN NULL WHEN f.limit_kind = 'none' THEN 0
                     ELSE NULLIF((c.credit_limit ->> %(company)s::text)::numeric, 0) END AS credit_limit,
                ROUND(COALESCE(w.overdue_long, 0)::numeric, 2) AS overdue_long, w.late_since,
                h.hold_orders, h.hold_deliveries, y.promise_broken, y.promise_open, t.disputes_open,
                COALESCE(f.rule_overdue, 'warn') AS rule_overdue
           FROM res_partner c
           LEFT JOIN credit_profile f ON f.partner_id = c.id AND f.company_id = %(company)s
           LEFT JOIN owed w ON w.partner_id = c.id
           LEFT JOIN sold s ON s.partner_id = c.id
           LEFT JOIN draft d ON d.partner_id = c.id
           LEFT JOIN held h ON h.partner_id = c.id
           LEFT JOIN promised y ON y.partner_id = c.id
           LEFT JOIN contested t ON t.partner_id = c.id
          WHERE c.commercial_partner_id = c.id AND {c}),
         exposed AS (
         SELECT p.*, receivable - unallocated + delivered + ordered + drafts - deposits AS exposure FROM position p)
"""
POSITIONS = (
    EXPOSURE.format(p="p.commercial_partner_id = ANY(%(customers)s)", c="c.id = ANY(%(customers)s)")
    + """
SELECT partner_id, receivable, unallocated, delivered, ordered, drafts, deposits, exposure, credit_limit, overdue_long,
       late_since, hold_orders, hold_deliveries, promise_broken, promise_open, disputes_open, rule_overdue FROM exposed
"""
)
OVER_LIMIT = EXPOSURE.format(p="TRUE", c="TRUE") + "SELECT partner_id FROM exposed WHERE exposure > credit_limit"
EXPOSURE_PAGE = (
    EXPOSURE.format(p="TRUE", c="TRUE")
    + """
SELECT profile_id, exposure, (SELECT COUNT(*) FROM credit_profile) FROM exposed WHERE profile_id IS NOT NULL
 ORDER BY exposure DESC, profile_id LIMIT 80
"""
)
