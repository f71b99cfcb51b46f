from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, clean_context

from .credit_collection_action import blank_columns


class CreditCollectionActionLine(models.Model):
    """An instalment in an action, with that day's figures.

    ``state`` says what the line means for the level of its item:

    * ``info``: listed, but the item climbs no level by it (ad-hoc message, credit note, item not yet due);
    * ``pending``: the item will reach ``level_id`` when the action leaves;
    * ``reached``: the item has reached ``level_id``, on ``date_done``;
    * ``void``: it does not count: cancelled, bounced, dropped at the re-check, or set back by hand.

    ``is_latest`` marks the one line that says which level an item has reached: its last ``reached`` one. The three
    unique indexes are the last guard against a reminder prepared or counted twice.
    """

    _name = "credit.collection.action.line"
    _description = "Item in a collection action"
    _order = "action_id, kind, date_maturity, id"

    action_id = fields.Many2one("credit.collection.action", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="action_id.company_id")
    partner_id = fields.Many2one(related="action_id.partner_id")
    move_line_id = fields.Many2one(
        "account.move.line", string="Journal Item", ondelete="set null", index="btree_not_null"
    )
    move_id = fields.Many2one(related="move_line_id.move_id", string="Invoice")
    move_name = fields.Char(string="Number", readonly=True)
    date = fields.Date(readonly=True)
    date_maturity = fields.Date(string="Due Date", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary(
        string="Open Amount", readonly=True, help="In the item's currency, on the day of the action."
    )
    kind = fields.Selection(
        [("claimed", "Claimed"), ("not_due", "Not due yet"), ("credit", "Credit")], readonly=True, default="claimed"
    )
    level_id = fields.Many2one("credit.dunning.level", ondelete="restrict", readonly=True, index="btree_not_null")
    state = fields.Selection(
        [("info", "Listed only"), ("pending", "Not yet sent"), ("reached", "Counts"), ("void", "Does not count")],
        required=True,
        default="info",
        readonly=True,
    )
    is_latest = fields.Boolean(string="Last Level Reached", readonly=True)
    date_done = fields.Date(readonly=True, help="The day the item reached the level.")
    written_date = fields.Date(
        string="Last Written Reminder",
        readonly=True,
        help="The day of the item's last written reminder, up to this line.",
    )
    channel = fields.Selection(related="action_id.channel")

    _item_uniq = models.UniqueIndex(
        "(action_id, move_line_id) WHERE state <> 'void'", "This item stands in the reminder already."
    )
    _latest_uniq = models.UniqueIndex("(move_line_id) WHERE is_latest", "An item has only one level reached last.")
    _pending_uniq = models.UniqueIndex(
        "(move_line_id) WHERE state = 'pending'", "An item waits in only one reminder at a time."
    )
    _level_uniq = models.UniqueIndex(
        "(move_line_id, level_id) WHERE state IN ('pending', 'reached')", "An item reaches each level only once."
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Add open items to an action that has not left; the figures are read from the ledger.

        :raise UserError: when the action has left, or the item is not an open item of its customer
        """
        model = self.with_context(clean_context(self.env.context))
        allowed = ("action_id", "move_line_id")
        blank = {**blank_columns(self, allowed), "state": "info"}
        kept = [blank | {key: vals.get(key) for key in allowed} for vals in vals_list]
        lines = super(CreditCollectionActionLine, model).create(kept)
        lines.action_id._open_for_change()
        for action, added in lines.grouped("action_id").items():
            items = self.env["credit.open.item"]._of_today().browse(added.move_line_id.ids).exists()
            foreign = (
                len(items) < len(added)
                or items.partner_id != action.partner_id
                or items.company_id != action.company_id
            )
            if foreign:
                raise UserError(
                    self.env._("Only open items of %s can be added to this action.", action.partner_id.display_name)
                )
            for line in added:
                line._write_evidence(items.browse(line.move_line_id.id)._prepare_line_vals())
        return lines

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(
            self.env._("The lines of an action are evidence. Remove a line of an unsent action, or add an item.")
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        self.action_id._open_for_change()

    # -------------------------------------------------------------------------
    # Levels reached. SQL, because one action may hold thousands of lines.
    # -------------------------------------------------------------------------

    def _reach_levels(self, actions, day, sent=None):
        """The pending lines of ``actions`` reach their level on ``day`` and become the latest of their items.

        A call is no written reminder: its lines keep the date of the last one.

        :param SQL sent: a change of the actions that belongs to it, in the same statement
        """
        if not actions:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                # The index on is_latest checks row by row: none becomes the latest before all former ones are counted.
                # The state is not looked at where the lines are found: PostgreSQL would go through all pending lines for it
                """WITH sent AS (%(sent)s), line AS MATERIALIZED (
                       SELECT id, move_line_id, action_id, level_id, state FROM credit_collection_action_line
                        WHERE action_id IN %(actions)s
                   ), former AS (
                       UPDATE credit_collection_action_line old SET is_latest = FALSE
                         FROM line WHERE old.move_line_id = line.move_line_id AND old.is_latest AND line.state = 'pending'
                       RETURNING old.move_line_id, old.written_date)
                   UPDATE credit_collection_action_line new
                      SET state = 'reached', date_done = %(day)s, is_latest = new.move_line_id IS NOT NULL,
                          written_date = CASE WHEN 'call' IN (a.channel, v.channel) THEN former.written_date
                                              ELSE %(day)s END
                     FROM line
                     CROSS JOIN (SELECT COUNT(*) FROM former) all_former
                     JOIN credit_collection_action a ON a.id = line.action_id
                     LEFT JOIN credit_dunning_level v ON v.id = line.level_id
                     LEFT JOIN former ON former.move_line_id = line.move_line_id
                    WHERE new.id = line.id AND line.state = 'pending'""",
                day=day,
                sent=sent or SQL("SELECT"),
                actions=tuple(actions.ids),
            )
        )
        self.invalidate_model(["state", "is_latest", "date_done", "written_date"])

    def _void(self):
        """These lines no longer count; their items fall back to the level they had before."""
        if self:
            self._write_evidence({"state": "void", "is_latest": False})
            self._refresh_latest()

    def _void_later_calls(self):
        """A call made after a letter that came back does not stand for the letter."""
        level = {line.move_line_id: line.level_id for line in self if line.level_id and line.move_line_id}
        calls = self.search([("move_line_id", "in", self.move_line_id.ids), ("is_latest", "=", True)])
        calls.filtered(
            lambda call: (
                call.channel == "call"
                and call.move_line_id in level
                and call.level_id.day >= level[call.move_line_id].day
            )
        )._void()

    def _refresh_latest(self):
        """Find again the last reached line of the items of these lines."""
        items = tuple(self.move_line_id.ids)
        if not items:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE credit_collection_action_line SET is_latest = FALSE WHERE is_latest AND move_line_id IN %s",
                items,
            )
        )
        self.env.cr.execute(
            SQL(
                """UPDATE credit_collection_action_line SET is_latest = TRUE
                    WHERE id IN (SELECT DISTINCT ON (move_line_id) id FROM credit_collection_action_line
                                  WHERE move_line_id IN %s AND state = 'reached'
                                  ORDER BY move_line_id, date_done DESC, id DESC)""",
                items,
            )
        )
        self.invalidate_model(["is_latest"])

    def _write_evidence(self, vals):
        """The one way the module itself changes lines."""
        return super().write(vals)  # pylint: disable=super-method-mismatch

    def _create_evidence(self, vals_list):
        """The one way the module itself creates lines with a level."""
        model = self.with_context(clean_context(self.env.context))
        return super(CreditCollectionActionLine, model).create(vals_list)  # pylint: disable=super-method-mismatch
