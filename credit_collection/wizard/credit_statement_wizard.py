import base64

from odoo import api, fields, models
from odoo.exceptions import UserError


class CreditStatementWizard(models.TransientModel):
    """Download the statements of account of the customers or collection files chosen, as of a day."""

    _name = "credit.statement.wizard"
    _description = "Download statements of account"

    partner_ids = fields.Many2many("res.partner", string="Customers", readonly=True)
    profile_ids = fields.Many2many("credit.profile", string="Collection Files", readonly=True)
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        domain="[('id', 'in', allowed_company_ids)]",
        help="Collection files have a company of their own.",
    )
    day = fields.Date(string="As Of", required=True, default=fields.Date.context_today)
    file_format = fields.Selection([("pdf", "PDF"), ("xlsx", "Excel")], required=True, default="pdf")
    is_several = fields.Boolean(compute="_compute_is_several")
    only_open = fields.Boolean(string="Leave Out Who Owes Nothing", default=True)
    file = fields.Binary(readonly=True)
    file_name = fields.Char(readonly=True)

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        ids, model = self.env.context.get("active_ids", []), self.env.context.get("active_model")
        if model == "credit.profile":
            values["profile_ids"] = [fields.Command.set(ids)]
        elif model == "res.partner":
            values["partner_ids"] = [fields.Command.set(self.env[model].browse(ids).commercial_partner_id.ids)]
        return values

    @api.depends("partner_ids", "profile_ids")
    def _compute_is_several(self):
        for wizard in self:
            wizard.is_several = len(wizard.partner_ids) + len(wizard.profile_ids) > 1

    def action_download(self):
        """Make the file of all statements and let the browser fetch it.

        :raise UserError: when no customer is left, and for a day to come
        """
        self.ensure_one()
        Statement = self.env["credit.statement"]
        pairs = self._pairs()
        if self.file_format == "pdf":
            content = Statement._pdf_of_all(pairs, self.day)
        else:
            content = Statement._xlsx(pairs, self.day)
        self.file_name = Statement._file_name(pairs, self.day, self.file_format)
        self.file = base64.b64encode(content)
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/file?filename_field=file_name&download=true",
            "target": "self",
        }

    def _pairs(self):
        """Return the (customer, company) pairs chosen, by name; of several, those only who have open items."""
        pairs = [(profile.partner_id, profile.company_id) for profile in self.profile_ids]
        pairs += [(partner, self.company_id) for partner in self.partner_ids]
        if self.is_several and self.only_open:
            pairs = self.env["credit.statement"]._with_open_items(pairs, self.day)
        if not pairs:
            raise UserError(self.env._("None of these customers has an open item on that day."))
        return sorted(pairs, key=lambda pair: (pair[1].name, (pair[0].name or "").casefold()))
