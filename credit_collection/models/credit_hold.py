from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, format_date

SCOPES = [("orders", "Orders"), ("deliveries", "Deliveries"), ("both", "Orders and deliveries")]
# What a credit manager may change of a hold; the rest says whose decision it is, about whom.
CHANGEABLE = ("scope", "date_from", "date_to", "reason")


class CreditHold(models.Model):
    """A decision to hold the orders or the deliveries of a customer in a company.

    Credit managers put on hold and end holds; a dunning level does by its reminders (``credit_hold_level.py``). The day
    of an insolvency judgment is one, too, and also stops chasing and interest. Each is kept, and told in the customer's
    collection file. What follows from the figures (over the limit, overdue) is not stored here: the rules evaluate it live.
    """

    _name = "credit.hold"
    _description = "Credit hold"
    _order = "date_from desc, id desc"
    _rec_name = "reason"
    _check_company_auto = True

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    kind = fields.Selection(
        [("manual", "By hand"), ("level", "Dunning level"), ("insolvency", "Insolvency")],
        required=True,
        default="manual",
        readonly=True,
    )
    scope = fields.Selection(SCOPES, required=True, default="both")
    date_from = fields.Date(
        string="Since",
        required=True,
        default=fields.Date.context_today,
        help="The first day. Of an insolvency: the day of the judgment.",
    )
    date_to = fields.Date(
        string="Until",
        help="The last day. Empty: until someone ends it. Before the first day: it was taken back and never held.",
    )
    reason = fields.Char(required=True)
    user_id = fields.Many2one("res.users", string="Decided By", default=lambda self: self.env.user, readonly=True)
    action_id = fields.Many2one(
        "credit.collection.action",
        string="Reminder",
        readonly=True,
        ondelete="set null",
        help="The reminder whose level decided it: the hold ends when nothing of what it claimed is open any more.",
    )
    state = fields.Selection(
        [("planned", "Planned"), ("in_force", "In force"), ("ended", "Ended")],
        compute="_compute_state",
        search="_search_state",
        help="Today.",
    )

    _action_uniq = models.UniqueIndex("(action_id) WHERE action_id IS NOT NULL", "A reminder holds its customer once.")
    # By which open items and late interest find the judgment
    _insolvency_uniq = models.UniqueIndex(
        "(partner_id, company_id) WHERE kind = 'insolvency' AND date_to IS NULL",
        "This customer is insolvent already: change the day of the judgment.",
    )

    # -------------------------------------------------------------------------
    # In force or not
    # -------------------------------------------------------------------------

    @api.depends("date_from", "date_to", "kind", "action_id")
    def _compute_state(self):
        self._flush_facts()
        rows = self.env.execute_query(
            SQL("SELECT h.id, %s FROM credit_hold h WHERE h.id IN %s", self._sql_state(), tuple(self.ids) or (0,))
        )
        states = dict(rows)
        for hold in self:
            hold.state = states.get(hold.id)

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        self._flush_facts()
        found = SQL(
            "(SELECT h.id FROM credit_hold h WHERE %s IN %s)", self._sql_state(), tuple(filter(None, value)) or ("",)
        )
        return [("id", "in", found)]

    @api.model
    def _sql_state(self):
        """The state of holds ``h`` today."""
        day = fields.Date.context_today(self)
        return SQL(
            """CASE WHEN %(active)s THEN 'in_force'
                    WHEN h.date_from > %(day)s AND (h.date_to IS NULL OR h.date_to >= h.date_from) THEN 'planned'
                    ELSE 'ended' END""",
            active=self._sql_active(day),
            day=day,
        )

    @api.model
    def _sql_active(self, day):
        """Return the condition on holds ``h`` that are in force on ``day``. See ``_flush_facts``."""
        return SQL(
            """(h.date_from <= %(day)s AND (h.date_to IS NULL OR h.date_to >= %(day)s)
                AND (h.kind <> 'level' OR %(claimed)s))""",
            day=day,
            claimed=self._sql_still_claimed(SQL("h.action_id")),
        )

    @api.model
    def _sql_insolvent(self):
        """Return the customers under insolvency proceedings, at most a row per customer and company, as a table."""
        return SQL(
            """(SELECT partner_id, company_id, date_from AS insolvency_date FROM credit_hold
                 WHERE kind = 'insolvency' AND date_to IS NULL)"""
        )

    @api.model
    def _flush_facts(self):
        """Write what these conditions read."""
        self.flush_model()
        self.env["account.move.line"].flush_model(
            ["amount_residual", "amount_residual_currency", "parent_state", "reconciled"]
        )
        self.env["credit.collection.action"].flush_model(["state"])
        self.env["credit.collection.action.line"].flush_model(["action_id", "kind", "move_line_id", "state"])

    # -------------------------------------------------------------------------
    # Guards
    # -------------------------------------------------------------------------

    @api.constrains("partner_id")
    def _check_commercial_partner(self):
        for hold in self:
            if hold.partner_id != hold.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "%(contact)s is a contact: put %(customer)s on hold.",
                        contact=hold.partner_id.display_name,
                        customer=hold.partner_id.commercial_partner_id.display_name,
                    )
                )

    @api.constrains("date_from", "date_to", "kind")
    def _check_dates(self):
        for hold in self:
            # the day before the first is how a hold is taken back that has not held a day yet
            if hold.date_to and hold.date_to < hold.date_from - timedelta(days=1):
                raise ValidationError(self.env._("A hold cannot end before it begins."))
            if hold.kind == "insolvency" and hold.date_to and not hold._is_over():
                raise ValidationError(
                    self.env._("Insolvency proceedings have no end known in advance: end the hold when they are over.")
                )

    @api.constrains("reason")
    def _check_reason(self):
        for hold in self:
            if not hold.reason.strip():
                raise ValidationError(self.env._("Say why %s is on hold.", hold.partner_id.display_name))

    def _is_over(self):
        """Return whether the hold's own dates have ended it."""
        return bool(self.date_to) and (self.date_to < fields.Date.context_today(self) or self.date_to < self.date_from)

    @api.model
    def _check_may_hold(self):
        self.env["credit.control"]._check_decides(
            self.env._("Only credit managers put customers on hold, change a hold or end it.")
        )

    @api.model_create_multi
    def create(self, vals_list):
        """Put customers on hold, which their collection files tell. Credit managers only.

        :raise AccessError: for anybody else
        """
        self._check_may_hold()
        if not self.env.su:
            vals_list = [self._own_decision(vals) for vals in vals_list]
        holds = super().create(vals_list)
        holds._log({hold: hold._sentence() for hold in holds})
        return holds

    def _own_decision(self, vals):
        """Return the values of a decision of the user's: neither values nor defaults make it another's, or a level's."""
        vals = {"kind": "manual", **vals, "user_id": self.env.uid, "action_id": False}
        if vals["kind"] == "level":
            raise UserError(self.env._("Only a reminder that has left puts a customer on hold by its level."))
        return vals

    def write(self, vals):
        """Change what was decided, which the collection files tell. Credit managers only.

        :raise AccessError: for anybody else
        :raise UserError: to make it another decision, or to bring back a hold that has ended
        """
        self._check_may_hold()
        fixed = vals.keys() - set(CHANGEABLE)
        if fixed:
            raise UserError(
                self.env._(
                    "Customer, company, kind and author of a hold stay. End this one, and put on hold whom you mean."
                )
            )
        self._check_not_over()
        before = {hold: hold._facts() for hold in self}
        result = super().write(vals)
        self._log({hold: hold._changes(before[hold]) for hold in self})
        return result

    def _check_not_over(self):
        for hold in self:
            if hold._is_over():
                raise UserError(
                    self.env._(
                        "The hold of %s has ended: it stays as it was. Put the customer on hold again.",
                        hold.partner_id.display_name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        raise UserError(self.env._("Holds are kept, with who decided them: end this one instead of deleting it."))

    # -------------------------------------------------------------------------
    # Business
    # -------------------------------------------------------------------------

    def action_end(self):
        """End the holds at once. Credit managers only.

        :raise AccessError: for anybody else
        :raise UserError: for one that has ended
        """
        self._check_may_hold()
        self.check_access("write")
        self._check_not_over()
        self._end({hold: self.env._("The hold is ended: %s", hold.reason) for hold in self})

    def _end(self, sentences):
        """End the holds: yesterday was their last day. ``sentences``: what the collection files tell of each."""
        yesterday = fields.Date.context_today(self) - timedelta(days=1)
        last_days = self.grouped(lambda hold: max(yesterday, hold.date_from - timedelta(days=1)))
        for day, holds in last_days.items():
            holds._write_end(day)
        self._log(sentences)

    def _write_end(self, day):
        return super().write({"date_to": day})  # pylint: disable=super-method-mismatch

    @api.model
    def _merge_insolvencies(self, partners):
        """These customers become one, for which one judgment counts in a company: the latest."""
        insolvencies = self.search(
            [("partner_id", "in", partners.ids), ("kind", "=", "insolvency"), ("date_to", "=", False)]
        )
        for mine in insolvencies.grouped("company_id").values():
            latest = mine.sorted(lambda hold: (hold.date_from, hold.id))[-1:]
            former = mine - latest
            former._end(
                {
                    hold: self.env._(
                        "Customers merged: the judgment of %(latest)s counts, not that of %(former)s.",
                        latest=format_date(self.env, latest.date_from),
                        former=format_date(self.env, hold.date_from),
                    )
                    for hold in former
                }
            )
        self.env.flush_all()  # core's merge goes on in SQL

    # -------------------------------------------------------------------------
    # In the user's words
    # -------------------------------------------------------------------------

    def _facts(self):
        """Return what may be changed of the hold, for people, by the names of the fields."""
        self.ensure_one()
        scopes = dict(self._fields["scope"]._description_selection(self.env))
        return {
            "scope": scopes[self.scope],
            "date_from": format_date(self.env, self.date_from),
            "date_to": format_date(self.env, self.date_to) if self.date_to else "–",
            "reason": self.reason,
        }

    def _sentence(self):
        """Return what is on hold since when, until when, and why."""
        facts = self._facts()
        if self.date_to:
            return self.env._("On hold from %(date_from)s to %(date_to)s (%(scope)s): %(reason)s", **facts)
        return self.env._("On hold since %(date_from)s (%(scope)s): %(reason)s", **facts)

    def _changes(self, before):
        """Return what has changed since ``before``, as ``_facts`` said it; empty when nothing has."""
        changes = [
            self.env["credit.control"]._change(self._fields[name], before[name], value)
            for name, value in self._facts().items()
            if value != before[name]
        ]
        return changes and self.env._("Hold changed. %s", "; ".join(changes))

    def _log(self, sentences):
        """Tell these sentences in the history of the customers' collection files; what was read of holds is forgotten."""
        told = {hold: sentences[hold] for hold in self.filtered(sentences.get)}
        self.env["credit.profile"].sudo()._log_about(told)
        self.env["credit.profile"].invalidate_model(["hold_ids", "hold_sentence", "insolvency_date"])
        self.env["credit.open.item"].invalidate_model()
