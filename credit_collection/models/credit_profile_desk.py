from odoo import api, fields, models

# So many lines of the history stand in the file; the rest is a click away.
HISTORY = 100


class CreditProfile(models.Model):
    """The collector's desk: what comes next for this customer, and what was said and done."""

    _inherit = "credit.profile"  # pylint: disable=consider-merging-classes-inherited

    next_action = fields.Selection(
        selection=lambda self: (
            self.env["credit.customer.position"]._fields["next_action"]._description_selection(self.env)
        ),
        compute="_compute_next_action",
    )
    next_action_date = fields.Date(compute="_compute_next_action", string="Next Action On")
    no_next_action = fields.Boolean(
        compute="_compute_next_action", help="Something may be claimed, and nothing is planned."
    )
    promise_ids = fields.Many2many("credit.promise", compute="_compute_said", string="Promises")
    dispute_ids = fields.Many2many("credit.dispute", compute="_compute_said", string="Disputes")
    history_ids = fields.Many2many("credit.history", compute="_compute_history_ids")

    @api.depends("partner_id", "company_id")
    def _compute_next_action(self):
        positions = self.env["credit.customer.position"]._by_profile(self)
        nothing = self.env["credit.customer.position"]
        for profile in self:
            position = positions.get(profile, nothing)
            profile.next_action, profile.next_action_date = position.next_action, position.next_action_date
            profile.no_next_action = position.no_next_action

    @api.depends("partner_id", "company_id")
    def _compute_said(self):
        promises, disputes = self._of_customers("credit.promise"), self._of_customers("credit.dispute")
        for profile in self:
            profile.promise_ids, profile.dispute_ids = promises.get(profile), disputes.get(profile)

    @api.depends("partner_id", "company_id")
    def _compute_history_ids(self):
        for profile in self:  # one file at a time: shown on its form only
            profile.history_ids = self.env["credit.history"].search(profile._customer_domain(), limit=HISTORY)

    # -------------------------------------------------------------------------
    # Buttons
    # -------------------------------------------------------------------------

    def action_history(self):
        """Open everything that happened with the customer."""
        return self._open_customer("credit_collection.credit_history_action")

    def action_items(self):
        """Open the customer's open items as a list, in which to choose some for a message, an exclusion …"""
        return self._open_customer("credit_collection.credit_open_item_action")

    def action_vital_items(self):
        """Open the few overdue items that make 80 % of what is overdue (Pareto), ready to be taken together."""
        action = self.action_items()
        return {**action, "domain": [("id", "in", self.item_ids.filtered("is_vital").ids)]}

    def _open_customer(self, xmlid):
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        return {**action, "domain": self._customer_domain(), "context": {}}
