from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class CreditDisputeWizard(models.TransientModel):
    """Open a dispute: which items and how much of each, why, who answers by when, and the evidence.

    Opened on open items, a collection file, an invoice or a reminder, by ``active_model``.
    """

    _name = "credit.dispute.wizard"
    _description = "New dispute"

    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    line_ids = fields.One2many("credit.dispute.wizard.line", "wizard_id", string="Items")
    total = fields.Monetary(compute="_compute_total", string="Disputed")
    reason_id = fields.Many2one("credit.late.reason", required=True, domain=[("is_dispute", "=", True)])
    owner_id = fields.Many2one(
        "res.users",
        compute="_compute_owner_id",
        store=True,
        readonly=False,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Who must answer: of what is caused on our side, the salesperson; else the collector.",
    )
    date_deadline = fields.Date(
        string="Answer By", required=True, help="Until then, what is disputed is not claimed; the rest is."
    )
    note = fields.Text(string="What the Customer Says")
    attachment_ids = fields.Many2many("ir.attachment", string="Evidence")

    @api.model
    def default_get(self, fields_list):
        """Propose what may be disputed of the records it was opened on.

        :raise UserError: when nothing may, or they are of several customers, companies or currencies
        """
        values = super().default_get(fields_list)
        items, whole = self._default_items()
        room = self.env["credit.dispute"]._room(items.ids)
        items = items.filtered(lambda item: item.currency_id.compare_amounts(room[item.id], 0) > 0)
        if not items:
            raise UserError(self.env._("Nothing is open here that is not disputed already."))
        company = self.env["credit.dispute"]._check_items(items)
        values.update(
            partner_id=items.partner_id.id,
            company_id=company.id,
            currency_id=items.currency_id.id,
            date_deadline=fields.Date.add(company._dunning_today(), days=company.followup_dispute_days),
            reason_id=items.late_reason_id.filtered("is_dispute")[:1].id,
            line_ids=[
                Command.create({"move_line_id": item.id, "room": room[item.id], "amount": room[item.id] * whole})
                for item in items
            ],
        )
        return values

    def _default_items(self):
        """Return the items to choose from, and whether they are disputed as a whole unless changed: those that were picked
        are; those of a whole file are listed to write the amounts on."""
        OpenItem = self.env["credit.open.item"]._of_today()
        model, ids = self.env.context.get("active_model"), self.env.context.get("active_ids", [])
        records = self.env[model].browse(ids) if model in self._sources() else OpenItem
        domain = self._sources().get(model, lambda records: [("id", "in", [])])(records)
        items = OpenItem.search([*domain, ("bucket", "!=", "credit")])
        return items, model != "credit.profile"

    def _sources(self):
        """Return the domain of the open items of what it may be opened on, by model."""
        return {
            "credit.open.item": lambda items: [("id", "in", items.ids)],
            "credit.profile": lambda files: [
                ("partner_id", "in", files.partner_id.ids),
                ("company_id", "in", files.company_id.ids),
            ],
            "account.move": lambda moves: [("move_id", "in", moves.ids)],
            "credit.collection.action": lambda actions: [("id", "in", actions.line_ids.move_line_id.ids)],
            "credit.call.result": lambda calls: [("id", "in", calls.action_id.line_ids.move_line_id.ids)],
        }

    @api.depends("line_ids.amount")
    def _compute_total(self):
        for wizard in self:
            wizard.total = sum(wizard.line_ids.mapped("amount"))

    @api.depends("reason_id", "partner_id", "company_id")
    def _compute_owner_id(self):
        for wizard in self:
            collector = wizard.partner_id._followup_profiles(wizard.company_id).collector_id
            candidates = [collector, self.env.user]
            if wizard.reason_id.side == "ours":
                moves = wizard.line_ids.move_line_id.move_id
                candidates = [*moves.invoice_user_id[:1], wizard.partner_id.user_id, *candidates]
            wizard.owner_id = next(filter(wizard._may_own, candidates), False)

    def _may_own(self, user):
        user = user.sudo()
        return user and user.active and not user.share and self.company_id in user.company_ids

    def action_apply(self):
        """Open the dispute of the amounts above zero, and show it.

        :raise UserError: when no amount is given, or one is more than may be disputed
        """
        self.ensure_one()
        amounts = {line.item_id: line.amount for line in self.line_ids if not line.currency_id.is_zero(line.amount)}
        if not amounts:
            raise UserError(self.env._("Say how much of which item is contested."))
        dispute = self.env["credit.dispute"]._open(
            amounts, self.reason_id, self.owner_id, self.date_deadline, self.note or "", self.attachment_ids
        )
        return dispute._get_records_action()


class CreditDisputeWizardLine(models.TransientModel):
    _name = "credit.dispute.wizard.line"
    _description = "Item of a new dispute"

    wizard_id = fields.Many2one("credit.dispute.wizard", required=True, ondelete="cascade")
    move_line_id = fields.Many2one("account.move.line", required=True, ondelete="cascade")
    item_id = fields.Many2one("credit.open.item", compute="_compute_item_id")
    move_name = fields.Char(related="move_line_id.move_name", string="Number")
    date_maturity = fields.Date(related="move_line_id.date_maturity", string="Due Date")
    currency_id = fields.Many2one(related="move_line_id.currency_id")
    room = fields.Monetary(string="May Be Disputed", readonly=True, help="Open, and not disputed already.")
    amount = fields.Monetary(string="Disputed")

    @api.depends("move_line_id")
    def _compute_item_id(self):
        for line in self:
            line.item_id = line.move_line_id.id
