from odoo import api, fields, models
from odoo.exceptions import UserError


class CreditCallPlan(models.TransientModel):
    """Put a call to a customer on the agenda of a day, with what is to be asked."""

    _name = "credit.call.plan"
    _description = "Plan a call"

    profile_id = fields.Many2one(
        "credit.profile", string="Collection File", required=True, readonly=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(related="profile_id.partner_id")
    date_planned = fields.Date(string="Day", required=True, default=fields.Date.context_today)
    recipient_id = fields.Many2one(
        "res.partner",
        string="Contact",
        compute="_compute_recipient_id",
        store=True,
        readonly=False,
        domain="[('commercial_partner_id', '=', partner_id)]",
    )
    note = fields.Text(string="What to Ask")

    @api.depends("profile_id")
    def _compute_recipient_id(self):
        for plan in self:
            plan.recipient_id = plan.profile_id and plan.profile_id._origin._recipient()

    def action_plan(self):
        """Put the call on the agenda; the overdue items are at hand in it.

        :raise UserError: for a day that is past
        """
        self.ensure_one()
        if self.date_planned < fields.Date.context_today(self):
            raise UserError(self.env._("Choose a day that is still to come."))
        items = self.profile_id._overdue_items().move_line_id
        self.profile_id._plan_call(self.date_planned, items, self.recipient_id, self.note)
        return {"type": "ir.actions.act_window_close"}
