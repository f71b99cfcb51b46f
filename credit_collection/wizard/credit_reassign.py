from odoo import api, fields, models
from odoo.exceptions import UserError

# What an action is before it has left or was made
AHEAD = ("to_confirm", "queued", "to_print", "to_do", "failed")


class CreditReassign(models.TransientModel):
    """Give customers to another collector; each change is in the file's history."""

    _name = "credit.reassign"
    _description = "Reassign customers to a collector"

    profile_ids = fields.Many2many("credit.profile", string="Customers", readonly=True)
    collector_id = fields.Many2one(
        "res.users", domain=lambda self: self._domain_collector_id(), help="Empty: nobody in particular."
    )
    with_agenda = fields.Boolean(
        string="With What Is Planned",
        default=True,
        help="The actions and activities planned for these customers go to the new collector too.",
    )

    def _domain_collector_id(self):
        group = self.env.ref("credit_collection.credit_collection_group_user")
        return [("all_group_ids", "in", group.ids), ("share", "=", False)]

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        # of the worklist or of the collection files: a position has its file's id
        profiles = self.env["credit.profile"].search([("id", "in", self.env.context.get("active_ids", []))])
        values["profile_ids"] = [fields.Command.set(profiles.ids)]
        return values

    def action_apply(self):
        """Reassign the customers. Collectors only (access rights).

        :raise UserError: without a customer, or for a user who is no collector
        """
        self.ensure_one()
        if not self.profile_ids:
            raise UserError(self.env._("Choose the customers to reassign first."))
        if self.collector_id and not self.collector_id.has_group("credit_collection.credit_collection_group_user"):
            raise UserError(
                self.env._("%s is no collector: an administrator can give the user that role.", self.collector_id.name)
            )
        former = {profile: profile.collector_id for profile in self.profile_ids}
        self.profile_ids.write({"collector_id": self.collector_id.id})
        if self.with_agenda and self.collector_id:
            self._hand_agenda_over(former)
        self.env["credit.customer.position"].invalidate_model()
        self.env["credit.open.item"].invalidate_model()
        return {"type": "ir.actions.act_window_close"}

    def _hand_agenda_over(self, former):
        """What the former collectors, or nobody, had planned becomes the new one's; nothing of other people's."""
        actions = self.env["credit.collection.action"].search(
            [
                ("partner_id", "in", self.profile_ids.partner_id.ids),
                ("company_id", "in", self.profile_ids.company_id.ids),
                ("state", "in", AHEAD),
            ]
        )
        mine = actions.filtered(
            lambda action: action.profile_id in former and action.user_id <= former[action.profile_id]
        )
        mine.write({"user_id": self.collector_id.id})
        activities = self.profile_ids.activity_ids.filtered(
            lambda activity: activity.user_id == former[self.env["credit.profile"].browse(activity.res_id)]
        )
        activities.sudo().with_context(mail_activity_quick_update=True).write({"user_id": self.collector_id.id})
