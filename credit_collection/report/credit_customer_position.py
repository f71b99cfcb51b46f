from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_amount, format_date

from ..tools.priority import FACTORS

NEXT_ACTIONS = [
    ("call", "Call"),
    ("message", "Message or letter"),
    ("activity", "Activity"),
    ("dispute", "Dispute"),
    ("promise", "Payment promised"),
    ("level", "Next reminder"),
    ("review", "End of a pause or exclusion"),
]
# Ranks among all customers of the company: read together, and of all customers only.
RANK = {"readonly": True, "prefetch": "rank"}
# They need the day of each item's next level: a fifth of the statement's time.
DATED = {"next_action", "next_action_date"}


class Scope(NamedTuple):
    """The customers that are read, None for all; in the context, where no client can put an instance of it."""

    partners: tuple[int, ...] | None
    dated: bool  # the day of the next action is read


class CreditCustomerPosition(models.Model):
    """Where a customer stands with a company today, summed from its open items: the worklist.

    One row per collection file that has open items; ``id`` is the file's. Amounts are in the company's currency, as
    the ledger holds them. The priority, 0 to 100, is the sum of its points; the weights are the company's.

    The SQL is in ``credit_customer_position_sql.py``.
    """

    _name = "credit.customer.position"
    _inherit = ["credit.named.rows"]
    _description = "Customer position"
    _auto = False
    _order = "priority desc, overdue desc, id"
    _rec_name = "partner_id"
    _depends = {
        "credit.collection.action": ["channel", "company_id", "date_done", "date_planned", "partner_id", "state"],
        "credit.dispute": ["company_id", "date_answered", "date_deadline", "partner_id", "state"],
        "credit.dunning.level": ["day"],
        "credit.dunning.scenario": ["active", "live"],
        "credit.open.item": [
            "amount_overdue",
            "amount_residual",
            "bucket",
            "claimable_company",
            "company_id",
            "date_maturity",
            "days_overdue",
            "disputed_amount",
            "dunning_level_id",
            "followup_excluded_until",
            "is_held",
            "late_reason_id",
            "next_date",
            "profile_id",
            "promise_id",
            "scenario_id",
        ],
        "credit.profile": [
            "collector_id",
            "company_id",
            "insurance_end",
            "insured_amount",
            "insured_share",
            "partner_id",
            "paused_until",
            "reply_waiting",
        ],
        "credit.promise": ["company_id", "date_deadline", "kind", "partner_id", "state"],
        "mail.activity": ["active", "date_deadline", "res_id", "res_model"],
        "res.company": ["currency_id", *(f"followup_weight_{name}" for name in FACTORS)],
        "res.currency": ["rounding"],
        "res.partner": ["user_id"],
    }

    profile_id = fields.Many2one("credit.profile", string="Collection File", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    collector_id = fields.Many2one("res.users", readonly=True)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)

    # Amounts
    due = fields.Monetary(string="Open", readonly=True, help="Open invoices and entries, due or not, credits aside.")
    overdue = fields.Monetary(readonly=True, help="Past its due date.")
    claimable = fields.Monetary(
        string="May Be Claimed",
        readonly=True,
        help="Overdue, and neither disputed, promised, excluded, paused nor stopped.",
    )
    at_stake = fields.Monetary(readonly=True, help="What may be claimed, less the unallocated credits.")
    promised = fields.Monetary(readonly=True, help="In firm promises that are waited for.")
    disputed = fields.Monetary(readonly=True, help="In disputes whose deadline has not passed.")
    unallocated = fields.Monetary(
        string="Unallocated Credits", readonly=True, help="Payments and credit notes not matched yet."
    )
    cumulative_share = fields.Float(
        **RANK,
        aggregator=None,
        help="Of all that is overdue in the company: this customer and all who owe more. 0.8 is 80 %.",
    )
    is_vital = fields.Boolean(
        string="Makes the 80 %", **RANK, help="One of the few customers who owe 80 % of all that is overdue."
    )

    # Lateness and what was said
    oldest = fields.Date(string="Late Since", readonly=True, help="The due date of the oldest overdue item.")
    days_overdue = fields.Integer(string="Days Late", readonly=True, aggregator="max", help="Of the oldest item.")
    level_id = fields.Many2one(
        "credit.dunning.level",
        string="Level Reached",
        readonly=True,
        help="The furthest one that an open item reached.",
    )
    late_reason_id = fields.Many2one(
        "credit.late.reason",
        string="Late-Payment Reason",
        readonly=True,
        help="Of the largest overdue item that has one.",
    )
    broken_promises = fields.Integer(
        readonly=True, help="Firm promises not kept, or in part only, in the last 12 months."
    )
    broken_promise_id = fields.Many2one(
        "credit.promise",
        string="Promise Just Broken",
        readonly=True,
        help="The last one, if something may be claimed and nobody has been in contact with the customer since.",
    )
    insured_share = fields.Float(
        readonly=True, aggregator="avg", help="The part of what is open that an insurer bears: 0.9 is 90 %."
    )
    last_contact = fields.Datetime(readonly=True, help="The last message, letter or call that was done.")

    # Work
    to_do = fields.Integer(string="Calls to Make", readonly=True)
    to_confirm = fields.Integer(readonly=True)
    to_print = fields.Integer(readonly=True, help="Letters to print, or to post.")
    failed = fields.Integer(readonly=True)
    reply_waiting = fields.Boolean(string="Answer to Read", readonly=True)
    disputes_late = fields.Integer(
        string="Disputes Past Their Deadline", readonly=True, help="Open, and nobody has answered in time."
    )
    disputes_answered = fields.Integer(
        string="Disputes to Close", readonly=True, help="Open, and answered by the owner."
    )
    activities_due = fields.Integer(readonly=True, help="Activities on the collection file, due today or before.")
    next_action = fields.Selection(NEXT_ACTIONS, readonly=True)
    next_action_date = fields.Date(
        string="Next Action On",
        readonly=True,
        help="The first of: planned actions, activities, deadlines of promises and disputes, the next level, the end of "
        "a pause or exclusion.",
    )
    no_next_action = fields.Boolean(readonly=True, help="Something may be claimed, and nothing is planned.")
    act_today = fields.Boolean(readonly=True, help="A person has something to do today.")
    why_today = fields.Char(compute="_compute_why_today")

    # Priority
    priority = fields.Integer(**RANK, aggregator="max", help="0 to 100: the sum of the points.")
    points_amount = fields.Integer(string="Points: Amount", **RANK, aggregator="avg")
    points_age = fields.Integer(string="Points: Age", **RANK, aggregator="avg")
    points_promises = fields.Integer(string="Points: Broken Promises", **RANK, aggregator="avg")
    points_risk = fields.Integer(string="Points: Uninsured", **RANK, aggregator="avg")
    priority_words = fields.Char(string="Why This Priority", compute="_compute_priority_words")

    # -------------------------------------------------------------------------
    # Explained
    # -------------------------------------------------------------------------

    @api.depends(
        *("to_do", "to_confirm", "to_print", "failed", "reply_waiting"),
        *("disputes_late", "disputes_answered", "activities_due", "broken_promise_id", "no_next_action"),
    )
    def _compute_why_today(self):
        for position in self:
            position.why_today = " ".join(filter(None, position._reasons_today()))

    def _reasons_today(self):
        """Return the sentences that say what a person has to do today; empty ones for what does not apply."""
        return [
            self.to_do
            and (self.env._("Call to make.") if self.to_do == 1 else self.env._("Calls to make: %s.", self.to_do)),
            self.broken_promise_id and self._broken_sentence(),
            self.reply_waiting and self.env._("An answer waits to be read."),
            self.failed and self.env._("Not delivered: %s.", self.failed),
            self.to_confirm and self.env._("To confirm: %s.", self.to_confirm),
            self.to_print and self.env._("To print or to post: %s.", self.to_print),
            self.disputes_late
            and (
                self.env._("A dispute is past its deadline.")
                if self.disputes_late == 1
                else self.env._("Disputes past their deadline: %s.", self.disputes_late)
            ),
            self.disputes_answered and self.env._("Disputes answered, to close: %s.", self.disputes_answered),
            self.activities_due and self.env._("Activities due: %s.", self.activities_due),
            self.no_next_action and self.env._("Nothing is planned: decide what comes next."),
        ]

    def _broken_sentence(self):
        promise = self.broken_promise_id
        words = {
            "amount": format_amount(self.env, promise.amount, promise.currency_id),
            "day": format_date(self.env, promise.date_promised),
        }
        if promise.state == "partly_kept":
            return self.env._("Promise of %(amount)s for %(day)s kept in part only.", **words)
        return self.env._("Promise of %(amount)s for %(day)s broken.", **words)

    @api.depends(*(f"points_{name}" for name in FACTORS), "company_id")
    def _compute_priority_words(self):
        names = {
            "amount": self.env._("Amount"),
            "age": self.env._("Age"),
            "promises": self.env._("Broken promises"),
            "risk": self.env._("Not insured"),
        }
        for position in self:
            most = position.company_id._followup_weights()
            position.priority_words = " · ".join(
                self.env._(
                    "%(factor)s %(points)s of %(most)s",
                    factor=names[name],
                    points=position[f"points_{name}"],
                    most=round(most[name]),
                )
                for name in FACTORS
                if most[name]
            )

    # -------------------------------------------------------------------------
    # How little is read: only the customers that are named, where no rank among all is asked for
    # -------------------------------------------------------------------------

    @property
    def _table_query(self):
        scope = self.env.context.get("credit_position_scope")
        return self._sql_positions(*(scope if isinstance(scope, Scope) else Scope(None, True)))

    def _scoped(self, domain, names):
        """Return the model for the customers that ``domain`` names by their ids, if no field that is read is a rank; and
        without the day of the next action, if that is not read."""
        if isinstance(self.env.context.get("credit_position_scope"), Scope):
            return self
        names = self._plain([*names, *self._domain_names(domain)])
        partners = None if self._ranks(names) else self._named(domain)
        return self.with_context(credit_position_scope=Scope(partners, dated=not DATED.isdisjoint(names)))

    def _plain(self, names):
        """Return the names of the fields, without a function or what they lead to."""
        return [name.split(":")[0].split(".")[0] for name in names]

    def _ranks(self, names):
        """Return the names of all ranks, which are read together, if one of these fields is a rank or explains one."""
        fields_ = [self._fields.get(name) for name in self._plain(names)]
        read = {
            *fields_,
            *(self._fields[name] for field in fields_ if field for name in self.pool.field_depends[field]),
        }
        ranks = {name: field for name, field in self._fields.items() if field.prefetch == "rank"}
        return list(ranks) if read & set(ranks.values()) else []

    def _domain_names(self, domain):
        return [condition.field_expr for condition in Domain(domain).iter_conditions()]

    def _named(self, domain):
        """Return the ids of the customers that ``domain`` names by themselves or by their files, or None."""
        condition = self._named_files(domain)
        if not condition:
            return None
        self.env["credit.profile"].flush_model(["partner_id"])
        query = SQL("SELECT DISTINCT partner_id FROM credit_profile WHERE %s", condition)
        return tuple(row[0] for row in self.env.execute_query(query)) or (0,)

    def _order_names(self, order):
        return [term.split()[0] for term in (order or self._order).split(",")]

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, **kwargs):
        model = self._scoped(domain, self._order_names(order) if order else [])
        return super(CreditCustomerPosition, model)._search(domain, offset, limit, order, **kwargs)

    @api.model
    @api.readonly
    def search_fetch(self, domain, field_names=None, offset=0, limit=None, order=None):
        """OVERRIDE: find a page with the ranks it shows, which need all customers, then read the rest of these only."""
        wanted = [field.name for field in self._determine_fields_to_fetch(field_names)]
        found_by = [*self._order_names(order), *self._domain_names(domain)]
        ranks = self._ranks([*(field_names or ()), *found_by])
        first = ranks or ([] if limit else wanted)
        model = self._scoped(domain, [*first, *found_by])
        found = super(CreditCustomerPosition, model).search_fetch(domain, first, offset, limit, order)
        records = found.with_env(self.env)
        rest = [name for name in wanted if name not in first]
        if rest:
            records.fetch(rest)
        return records

    @api.model
    @api.readonly
    def web_search_read(self, domain, specification, offset=0, limit=None, order=None, count_limit=None):
        """OVERRIDE: the statement that ranks all customers to find a page counts them too, instead of being run twice."""
        most = count_limit and max(count_limit, offset + (limit or count_limit))
        found = self.search_fetch(domain, self._ranks(specification), limit=most or None, order=order)
        page = self.browse(found.ids[offset : offset + limit] if limit else found.ids[offset:])
        return {"length": len(found), "records": page.web_read(specification)}

    def fetch(self, field_names=None):
        """OVERRIDE: read only these customers, if no rank among all is asked for."""
        wanted = self._determine_fields_to_fetch(field_names, ignore_when_in_cache=True)
        model = self._scoped([("id", "in", self._ids)], [field.name for field in wanted]) if wanted else self
        return super(CreditCustomerPosition, model).fetch(field_names)

    @api.model
    @api.readonly
    def search_count(self, domain, limit=None):
        return super(CreditCustomerPosition, self._scoped(domain, [])).search_count(domain, limit)

    @api.model
    def _read_group(self, domain, groupby=(), aggregates=(), having=(), offset=0, limit=None, order=None):
        model = self._scoped(domain, [*groupby, *aggregates, *(self._order_names(order) if order else [])])
        groups = super(CreditCustomerPosition, model)._read_group(
            domain, groupby, aggregates, having, offset, limit, order
        )
        return model._in_env(groups, self.env)

    @api.model
    def _read_grouping_sets(self, domain, grouping_sets, aggregates=(), order=None):
        model = self._scoped(domain, [*(name for names in grouping_sets for name in names), *aggregates])
        sets = super(CreditCustomerPosition, model)._read_grouping_sets(domain, grouping_sets, aggregates, order)
        return [model._in_env(groups, self.env) for groups in sets]

    def _in_env(self, groups, env):
        """Return the groups with their records in ``env``: what was read narrowly must not narrow what is read later."""
        return [
            tuple(cell.with_env(env) if isinstance(cell, models.BaseModel) else cell for cell in group)
            for group in groups
        ]

    @api.model
    def _by_profile(self, profiles):
        """Return the positions of these collection files, by file; one without open items has none."""
        positions = self.search_fetch([("id", "in", profiles.ids)], order="id")
        return {position.profile_id: position for position in positions}

    # -------------------------------------------------------------------------
    # Buttons
    # -------------------------------------------------------------------------

    def action_profile(self):
        """Open the collection file."""
        self.ensure_one()
        return self.profile_id._get_records_action()

    def action_items(self):
        """Open the customer's overdue items."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("credit_collection.credit_open_item_action")
        action["domain"] = [("partner_id", "=", self.partner_id.id), ("company_id", "=", self.company_id.id)]
        return action

    def action_start_calls(self):
        """Call the customers selected, one after the other; without a selection, those listed on whom to act today.

        Collectors only.

        :raise UserError: when there is nobody to call
        """
        self.env["credit.profile"].check_access("write")
        positions = self
        if not positions:
            listed = Domain(self.env.context.get("active_domain") or Domain.TRUE)
            positions = self.search(listed & Domain("act_today", "=", True))
        if not positions:
            raise UserError(self.env._("Nobody in this list has to be called today: select the customers to call."))
        return self.env["credit.profile"]._start_calls(positions.profile_id)
