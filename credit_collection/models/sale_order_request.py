from collections import Counter

from odoo import fields, models
from odoo.exceptions import UserError


class SaleOrder(models.Model):
    _inherit = "sale.order"  # pylint: disable=consider-merging-classes-inherited

    followup_request_count = fields.Integer(
        compute="_compute_followup_requests", compute_sudo=True, string="Credit Requests", groups="base.group_user"
    )
    followup_request_open = fields.Boolean(
        compute="_compute_followup_requests", compute_sudo=True, string="Release Asked For", groups="base.group_user"
    )

    def _compute_followup_requests(self):
        groups = self.env["credit.request"]._read_group(
            [("order_id", "in", self.ids)], ["order_id", "kind", "state"], ["__count"]
        )
        counts, waiting = Counter(), set()
        for order, kind, state, count in groups:
            counts[order.id] += count
            if (kind, state) == ("release", "open"):
                waiting.add(order.id)
        for order in self:
            order.followup_request_count = counts[order._origin.id]
            order.followup_request_open = order._origin.id in waiting

    def unlink(self):
        """EXTENDS 'sale': what was decided about an order stays on record, and the order with it."""
        self.env["credit.request"].sudo().search([("order_id", "in", self.ids)]).unlink()
        return super().unlink()

    def _action_cancel(self):
        """EXTENDS 'sale': nobody has to decide on an order that is cancelled."""
        res = super()._action_cancel()
        waiting = self.env["credit.request"].sudo().search([("order_id", "in", self.ids), ("state", "=", "open")])
        waiting.action_cancel()
        return res

    def action_followup_ask(self):
        """Open the dialog to ask for the release of the order; or the request that waits for a decision.

        :raise AccessError: for an order the user may not change
        :raise UserError: for a cancelled order
        """
        self.ensure_one()
        self.check_access("write")
        if self.state == "cancel":
            raise UserError(self.env._("%s is cancelled: there is nothing to release.", self.display_name))
        Request = self.env["credit.request"]
        waiting = Request.new({"kind": "release", "order_id": self.id})._open_release()
        if waiting:
            return waiting.with_env(self.env)._get_records_action()
        return Request._open_dialog(
            self.env._("Ask for Release"),
            kind="release",
            order_id=self.id,
            partner_id=self._followup_customer().id,
            company_id=self.company_id.id,
        )

    def action_followup_requests(self):
        """Open the credit requests about the order."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("credit_collection.credit_request_action")
        return {**action, "domain": [("order_id", "=", self.id)], "context": {}}
