from odoo import api, fields, models


class CreditExclusion(models.TransientModel):
    """Take open items out of the reminders until a day, with a reason; written on the journal items and in the history."""

    _name = "credit.exclusion"
    _description = "Exclude open items from reminders"

    item_ids = fields.Many2many("credit.open.item", string="Open Items", readonly=True)
    date_until = fields.Date(
        string="Until",
        help="The last day on which the items are not chased; empty ends the exclusion now. Items that have no end of "
        "their own (“No Follow-Up”, payment blocked) stay excluded: on this day you are asked to review them.",
    )
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
        self.item_ids._exclude_until(self.date_until, self.reason)
        return {"type": "ir.actions.act_window_close"}
