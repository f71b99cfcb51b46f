import re

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_amount, format_date, formatLang

# What the figures of a row depend on, beside the database.
AS_OF = {"depends_context": ("credit_as_of", "credit_facts_only", "credit_ignore_prepared"), "readonly": True}

BUCKETS = [
    ("not_due", "Not due yet"),
    ("1_30", "1–30 days"),
    ("31_60", "31–60 days"),
    ("61_90", "61–90 days"),
    ("91_120", "91–120 days"),
    ("over_120", "Over 120 days"),
    ("credit", "Credits"),
]
# In the order in which lists show them; the order in which the rules apply is _sql_chase_rules'.
CHASE_STATES = [
    ("chase", "To chase today"),
    ("prepared", "In a reminder not yet sent"),
    ("disputed", "Disputed"),
    ("promised", "Promised"),
    ("daily_max", "Daily maximum reached"),
    ("not_live", "Scenario switched off"),
    ("no_scenario", "No scenario"),
    ("reply", "An answer waits to be read"),
    ("stale", "Payments not up to date"),
    ("covered", "Held by unallocated credits"),
    ("stopped", "Paused or stopped"),
    ("excluded", "Excluded"),
    ("exhausted", "Last level passed"),
    ("too_soon", "Too soon after the last reminder"),
    ("small", "Small amount"),
    ("waiting", "Next level not due yet"),
    ("not_due", "Not due yet"),
    ("credit", "Credit"),
]


class CreditOpenItem(models.Model):
    """An open receivable instalment, as of a day: ``context['credit_as_of']``, today by default.

    The one implementation of who owes what since when, and of whether it may be chased. ``id`` is the journal item's.
    Credit notes and unallocated payments are negative rows. The total as of a day is the receivable ledger's balance.

    As of a past day, amounts, due dates and buckets are historical; level and state are empty. As of a day to come,
    they say what that day would bring if nothing happened before.

    The SQL is put together from named pieces: the ledger's facts are in ``credit_open_item_sql.py``, the rules in
    ``credit_open_item_policy.py``. A promise or a dispute joins in by a ``_sql_…`` of its own.
    """

    _name = "credit.open.item"
    _inherit = ["credit.named.rows"]
    _description = "Open item"
    _auto = False
    _order = "date_maturity, id"
    _rec_name = "move_name"
    _depends = {
        "account.move": ["state", "move_type", "payment_state", "invoice_user_id", "invoice_date", "ref"],
        "account.move.line": [
            "account_id",
            "amount_currency",
            "amount_residual",
            "amount_residual_currency",
            "balance",
            "company_id",
            "currency_id",
            "date",
            "date_maturity",
            "display_type",
            "followup_excluded_until",
            "followup_late_reason_id",
            "matching_number",
            "move_id",
            "move_name",
            "no_followup",
            "parent_state",
            "partner_id",
            "reconciled",
        ],
        "account.account": ["account_type"],
        "account.partial.reconcile": [
            "amount",
            "credit_amount_currency",
            "credit_move_id",
            "debit_amount_currency",
            "debit_move_id",
            "max_date",
        ],
        "credit.collection.action": ["channel", "company_id", "date_planned", "level_id", "partner_id", "state"],
        "credit.collection.action.line": [
            "date_done",
            "is_latest",
            "level_id",
            "move_line_id",
            "state",
            "written_date",
        ],
        "credit.dispute": ["date_deadline", "state"],
        "credit.dispute.line": ["amount_open", "dispute_id", "is_open", "move_line_id"],
        "credit.dunning.level": [
            "active",
            "anchor_level_id",
            "automatic",
            "channel",
            "day",
            "delay_days",
            "registered",
            "scenario_id",
            "sequence",
        ],
        "credit.dunning.scenario": [
            "active",
            "company_id",
            "gap_days",
            "live",
            "minimum_amount",
            "unallocated_threshold",
        ],
        "credit.profile": [
            "always_confirm",
            "bounced_email",
            "collector_id",
            "company_id",
            "contact_ids",
            "partner_id",
            "paused_until",
            "reply_waiting",
            "scenario_id",
        ],
        "credit.promise": ["date_deadline", "date_promised", "kind"],
        "credit.promise.line": ["is_open", "move_line_id", "promise_id"],
        "res.company": ["followup_scenario_id"],
        "res.partner": [
            "active",
            "city",
            "commercial_partner_id",
            "email",
            "email_normalized",
            "street",
            "street2",
            "type",
        ],
    }

    # The document
    move_line_id = fields.Many2one("account.move.line", string="Journal Item", **AS_OF)
    move_id = fields.Many2one("account.move", string="Journal Entry", **AS_OF)
    move_name = fields.Char(string="Number", **AS_OF)
    ref = fields.Char(string="Reference", **AS_OF)
    partner_id = fields.Many2one("res.partner", string="Customer", help="The commercial partner.", **AS_OF)
    company_id = fields.Many2one("res.company", **AS_OF)
    invoice_user_id = fields.Many2one("res.users", string="Salesperson", **AS_OF)
    date = fields.Date(help="The entry's accounting date.", **AS_OF)
    date_maturity = fields.Date(string="Due Date", help="Where an entry has none, its date.", **AS_OF)
    days_overdue = fields.Integer(
        string="Days Late",
        aggregator="max",
        help="Days past the due date on the day looked at; negative before it.",
        **AS_OF,
    )
    bucket = fields.Selection(BUCKETS, string="Age", **AS_OF)

    # Amounts
    currency_id = fields.Many2one("res.currency", **AS_OF)
    company_currency_id = fields.Many2one("res.currency", **AS_OF)
    amount_residual_currency = fields.Monetary(string="Open (Currency)", aggregator=None, **AS_OF)
    amount_residual = fields.Monetary(
        string="Open", currency_field="company_currency_id", help="In the company's currency.", **AS_OF
    )
    amount_overdue = fields.Monetary(
        string="Overdue",
        currency_field="company_currency_id",
        help="Past its due date, in the company's currency.",
        **AS_OF,
    )
    disputed_amount = fields.Monetary(
        string="Disputed",
        aggregator=None,
        help="In the item's currency: contested, and the deadline for an answer has not passed.",
        **AS_OF,
    )
    claimable_amount = fields.Monetary(
        string="May Be Claimed",
        aggregator=None,
        help="In the item's currency: open, not disputed, and not matched with a payment dated later.",
        **AS_OF,
    )
    claimable_company = fields.Monetary(
        string="May Be Claimed (Company)", currency_field="company_currency_id", **AS_OF
    )
    unallocated_amount = fields.Monetary(
        string="Unallocated Credits", aggregator=None, help="Of the customer, in the item's currency.", **AS_OF
    )
    unallocated_share = fields.Float(
        string="Unallocated Credits (%)", aggregator=None, help="As a share of the claim.", **AS_OF
    )

    # Why it is late, and what the customer said
    late_reason_id = fields.Many2one("credit.late.reason", string="Late-Payment Reason", **AS_OF)
    promise_id = fields.Many2one("credit.promise", help="The firm promise that is open.", **AS_OF)
    promised_date = fields.Date(string="Promised For", **AS_OF)

    # Chasing
    profile_id = fields.Many2one("credit.profile", string="Collection File", **AS_OF)
    collector_id = fields.Many2one("res.users", **AS_OF)
    recipient_id = fields.Many2one("res.partner", string="Contact", **AS_OF)
    scenario_id = fields.Many2one("credit.dunning.scenario", **AS_OF)
    always_confirm = fields.Boolean(**AS_OF)
    paused_until = fields.Date(**AS_OF)
    followup_excluded_until = fields.Date(string="Excluded Until", **AS_OF)
    is_held = fields.Boolean(string="Not to Be Chased", help="Excluded, paused or stopped.", **AS_OF)
    dunning_level_id = fields.Many2one("credit.dunning.level", string="Level Reached", **AS_OF)
    level_date = fields.Date(string="Reached On", **AS_OF)
    last_written_date = fields.Date(string="Last Written Reminder", **AS_OF)
    has_next_level = fields.Boolean(string="A Level Is to Come", **AS_OF)
    next_level_id = fields.Many2one("credit.dunning.level", **AS_OF)
    next_date = fields.Date(string="Next Level On", help="The first day on which the next level may leave.", **AS_OF)
    next_channel = fields.Selection(
        selection=lambda self: self.env["credit.dunning.level"]._fields["channel"]._description_selection(self.env),
        **AS_OF,
    )
    send_channel = fields.Selection(
        selection=lambda self: self.env["credit.dunning.level"]._fields["channel"]._description_selection(self.env),
        string="Sent By",
        help="The level's channel; where the customer has no address for it, the next one.",
        **AS_OF,
    )
    next_automatic = fields.Boolean(string="Next Level Is Automatic", **AS_OF)
    next_day = fields.Integer(string="Next Level's Day", aggregator=None, **AS_OF)
    next_rank = fields.Integer(string="Next Level's Rank", aggregator=None, **AS_OF)
    chase_state = fields.Selection(CHASE_STATES, string="Reminder Today", **AS_OF)
    chase_sentence = fields.Char(compute="_compute_chase_sentence", string="Why")

    # -------------------------------------------------------------------------
    # The day
    # -------------------------------------------------------------------------

    @api.model
    def _as_of(self):
        """Return the day the figures are of: the context's, normalised here and nowhere else.

        :raise UserError: when the context's value is not a date
        """
        value = self.env.context.get("credit_as_of")
        if isinstance(value, (list, tuple)):
            value = value[-1] if value else None
        try:
            return fields.Date.to_date(value) or fields.Date.context_today(self)
        except (ValueError, TypeError, AttributeError) as error:
            raise UserError(self.env._("“%s” is not a day. Write it like 2026-03-31.", value)) from error

    def _of_today(self):
        """Return the model as of today, whatever the context says: it may come from a client."""
        names = ("credit_as_of", "credit_facts_only", "credit_ignore_prepared", "credit_rows", "credit_undated")
        return self.with_context(**dict.fromkeys(names, False))

    # -------------------------------------------------------------------------
    # How little is read: no policy where only facts are asked for, and of the customers named only
    # -------------------------------------------------------------------------

    def _for_rows(self, domain):
        """Return the model for the customers that ``domain`` names, by themselves or by an item or entry of theirs."""
        named = self._named_rows(domain, ("id", "move_id", "partner_id"))
        return self.with_context(credit_rows=named) if named else self

    def _for_facts(self, domain, *names):
        """Return the model without its policy columns if neither ``domain`` nor the fields named need one."""
        names = [*names, *(condition.field_expr for condition in Domain(domain).iter_conditions())]
        needed = {re.match(r"\w+", name)[0] for name in names}
        if self.env.context.get("credit_facts_only") or not needed <= self._sql_facts(self._as_of()).keys():
            return self
        return self.with_context(credit_facts_only=True)

    @api.model
    def _search(self, domain, *args, **kwargs):
        return super(CreditOpenItem, self._for_rows(domain))._search(domain, *args, **kwargs)

    @api.model
    @api.readonly
    def search_fetch(self, domain, field_names=None, offset=0, limit=None, order=None):
        """OVERRIDE: find a page's rows by their facts alone, then read the policy of these only."""
        facts = self._for_facts(domain, *self._order_names(order))
        if not limit or facts is self:
            return super().search_fetch(domain, field_names, offset, limit, order)
        records = super(CreditOpenItem, facts).search_fetch(domain, [], offset, limit, order).with_env(self.env)
        records.fetch()
        return records

    def _order_names(self, order):
        return [term.split()[0] for term in (order or self._order).split(",")]

    @api.model
    @api.readonly
    def search_count(self, domain, limit=None):
        return super(CreditOpenItem, self._for_facts(domain)).search_count(domain, limit)

    @api.model
    def _read_group(self, domain, groupby=(), aggregates=(), having=(), offset=0, limit=None, order=None):
        names = [*groupby, *(name for name in aggregates if name != "__count")]
        model = self._for_facts(domain, *names) if not having else self
        groups = super(CreditOpenItem, model)._read_group(domain, groupby, aggregates, having, offset, limit, order)
        return model._in_env(groups, self.env)

    @api.model
    def _read_grouping_sets(self, domain, grouping_sets, aggregates=(), order=None):
        names = [name for names in grouping_sets for name in names] + [
            name for name in aggregates if name != "__count"
        ]
        model = self._for_facts(domain, *names)
        sets = super(CreditOpenItem, model)._read_grouping_sets(domain, grouping_sets, aggregates, order)
        return [model._in_env(groups, self.env) for groups in sets]

    def _read_group_orderby(self, order, groupby_terms, query):
        """EXTENDS 'base': ages and states come in the order of their list, not of their technical names."""
        ranked = dict(groupby_terms)
        for name in ranked.keys() & {"bucket", "chase_state"}:
            values = [value for value, _label in self._fields[name].selection]
            ranked[name] = SQL("ARRAY_POSITION(%s::varchar[], %s)", values, ranked[name])
        result = super()._read_group_orderby(order, ranked, query)
        groupby_terms.update({name: term for name, term in ranked.items() if name not in ("bucket", "chase_state")})
        return result

    def _in_env(self, groups, env):
        """Return the groups with their records in ``env``: what was read narrowly must not narrow what is read later."""
        if env == self.env:
            return groups
        return [
            tuple(cell.with_env(env) if isinstance(cell, models.BaseModel) else cell for cell in group)
            for group in groups
        ]

    def exists(self):
        facts = self.with_context(credit_facts_only=True)
        return super(CreditOpenItem, facts).exists().with_env(self.env)

    # -------------------------------------------------------------------------
    # In the user's words
    # -------------------------------------------------------------------------

    @api.depends("chase_state")
    @api.depends_context("credit_as_of", "credit_ignore_prepared", "lang")
    def _compute_chase_sentence(self):
        for item in self:
            item.chase_sentence = item._chase_sentence() if item.chase_state else False

    def _chase_sentence(self):
        """Return why the item is, or is not, chased on the day looked at."""
        day = format_date(self.env, self.next_date) if self.next_date else ""
        level = self.next_level_id.name or ""
        sentences = {
            "credit": lambda: self.env._("Money in the customer's favour: it is deducted, never chased."),
            "excluded": self._exclusion_sentence,
            **self._safety_sentences(),
            "stopped": self._stopped_sentence,
            "prepared": lambda: self.env._("It stands in a reminder that has not left yet: see the agenda."),
            "disputed": lambda: self.env._("The customer contests it: the answer, or the credit note, is awaited."),
            "promised": lambda: self.env._(
                "The customer promised to pay it on %s.", format_date(self.env, self.promised_date)
            ),
            "no_scenario": lambda: self.env._(
                "No scenario applies: choose one for the customer, or a default for the company."
            ),
            "exhausted": lambda: self.env._(
                "Every level of “%s” was sent: decide what to do next.", self.scenario_id.name
            ),
            "not_due": lambda: self.env._("Not due yet: “%(level)s” leaves on %(day)s.", level=level, day=day),
            "waiting": lambda: self.env._("“%(level)s” leaves on %(day)s.", level=level, day=day),
            "covered": lambda: (
                self.env._("It is matched with a payment that does not count yet.")
                if self.currency_id.is_zero(self.claimable_amount)
                else self.env._(
                    "Unallocated credits of %(amount)s cover %(share)s %% of the claim: allocate it first.",
                    amount=format_amount(self.env, self.unallocated_amount, self.currency_id),
                    share=formatLang(self.env, self.unallocated_share, digits=1),
                )
            ),
            "small": lambda: self.env._("The customer owes too little to be chased."),
            "reply": lambda: self.env._("The customer answered: read the answer first."),
            "too_soon": lambda: self._too_soon_sentence(level, day),
            "not_live": lambda: self.env._("“%s” would leave today, but its scenario is switched off.", level),
            "chase": lambda: self._chase_today_sentence(level),
        }
        return sentences[self.chase_state]()

    def _exclusion_sentence(self):
        if not self.partner_id:
            return self.env._("The entry names no customer.")
        if self.followup_excluded_until and self.followup_excluded_until >= self._as_of():
            return self.env._(
                "Excluded until %(day)s: %(reason)s",
                day=format_date(self.env, self.followup_excluded_until),
                reason=self.move_line_id.sudo().followup_exclusion_reason or "",
            )
        if self.move_id.sudo().payment_state == "blocked":
            return self.env._("The payment of this invoice is blocked.")
        if self.move_id.sudo().payment_state in ("in_payment", "paid"):
            return self.env._("A payment of this invoice is being processed.")
        cutoff = self.company_id.sudo().followup_cutoff_date
        if not self.no_followup and cutoff and self.date_maturity < cutoff:
            return self.env._(
                "Due before %s, the day from which on items are chased: set a level to chase it all the same.",
                format_date(self.env, cutoff),
            )
        return self.env._("“No Follow-Up” is set on the entry.")

    def _banner(self):
        """Return one sentence for the invoice: how late it is, why, the level reached, what comes next."""
        parts = [self.env._("Days late: %s.", self.days_overdue)]
        if self.late_reason_id:
            parts.append(self.env._("Reason: %s.", self.late_reason_id.name))
        if self.dunning_level_id:
            parts.append(
                self.env._(
                    "“%(level)s” on %(day)s.",
                    level=self.dunning_level_id.name,
                    day=format_date(self.env, self.level_date),
                )
            )
        parts.append(self.chase_sentence)
        return " ".join(parts)

    # -------------------------------------------------------------------------
    # Actions
    # -------------------------------------------------------------------------

    def action_open_move(self):
        """Open the invoice or entry of the item."""
        self.ensure_one()
        return self.move_id._get_records_action()

    def _prepare_dispute_line_vals(self, amount, credited):
        """Return what a dispute keeps of the item.

        :param float amount: what is contested, in the item's currency
        :param dict credited: what was credited before, by id
        """
        self.ensure_one()
        return {
            "move_line_id": self.id,
            "move_name": self.move_name,
            "date_maturity": self.date_maturity,
            "amount": amount,
            "amount_residual": self.amount_residual_currency,
            "credited_before": credited.get(self.id, 0.0),
            "amount_open": amount,
            "is_open": True,
        }

    def _prepare_line_vals(self):
        """Return the figures an action line keeps of the item."""
        self.ensure_one()
        kind = "credit" if self.chase_state == "credit" else "claimed" if self.days_overdue > 0 else "not_due"
        return {
            "move_name": self.move_name,
            "date": self.date,
            "date_maturity": self.date_maturity,
            "currency_id": self.currency_id.id,
            "amount": self.claimable_amount,
            "kind": kind,
        }

    @api.model
    def _search_display_name(self, operator, value):
        return Domain("move_name", operator, value) | Domain("ref", operator, value)
