from odoo import Command, api, fields, models
from odoo.exceptions import UserError


class CreditLateReasonWizard(models.TransientModel):
    """Note why open items are paid late; kept on the journal items and in the history of the entries."""

    _name = "credit.late.reason.wizard"
    _description = "Note why open items are paid late"

    item_ids = fields.Many2many("credit.open.item", string="Open Items", readonly=True)
    reason_id = fields.Many2one("credit.late.reason", help="Empty takes the reason away.")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        domain = [("id", "in", self.env.context.get("active_ids", [])), ("bucket", "!=", "credit")]
        items = self.env["credit.open.item"]._of_today().search(domain)
        if not items:
            raise UserError(self.env._("Select items that a customer owes: credits are not late."))
        values["item_ids"] = [Command.set(items.ids)]
        if len(items.late_reason_id) == 1:
            values["reason_id"] = items.late_reason_id.id
        return values

    def action_apply(self):
        """Note the reason on the items; none takes it away. Collectors only."""
        self.ensure_one()
        self.item_ids._set_late_reason(self.reason_id)
        return {"type": "ir.actions.act_window_close"}
