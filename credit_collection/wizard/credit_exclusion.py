from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class CreditExclusion(models.TransientModel):
    """Take open items out of the reminders until a day, with a reason; written on the journal items and in the history."""

    _name = "credit.exclusion"
    _description = "Exclude open items from reminders"

    item_ids = fields.Many2many("credit.open.item", string="Open Items", readonly=True)
    date_until = fields.Date(string="Until", help="Empty ends the exclusion now.")
    reason = fields.Char(required=True)

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        items = self.env["credit.open.item"]._of_today().search([("id", "in", self.env.context.get("active_ids", []))])
        values["item_ids"] = [fields.Command.set(items.ids)]
        return values

    def action_apply(self):
        """Exclude the items up to and including the day; an empty day ends an exclusion.

        :raise UserError: for a day that is already past
        """
        self.ensure_one()
        if self.date_until and self.date_until < fields.Date.context_today(self):
            raise UserError(self.env._("Choose a day that is still to come."))
        lines = self.item_ids.move_line_id
        lines.check_access("write")
        # Nothing of the invoice changes: without its synchronisation, which would mark it as modified by hand.
        vals = {"followup_excluded_until": self.date_until, "followup_exclusion_reason": self.reason}
        lines.sudo().with_context(skip_invoice_sync=True).write(vals)
        if self.date_until:
            text = self.env._(
                "Excluded from reminders until %(day)s: %(reason)s",
                day=format_date(self.env, self.date_until),
                reason=self.reason,
            )
        else:
            text = self.env._("No longer excluded from reminders: %s", self.reason)
        lines.move_id._message_log_batch(bodies={move.id: text for move in lines.move_id})
        self.env["credit.open.item"].invalidate_model()
        return {"type": "ir.actions.act_window_close"}
