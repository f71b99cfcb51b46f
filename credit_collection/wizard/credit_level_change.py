from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class CreditLevelChange(models.TransientModel):
    """Set by hand the level that open items have reached; kept as an action of channel *manual*, with its author."""

    _name = "credit.level.change"
    _description = "Set the level of open items by hand"

    item_ids = fields.Many2many("credit.open.item", string="Open Items", readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, default=lambda self: self.env.company)
    level_id = fields.Many2one(
        "credit.dunning.level",
        string="Level Reached",
        required=True,
        domain="[('company_id', '=', company_id)]",
        help="The items are taken to have received this level today; the next one follows from it.",
    )
    note = fields.Text(string="Reason", required=True)

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        items = self.env["credit.open.item"]._of_today().browse(self.env.context.get("active_ids", [])).exists()
        if len(items.company_id) > 1:
            raise UserError(self.env._("Choose items of one company."))
        values["item_ids"] = [fields.Command.set(items.ids)]
        values["company_id"] = items.company_id.id or self.env.company.id
        return values

    def action_apply(self):
        """Set the level. Credit managers only.

        :raise AccessError: for anybody else
        :raise UserError: when an item stands in a reminder that has not left, or the level is another company's
        """
        self.ensure_one()
        if not self.env.user.has_group("credit_collection.credit_collection_group_manager"):
            raise AccessError(self.env._("Only a credit manager sets a level by hand."))
        items = self.item_ids._of_today().exists()
        self.env["credit.collection.action"]._set_level(items, self.level_id, self.note)
        return {"type": "ir.actions.act_window_close"}
