from odoo import api, fields, models


class CreditDunningPreview(models.TransientModel):
    """What goes out for a selection of open items, what does not and why; then the same run as at night."""

    _name = "credit.dunning.preview"
    _description = "Preview of reminders"

    company_id = fields.Many2one("res.company", required=True, readonly=True, default=lambda self: self.env.company)
    selected_ids = fields.Many2many("credit.open.item", readonly=True)
    chase_ids = fields.Many2many("credit.open.item", compute="_compute_split", string="What Goes Out")
    other_ids = fields.Many2many("credit.open.item", compute="_compute_split", string="What Does Not, and Why")
    summary = fields.Char(compute="_compute_split")
    notices = fields.Text(compute="_compute_notices")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        values["selected_ids"] = [fields.Command.set(self._selected_items().ids)]
        return values

    @api.model
    def _selected_items(self):
        """Return the open items the button was pressed for: items, customers or collection files of the active company."""
        OpenItem = self.env["credit.open.item"]._of_today()
        ids, model = self.env.context.get("active_ids", []), self.env.context.get("active_model")
        company = fields.Domain("company_id", "=", self.env.company.id)
        if model == "credit.open.item":
            return OpenItem.search(company & fields.Domain("id", "in", ids))
        if model in ("credit.profile", "credit.customer.position"):  # a position has its file's id
            partners = self.env["credit.profile"].browse(ids).partner_id
        elif model == "res.partner":
            partners = self.env["res.partner"].browse(ids).commercial_partner_id
        else:
            return OpenItem.search(company)
        return OpenItem.search(company & fields.Domain("partner_id", "in", partners.ids))

    @api.depends("selected_ids")
    def _compute_split(self):
        for preview in self:
            items = preview.selected_ids._of_today()
            chased = preview._within_maximum(items.filtered(lambda item: item.chase_state == "chase"))
            preview.chase_ids = chased
            preview.other_ids = (items - chased).sorted(lambda item: (item.chase_state or "", item.date_maturity))
            preview.summary = self.env._(
                "To chase: %(actions)s customer(s), %(items)s item(s). Waiting, each with its reason: %(others)s.",
                actions=len(chased.partner_id),
                items=len(chased),
                others=len(items) - len(chased),
            )

    def _within_maximum(self, items):
        """Return what goes out today: under a daily maximum, the reminders to the customers with the largest claims."""
        company = self.company_id.sudo()
        if not company.followup_daily_max:
            return items
        calls = items.filtered(lambda item: item.next_channel == "call")
        written = items - calls
        claims = {
            partner.id: sum(mine.mapped("claimable_company"))
            for partner, mine in written.grouped("partner_id").items()
        }
        first = self.env["credit.dunning.run"]._largest_claims(company, claims, company._dunning_today())
        return calls | written.filtered(lambda item: item.partner_id.id in first)

    @api.depends("company_id")
    def _compute_notices(self):
        for preview in self:
            preview.notices = "\n".join(preview.company_id.sudo()._dunning_notices())

    def action_prepare(self):
        """Prepare the reminders as the nightly run does: automatic levels are sent, the others wait to be confirmed."""
        self.ensure_one()
        self.check_access("write")
        self.env["credit.collection.action"].check_access("create")
        company = self.company_id
        run = self.env["credit.dunning.run"].with_company(company).with_context(tz=company._dunning_tz())
        actions = run._prepare(self.selected_ids.ids)
        actions._trigger_sending()
        window = self.env["ir.actions.act_window"]._for_xml_id("credit_collection.credit_collection_action_action")
        window["domain"] = [("id", "in", actions.ids)]
        window["context"] = {}
        return window
