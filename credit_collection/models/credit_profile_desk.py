from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_amount

# What waits on the agenda
WAITING = ("to_confirm", "queued", "to_print", "to_do", "failed")
# Items that climb to their next level on its day, if nothing happens before
CLIMBING = ("chase", "daily_max", "too_soon", "waiting", "not_due")
# So many lines of the history stand in the file; the rest is a click away.
HISTORY = 100


class CreditProfile(models.Model):
    """The collector's desk: what comes next for this customer, and what was said and done."""

    _inherit = "credit.profile"  # pylint: disable=consider-merging-classes-inherited

    next_action = fields.Char(compute="_compute_next_action")
    next_action_date = fields.Date(compute="_compute_next_action", string="Next Action On")
    no_next_action = fields.Boolean(
        compute="_compute_next_action", help="The customer owes something late, and nothing is planned."
    )
    promise_ids = fields.Many2many("credit.promise", compute="_compute_said", string="Promises")
    dispute_ids = fields.Many2many("credit.dispute", compute="_compute_said", string="Disputes")
    history_ids = fields.Many2many("credit.history", compute="_compute_history_ids")

    @api.depends("partner_id", "company_id")
    @api.depends_context("lang")
    def _compute_next_action(self):
        planned = self._next_actions()
        for profile in self:
            profile.next_action_date, profile.next_action = planned.get(profile, (False, False))
            late = profile.currency_id.compare_amounts(profile.amount_overdue, 0.0) > 0
            profile.no_next_action = late and not profile.next_action

    @api.depends("partner_id", "company_id")
    def _compute_said(self):
        promises, disputes = self._of_customers("credit.promise"), self._of_customers("credit.dispute")
        for profile in self:
            profile.promise_ids, profile.dispute_ids = promises.get(profile), disputes.get(profile)

    @api.depends("partner_id", "company_id")
    def _compute_history_ids(self):
        for profile in self:  # one file at a time: shown on its form only
            profile.history_ids = self.env["credit.history"].search(profile._customer_domain(), limit=HISTORY)

    # -------------------------------------------------------------------------
    # Buttons
    # -------------------------------------------------------------------------

    def action_history(self):
        """Open everything that happened with the customer."""
        return self._open_customer("credit_collection.credit_history_action")

    def action_items(self):
        """Open the customer's open items as a list, in which to choose some for a message, an exclusion …"""
        return self._open_customer("credit_collection.credit_open_item_action")

    def _open_customer(self, xmlid):
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        return {**action, "domain": self._customer_domain(), "context": {}}

    # -------------------------------------------------------------------------
    # What comes next
    # -------------------------------------------------------------------------

    def _next_actions(self):
        """Return (day, words) of what comes next for each customer: what is on the agenda, a promise or an answer to a dispute
        to wait for, an activity on the file, the next level. A file without any is left out."""
        steps = {}
        for profile, day, words in (
            *self._planned_steps(),
            *self._awaited_steps(),
            *self._activity_steps(),
            *self._level_steps(),
        ):
            if profile not in steps or day < steps[profile][0]:
                steps[profile] = (day, words)
        return steps

    def _planned_steps(self):
        labels = dict(self.env["credit.collection.action"]._fields["state"]._description_selection(self.env))
        domain = Domain("state", "in", WAITING)
        for profile, actions in self._of_customers("credit.collection.action", domain).items():
            for action in actions:
                what = self.env._("Call") if action.channel == "call" else action.level_id.name or action.subject
                what = what or self.env._("Message")
                yield profile, action.date_planned, f"{what} ({labels[action.state]})"

    def _awaited_steps(self):
        for profile, promises in self._of_customers("credit.promise", Domain("state", "=", "open")).items():
            for promise in promises:
                amount = format_amount(self.env, promise.amount, promise.currency_id)
                yield (
                    profile,
                    promise.date_deadline or promise.date_promised,
                    self.env._("Payment of %s promised", amount),
                )
        for profile, disputes in self._of_customers("credit.dispute", Domain("state", "=", "open")).items():
            for dispute in disputes:
                yield (
                    profile,
                    dispute.date_deadline,
                    self.env._("Answer to a dispute by %s", dispute.owner_id.name),
                )

    def _activity_steps(self):
        for profile in self:
            for activity in profile.activity_ids:
                yield profile, activity.date_deadline, activity.summary or activity.activity_type_id.name

    def _level_steps(self):
        climbing = Domain("chase_state", "in", CLIMBING) & Domain("scenario_id.live", "=", True)
        rows = (
            self.env["credit.open.item"]
            ._of_today()
            ._read_group(
                self._customers_domain() & climbing,
                ["partner_id", "company_id", "next_level_id"],
                ["next_date:min"],
            )
        )
        profiles = {(profile.partner_id, profile.company_id): profile for profile in self}
        today = fields.Date.context_today(self)
        for partner, company, level, day in rows:
            if day and (partner, company) in profiles:
                yield profiles[partner, company], max(day, today), level.name

    # -------------------------------------------------------------------------
    # Helpers
    # -------------------------------------------------------------------------

    def _customer_domain(self):
        return [("partner_id", "=", self.partner_id.id), ("company_id", "=", self.company_id.id)]

    def _customers_domain(self):
        return Domain("partner_id", "in", self.partner_id.ids) & Domain("company_id", "in", self.company_id.ids)

    def _of_customers(self, model, domain=Domain.TRUE):
        """Return the records of a model about these customers, by file."""
        found = self.env[model].search(self._customers_domain() & domain)
        by_key = found.grouped(lambda record: (record.partner_id, record.company_id))
        keys = {profile: (profile.partner_id, profile.company_id) for profile in self}
        return {profile: by_key[key] for profile, key in keys.items() if key in by_key}
