from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.tools import SQL, format_date

from .credit_open_item import AS_OF

# A contact counts for so many days, its own included.
CONTACT_DAYS = 7


class CreditOpenItem(models.Model):
    """What keeps an item from being chased although its level is due: payments not up to date, money on the bank account
    that nobody has allocated yet, the contact cap, the cut-off date, the daily maximum, an insolvency.
    """

    _inherit = "credit.open.item"
    _depends = {
        "account.account": ["reconcile"],
        "account.bank.statement.line": [
            "amount",
            "company_id",
            "is_reconciled",
            "move_id",
            "partner_id",
            "payment_ref",
        ],
        "account.journal": ["suspense_account_id", "type"],
        "credit.collection.action": ["date_done", "date_sending"],
        "credit.hold": ["company_id", "date_from", "date_to", "kind", "partner_id"],
        "res.company": [
            "followup_contact_cap",
            "followup_cutoff_date",
            "followup_daily_max",
            "followup_payments_known_date",
            "followup_payments_max_age",
            "resource_calendar_id",
        ],
        "resource.calendar": ["tz"],
    }

    no_followup = fields.Boolean(string="Not Chased", help="“No Follow-Up” is set on the journal item.", **AS_OF)
    recent_contacts = fields.Integer(
        string="Contacts in 7 Days",
        aggregator=None,
        help="Messages and calls to the customer, up to that day.",
        **AS_OF,
    )

    def _sql_facts(self, day):
        return {**super()._sql_facts(day), "no_followup": SQL("COALESCE(i.no_followup, FALSE)")}

    # -------------------------------------------------------------------------
    # Rules
    # -------------------------------------------------------------------------

    @property
    def _table_query(self):
        """EXTENDS: the companies whose items are read are looked up once for all rules."""
        Company = self.env["res.company"].sudo()
        if self.env.context.get("credit_facts_only"):  # the rules are not read
            companies = Company
        else:
            companies = Company._dunning_companies() if self.env.su else self.env.companies
        return super(CreditOpenItem, self.with_context(credit_companies=tuple(companies.ids)))._table_query

    def _sql_companies(self):
        return self.env["res.company"].sudo().browse(self.env.context["credit_companies"])

    def _sql_stale(self):
        """Of a company whose payments are not up to date today, whatever day is looked at: what is entered until then is
        not known."""
        stale = [company.id for company in self._sql_companies()._payments_stale()]
        return SQL("i.company_id IN %s", tuple(stale) or (0,))

    def _sql_before_cutoff(self):
        """Due before the company's cut-off date, and nobody has set a level. Nothing to look up where no company has one."""
        cutoffs = [
            SQL("(%s, %s::date)", company.id, company.followup_cutoff_date)
            for company in self._sql_companies()
            if company.followup_cutoff_date
        ]
        if not cutoffs:
            return SQL("FALSE")
        return SQL(
            """(EXISTS (SELECT FROM (VALUES %s) AS k (company_id, day)
                         WHERE k.company_id = i.company_id AND i.date_maturity < k.day)
                AND NOT EXISTS (SELECT FROM credit_collection_action_line z WHERE z.move_line_id = i.id AND z.is_latest))""",
            SQL(", ").join(cutoffs),
        )

    def _sql_daily_max(self, day):
        """A written reminder of a company that has reached its maximum that day."""
        room = self._sql_companies()._dunning_room(day)
        full = [company.id for company, left in room.items() if not left]
        return SQL("(i.company_id IN %s AND n.channel <> 'call')", tuple(full) or (0,))

    def _sql_contacts(self, day):
        """The contacts with each customer in the week up to that day: how many, and from when on one more is allowed.

        Done or leaving, and what is planned for the day: messages with or without a level, letters, calls.
        """
        done = SQL(
            """SELECT a.partner_id, a.company_id, co.followup_contact_cap AS cap,
                      (COALESCE(a.date_done, a.date_sending) AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(rc.tz, %(tz)s))::date
                        AS day
                 FROM credit_collection_action a
                 JOIN res_company co ON co.id = a.company_id AND co.followup_contact_cap > 0
                 LEFT JOIN resource_calendar rc ON rc.id = co.resource_calendar_id
                WHERE a.channel <> 'manual'
                  AND (a.state = 'sent' AND a.date_done >= %(since)s OR a.state = 'sending' AND a.date_sending >= %(since)s)""",
            tz=self.env.user.tz or "UTC",
            since=datetime.combine(day - timedelta(days=CONTACT_DAYS), time.min),
        )
        planned = SQL(
            """UNION ALL
               SELECT a.partner_id, a.company_id, co.followup_contact_cap, %(day)s::date
                 FROM credit_collection_action a
                 JOIN res_company co ON co.id = a.company_id AND co.followup_contact_cap > 0
                WHERE a.channel <> 'manual' AND (a.state IN ('queued', 'to_print') AND a.date_planned <= %(day)s
                                                 OR a.state IN ('to_confirm', 'to_do') AND a.date_planned = %(day)s)""",
            day=day,
        )
        return SQL(
            """(SELECT partner_id, company_id, COUNT(*) AS count, MAX(day + %(days)s) FILTER (WHERE rank = cap) AS free_on
                  FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY partner_id, company_id ORDER BY day DESC) AS rank
                          FROM (%(done)s %(planned)s) c WHERE day > %(day)s::date - %(days)s) c
                 GROUP BY partner_id, company_id)""",
            done=done,
            planned=SQL() if self.env.context.get("credit_ignore_prepared") else planned,
            day=day,
            days=CONTACT_DAYS,
        )

    # -------------------------------------------------------------------------
    # Money on the bank account
    # -------------------------------------------------------------------------

    @api.model
    def _sql_bank_lines(self, day):
        """Money received that names its payer and waits to be reconciled: the journal item of the suspense account, negative
        like any credit. It is in no receivable account, so it is no open item.
        """
        return SQL(
            """SELECT l.id, b.partner_id AS line_partner_id, b.company_id, l.currency_id, l.date,
                      LEFT(COALESCE(NULLIF(b.payment_ref, ''), l.move_name), 40) AS label,
                      CASE WHEN a.reconcile THEN l.amount_residual ELSE l.balance END AS free,
                      CASE WHEN a.reconcile THEN l.amount_residual_currency ELSE l.amount_currency END AS free_currency
                 FROM account_bank_statement_line b
                 JOIN account_journal j ON j.id = b.journal_id
                 JOIN account_move_line l ON l.move_id = b.move_id AND l.account_id = j.suspense_account_id
                 JOIN account_account a ON a.id = l.account_id
                WHERE b.is_reconciled IS NOT TRUE AND b.amount > 0 AND b.partner_id IS NOT NULL
                  AND l.parent_state = 'posted' AND l.date <= %s""",
            day,
        )

    @api.model
    def _bank_amounts(self, line_ids):
        """Return what these journal items say was received and not reconciled, as ``{id: amount}``, negative, each in its
        own currency."""
        if not line_ids:
            return {}
        day = fields.Date.context_today(self)
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL("SELECT id, free_currency FROM (%s) b WHERE id IN %s", self._sql_bank_lines(day), tuple(line_ids))
        )
        return {line_id: float(amount) for line_id, amount in rows}

    # -------------------------------------------------------------------------
    # In the user's words
    # -------------------------------------------------------------------------

    def _safety_sentences(self):
        """Return the sentences of the states that come from these rules, as ``{state: method}``."""
        return {
            "stale": self._stale_sentence,
            "daily_max": lambda: self.env._(
                "The daily maximum of %s reminders is reached: it follows on one of the next working days, the largest "
                "claims first.",
                self.company_id.sudo().followup_daily_max,
            ),
        }

    def _stale_sentence(self):
        company = self.company_id.sudo()
        return company._stale_sentence(company._payments_known()[company])

    def _stopped_sentence(self):
        judgment = self.profile_id.insolvency_date
        if judgment and self.date < judgment:
            return self.env._(
                "Insolvency opened on %s: what is older is to be declared, it may not be chased.",
                format_date(self.env, judgment),
            )
        return self.env._(
            "The customer is paused until %(day)s: %(reason)s",
            day=format_date(self.env, self.paused_until),
            reason=self.profile_id.pause_reason or "",
        )

    def _too_soon_sentence(self, level, day):
        cap = self.company_id.sudo().followup_contact_cap
        if cap and self.recent_contacts >= cap:
            return self.env._(
                "Contacted %(count)s times in the last 7 days: “%(level)s” leaves on %(day)s.",
                count=self.recent_contacts,
                level=level,
                day=day,
            )
        return self.env._("The last reminder is too recent: “%(level)s” leaves on %(day)s.", level=level, day=day)

    def _chase_today_sentence(self, level):
        maximum = self.company_id.sudo().followup_daily_max
        if maximum and self.next_channel != "call":
            return self.env._(
                "“%(level)s” leaves today if the customer is among the %(count)s largest claims of the day.",
                level=level,
                count=maximum,
            )
        if self.days_overdue <= 0:
            return self.env._("“%s” leaves today, unless the customer is reminded of overdue items.", level)
        return self.env._("“%s” leaves today.", level)

    # -------------------------------------------------------------------------
    # Decisions on many items
    # -------------------------------------------------------------------------

    def _exclude_until(self, day, reason):
        """Exclude the items from reminders up to and including ``day``; no day ends an exclusion. Kept on the journal
        items, and in the history of the entries.

        :raise UserError: for a day that is already past
        """
        lines = self.move_line_id
        lines._followup_exclude(day, reason)
        self.invalidate_model()

    def _set_late_reason(self, reason):
        """Note on the journal items, and in the history of the entries, why the items are paid late."""
        self.move_line_id._followup_set_late_reason(reason)
        self.invalidate_model()

    def _promisable(self):
        """Return the items that a customer can promise to pay: neither credits nor excluded."""
        return self.filtered(lambda item: item.chase_state not in ("credit", "excluded"))

    def _amount_to_promise(self):
        """Return what is proposed as the amount of a promise about these items, which are of one currency: what may be claimed
        of them; all that is open where all of it is disputed."""
        return sum(self.mapped("claimable_amount")) or sum(self.mapped("amount_residual_currency"))

    def action_chase(self):
        """Chase these journal entries, which core's “No Follow-Up” keeps out. Collectors only."""
        self._set_no_followup(False)

    def action_do_not_chase(self):
        """Take these journal entries out of the reminders by core's “No Follow-Up”. Collectors only."""
        self._set_no_followup(True)

    def _set_no_followup(self, excluded):
        self.check_access("read")
        self.move_line_id._followup_set_excluded(excluded)
        self.invalidate_model()
