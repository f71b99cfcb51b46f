from odoo import api, fields, models


class AccountMove(models.Model):
    _inherit = "account.move"

    followup_action_count = fields.Integer(
        compute="_compute_followup_action_count",
        string="Reminders",
        groups="account.group_account_invoice,account.group_account_readonly",
    )

    followup_level_id = fields.Many2one(
        "credit.dunning.level",
        string="Dunning Level",
        compute="_compute_followup_level_id",
        groups="account.group_account_invoice,account.group_account_readonly",
        help="The furthest level an open instalment of this invoice has reached.",
    )

    # Moves reset to draft keep their matches: the open items look them up (see credit.open.item).
    _followup_unposted_idx = models.Index("(id) WHERE state <> 'posted'")

    def _compute_followup_level_id(self):
        items = self.env["credit.open.item"]._of_today().search([("move_id", "in", self.ids)])
        levels = {}
        for item in items.sorted(lambda item: item.dunning_level_id.day):
            levels[item.move_id.id] = item.dunning_level_id or levels.get(item.move_id.id)
        for move in self:
            move.followup_level_id = levels.get(move.id)

    def _compute_followup_action_count(self):
        groups = self.env["credit.collection.action.line"]._read_group(
            [
                ("move_line_id.move_id", "in", self.ids),
                ("action_id.state", "in", ("sent", "void")),
                ("action_id.is_test", "=", False),
            ],
            ["move_line_id"],
            ["action_id:array_agg_distinct"],
        )
        actions = {}
        for line, action_ids in groups:
            actions.setdefault(line.move_id.id, set()).update(action_ids)
        for move in self:
            move.followup_action_count = len(actions.get(move.id, ()))

    def action_followup_actions(self):
        """Open the reminders in which this invoice was listed."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("credit_collection.credit_collection_action_action")
        action["domain"] = [("line_ids.move_line_id.move_id", "=", self.id), ("is_test", "=", False)]
        action["context"] = {}
        return action

    @api.depends("line_ids.amount_residual")
    def _compute_alerts(self):
        # EXTENDS 'account'
        return super()._compute_alerts()

    def _get_alerts(self):
        """EXTENDS 'account': since when the invoice is late, the level it has reached and what comes next."""
        alerts = super()._get_alerts()
        if self._is_followed_up():
            items = (
                self.env["credit.open.item"]
                ._of_today()
                .search([("move_id", "=", self._origin.id), ("days_overdue", ">", 0)])
            )
            if items:
                profile = self.commercial_partner_id._followup_profiles(self.company_id)
                alerts["credit_collection"] = {
                    "level": "warning",
                    "message": items[0]._banner(),
                    "action_text": self.env._("Collection file") if profile else False,
                    "action": profile._get_records_action() if profile else False,
                }
        return alerts

    def _is_followed_up(self):
        return (
            self.is_sale_document(include_receipts=True)
            and self.state == "posted"
            and self.env["credit.open.item"].has_access("read")
        )
