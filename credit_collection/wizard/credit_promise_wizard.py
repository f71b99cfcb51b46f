from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from .credit_promise_dialog import KIND


class CreditPromiseWizard(models.TransientModel):
    """Note what a customer promises to pay: of selected open items, or of all that is overdue in a collection file."""

    _name = "credit.promise.wizard"
    _inherit = ["credit.promise.dialog"]
    _description = "Promise to pay, or payment announced"

    item_ids = fields.Many2many("credit.open.item", string="Items", required=True)
    partner_id = fields.Many2one("res.partner", string="Customer", compute="_compute_items")
    company_id = fields.Many2one("res.company", compute="_compute_items")
    currency_id = fields.Many2one("res.currency", compute="_compute_items")
    amount_open = fields.Monetary(string="Open", compute="_compute_items")
    replaced = fields.Char(compute="_compute_replaced", string="Replaces")

    kind = fields.Selection(**KIND, required=True, default="firm")
    in_days = fields.Selection(
        [("3", "3 days"), ("7", "7 days"), ("15", "15 days"), ("30", "30 days")], string="In", store=False
    )
    date_promised = fields.Date(string="Promised For", required=True)
    amount = fields.Monetary(
        string="Promised",
        compute="_compute_amount",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    promised_by_id = fields.Many2one("res.partner", domain="[('commercial_partner_id', '=', partner_id)]")
    note = fields.Text()

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        if "item_ids" in fields_list and not values.get("item_ids"):
            values["item_ids"] = [fields.Command.set(self._default_items().ids)]
        return values

    def _default_items(self):
        """Return the open items selected, or what is overdue in the collection file; credits and what is excluded left out.

        :raise UserError: when there is none, or they are of several customers
        """
        OpenItem = self.env["credit.open.item"]._of_today()
        ids = self.env.context.get("active_ids", [])
        if self.env.context.get("active_model") == "credit.profile":
            items = self._overdue_items(self.env["credit.profile"].browse(ids[:1]))
        else:
            items = OpenItem.search([("id", "in", ids)])._promisable()
        if not items:
            raise UserError(self.env._("Nothing is open that could be promised."))
        if len(items.partner_id) > 1 or len(items.company_id) > 1:
            raise UserError(self.env._("Choose items of one customer, in one company."))
        return items

    def _overdue_items(self, profile):
        """Return what is overdue in the file, else all that is open, in the currency of the largest item."""
        items = self.env["credit.open.item"]._of_today().search(profile._customer_domain())._promisable()
        items = items.filtered(lambda item: item.days_overdue > 0) or items
        currency = items.sorted("amount_residual", reverse=True)[:1].currency_id
        return items.filtered(lambda item: item.currency_id == currency)

    @api.depends("item_ids")
    def _compute_items(self):
        for wizard in self:
            items = wizard.item_ids
            wizard.partner_id = items.partner_id[:1]
            wizard.company_id = items.company_id[:1]
            wizard.currency_id = items.currency_id[:1]
            wizard.amount_open = sum(items.mapped("amount_residual_currency"))

    @api.depends("item_ids")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = wizard.item_ids._amount_to_promise()

    @api.depends("item_ids", "promised_by_id")
    def _compute_may_confirm(self):
        for wizard in self:
            wizard.may_confirm = wizard.partner_id and self.env["credit.promise"]._addressee(
                wizard.partner_id, wizard.company_id, wizard.promised_by_id
            )

    @api.depends("item_ids")
    def _compute_replaced(self):
        for wizard in self:
            holding = [("line_ids.move_line_id", "in", wizard.item_ids.ids), ("state", "=", "open")]
            promises = self.env["credit.promise"].search(holding)
            wizard.replaced = ", ".join(promises.mapped("display_name"))

    @api.onchange("in_days")
    def _onchange_in_days(self):
        """So many days from today; on a day on which nothing is done, the next working day."""
        if self.in_days:
            company = self.company_id or self.env.company
            day = company._dunning_today() + timedelta(days=int(self.in_days))
            self.date_promised = company._dunning_working_day(day, 31)

    def action_save(self):
        """Note the promise; the open promises that hold one of the items are replaced.

        :raise UserError: see ``credit.promise._promise``
        """
        self.ensure_one()
        self.env["credit.promise"]._promise(
            self.item_ids,
            self.date_promised,
            amount=self.amount,
            kind=self.kind,
            promised_by=self.promised_by_id,
            note=self.note or "",
            confirm=self.confirm and self.may_confirm,
        )
        return {"type": "ir.actions.act_window_close"}
