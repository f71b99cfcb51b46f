from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools import text as text_tools
from .credit_hold import SCOPES


class CreditDunningLevel(models.Model):
    """A step of a scenario: when it is due, by which channel, with which words.

    ``day`` is the nominal day, counted from the due date. It orders the levels of a scenario; the real day of a
    level with an anchor depends on when that anchor was really sent.
    """

    _name = "credit.dunning.level"
    _description = "Dunning level"
    _order = "scenario_id, day, sequence, id"

    scenario_id = fields.Many2one("credit.dunning.scenario", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="scenario_id.company_id")
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10, help="Orders the levels that fall on the same day.")
    name = fields.Char(required=True, translate=True)

    # When
    anchor_level_id = fields.Many2one(
        "credit.dunning.level",
        string="Counted From",
        ondelete="restrict",
        domain="[('scenario_id', '=', scenario_id), ('id', '!=', id)]",
        help="Empty: days are counted from the due date. Else from the day this earlier level was really sent.",
    )
    delay_days = fields.Integer(
        string="Days",
        help="Days after the due date, or after the earlier level was sent. Negative: before the due date.",
    )
    day = fields.Integer(
        string="Nominal Day",
        compute="_compute_day",
        store=True,
        recursive=True,
        aggregator=None,
        help="The day counted from the due date, if every earlier level leaves on its day.",
    )

    # How
    channel = fields.Selection(
        [("email", "E-mail"), ("letter", "Letter"), ("call", "Call")],
        required=True,
        default="email",
        help="A customer without an e-mail address gets a letter; one without a postal address, an e-mail.",
    )
    automatic = fields.Boolean(
        default=True,
        help="Leaves without a confirmation, once the scenario is switched on. Calls always wait for a person.",
    )
    is_formal_notice = fields.Boolean(string="Formal Notice")
    registered = fields.Boolean(
        help="A letter that is sent registered, with acknowledgement of receipt: it counts as sent once its tracking "
        "number is known."
    )
    copy_by_email = fields.Boolean(
        string="Copy by E-Mail",
        help="Once the letter is sent, the contact also gets it by e-mail, if it has an address.",
    )
    attach_invoices = fields.Boolean(help="The invoices claimed are attached as PDF.")
    attach_statement = fields.Boolean(help="The customer's statement of account of the day is attached as PDF.")
    claim_charges = fields.Boolean(
        string="Claim Interest and Indemnity",
        help="Late-payment interest and the fixed indemnity are listed and claimed, as the law and the policy for the "
        "customer allow.",
    )
    deadline_days = fields.Integer(
        string="Days to Pay",
        default=8,
        help="What the customer is given; prints as {deadline}, the date, and {deadline_days}.",
    )

    hold = fields.Selection(
        SCOPES,
        string="Puts on Hold",
        help="Once a reminder of this level has left, or its call is made, the customer is on hold. The hold ends by itself "
        "when nothing that the reminder claimed is open any more, or when it came back. Empty, as in the shipped "
        "scenarios: nobody is put on hold.",
    )

    # Words
    subject = fields.Char(translate=True)
    text = fields.Html(
        translate=True,
        help="Placeholders: {customer} {contact} {company} {amount} {net_amount} {credits} {charges} {total_amount} "
        "{penalty_rate} {item_count} {oldest_due_date} {days_overdue} {deadline} {deadline_days} {today} {collector} {items}. "
        "The table of items stands at {items}, else after the text.",
    )

    _deadline_positive = models.Constraint(
        "CHECK (deadline_days >= 0)", "The deadline cannot be a negative number of days."
    )

    @api.depends("delay_days", "anchor_level_id.day")
    def _compute_day(self):
        for level in self:
            level.day = level.anchor_level_id.day + level.delay_days

    @api.constrains("anchor_level_id", "delay_days", "scenario_id")
    def _check_anchor(self):
        for level in self:
            anchor = level.anchor_level_id
            if not anchor:
                continue
            if level._has_cycle("anchor_level_id"):
                raise ValidationError(
                    self.env._("The levels of “%s” count from each other in a circle.", level.scenario_id.name)
                )
            if anchor.scenario_id != level.scenario_id:
                raise ValidationError(self.env._("“%s” must count from a level of its own scenario.", level.name))
            if level.delay_days <= 0:
                raise ValidationError(
                    self.env._(
                        "“%(level)s” counts from the day “%(anchor)s” was sent: give it at least one day.",
                        level=level.name,
                        anchor=anchor.name,
                    )
                )

    @api.constrains("channel", "registered")
    def _check_registered(self):
        for level in self:
            if level.registered and level.channel != "letter":
                raise ValidationError(
                    self.env._("“%s” is not a letter: only letters are sent registered.", level.name)
                )

    @api.constrains("channel", "subject", "text")
    def _check_words(self):
        known = self.env["credit.dunning.words"]._placeholders()
        for level in self:
            if level.channel != "call" and not (level.subject and level.text):
                raise ValidationError(self.env._("“%s” needs a subject and a text.", level.name))
            unknown = text_tools.unknown_placeholders(f"{level.subject} {level.text}", known)
            if unknown:
                raise ValidationError(
                    self.env._(
                        "“%(level)s” uses placeholders that do not exist: %(unknown)s. Known ones: %(known)s.",
                        level=level.name,
                        unknown=", ".join(f"{{{name}}}" for name in sorted(unknown)),
                        known=" ".join(f"{{{name}}}" for name in known),
                    )
                )

    def write(self, vals):
        if "scenario_id" in vals and any(level.scenario_id.id != vals["scenario_id"] for level in self):
            raise UserError(self.env._("A level stays in its scenario. Archive it here and create it anew there."))
        before = self._used_in_order()
        result = super().write(vals)
        if before != self._used_in_order():
            raise UserError(self.env._("Levels already used for reminders keep their order. Archive them instead."))
        return result

    def _used_in_order(self):
        """Return the levels of these scenarios that were used, in the order in which items climb them."""
        levels = self.with_context(active_test=False).search([("scenario_id", "in", self.scenario_id.ids)])
        lines = self.env["credit.collection.action.line"].sudo()
        used = {level for [level] in lines._read_group([("level_id", "in", levels.ids)], ["level_id"])}
        return levels.filtered(lambda level: level in used).ids

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        used = self.env["credit.collection.action.line"].sudo().search([("level_id", "in", self.ids)], limit=1)
        if used:
            raise UserError(
                self.env._(
                    "“%s” was already used for reminders. Archive it instead: the history needs it.",
                    used.level_id.name,
                )
            )

    def copy_data(self, default=None):
        """The copy of an anchored level counts from the copied anchor: the scenario's copy sets it afterwards."""
        return [dict(vals, anchor_level_id=False) for vals in super().copy_data(default)]
