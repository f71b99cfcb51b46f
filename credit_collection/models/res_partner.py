from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from .credit_interest_policy import CUSTOMER_KINDS

# What hangs on a customer, beside its collection files
OF_CUSTOMERS = (
    "credit.collection.action",
    "credit.dispute",
    "credit.hold",
    "credit.late.claim",
    "credit.promise",
    "credit.request",
)


class ResPartner(models.Model):
    _inherit = "res.partner"

    followup_customer_kind = fields.Selection(
        CUSTOMER_KINDS,
        string="Late Payment: Customer Is",
        help="Decides which interest and indemnity may be claimed. Empty: a company is a professional, "
        "a person a consumer.",
    )
    followup_profile_ids = fields.One2many("credit.profile", "partner_id", string="Collection Files")
    followup_item_ids = fields.Many2many("credit.open.item", compute="_compute_followup", string="Open Items")
    followup_overdue = fields.Monetary(
        compute="_compute_followup",
        string="Overdue",
        compute_sudo=False,
        groups="account.group_account_invoice,account.group_account_readonly",
        help="Of the active company, in its currency.",
    )
    followup_action_count = fields.Integer(
        compute="_compute_followup_action_count",
        string="Reminders",
        groups="account.group_account_invoice,account.group_account_readonly",
    )

    followup_terms_warning = fields.Char(
        compute="_compute_followup_terms_warning",
        string="Payment Terms Warning",
        groups="account.group_account_invoice,account.group_account_readonly",
        help="Payment terms that can exceed the legal maximum.",
    )

    @api.depends_context("company")
    def _compute_followup(self):
        groups = (
            self.env["credit.open.item"]
            ._of_today()
            ._read_group(
                [("partner_id", "in", self.ids), ("company_id", "=", self.env.company.id)],
                ["partner_id"],
                ["id:recordset", "amount_overdue:sum"],
            )
        )
        by_partner = {partner.id: figures for partner, *figures in groups}
        for partner in self:
            partner.followup_item_ids, partner.followup_overdue = by_partner.get(partner.id, (False, 0.0))

    @api.depends_context("company")
    def _compute_followup_action_count(self):
        groups = self.env["credit.collection.action"]._read_group(
            [("partner_id", "in", self.ids), ("company_id", "=", self.env.company.id), ("is_test", "=", False)],
            ["partner_id"],
            ["__count"],
        )
        counts = {partner.id: count for partner, count in groups}
        for partner in self:
            partner.followup_action_count = counts.get(partner.id, 0)

    @api.depends("property_payment_term_id", "is_company", "parent_id", "followup_customer_kind")
    @api.depends_context("company", "lang")
    def _compute_followup_terms_warning(self):
        customers = self.filtered(lambda partner: partner.commercial_partner_id == partner)
        warnings = self.env["credit.legal.terms"]._partner_warnings(customers, self.env.company)
        for partner in self:
            partner.followup_terms_warning = warnings.get(partner, False)

    def write(self, vals):
        """EXTENDS 'base': customers that become contacts of another one bring their collection files along, for good: limits,
        holds and evidence are those of one customer from then on.

        :raise AccessError: when there are such files and the user does not decide on limits and holds in their companies
        """
        if not {"is_company", "parent_id"} & vals.keys():
            return super().write(vals)
        customers = self.filtered(lambda partner: partner == partner.commercial_partner_id)
        res = super().write(vals)
        contacts = customers.filtered(lambda partner: partner != partner.commercial_partner_id)
        contacts._followup_check_join()
        for customer, joining in contacts.grouped("commercial_partner_id").items():
            joining._followup_join(customer)
        return res

    def action_followup_profile(self):
        """Open the customer's collection file in the active company; it is created when there is none.

        :raise UserError: for a contact of a company
        """
        self.ensure_one()
        if self != self.commercial_partner_id:
            raise UserError(self.env._("Open the collection file of %s.", self.commercial_partner_id.display_name))
        return self._followup_profile(self.env.company)._get_records_action()

    def action_followup_actions(self):
        """Open the customer's reminders in the active company."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("credit_collection.credit_collection_action_action")
        action["domain"] = [
            ("partner_id", "=", self.id),
            ("company_id", "=", self.env.company.id),
            ("is_test", "=", False),
        ]
        action["context"] = {}
        return action

    def _followup_kind(self):
        """Return what the customer is to the late-payment policies: ``professional``, ``consumer`` or ``public``."""
        self.ensure_one()
        customer = self.commercial_partner_id
        return customer.followup_customer_kind or ("professional" if customer.is_company else "consumer")

    def _followup_address_lines(self):
        """Return the lines of the postal address, without the name of the company."""
        lines = self._display_address(without_company=True).split("\n")
        return [line.strip() for line in lines if line.strip()]

    def _followup_profile(self, company):
        """Return the customer's collection file in ``company``, created when there is none."""
        self.ensure_one()
        return self._followup_profiles(company, create=True)

    def _followup_profiles(self, company, create=False):
        """Return the collection files these customers have in ``company``.

        :param bool create: create those that are missing
        """
        Profile = self.env["credit.profile"]
        customers = self.commercial_partner_id
        profiles = Profile.search([("partner_id", "in", customers.ids), ("company_id", "=", company.id)])
        missing = customers - profiles.partner_id if create else customers.browse()
        return profiles | Profile.create([{"partner_id": p.id, "company_id": company.id} for p in missing])

    def _followup_check_join(self):
        files = self.env["credit.profile"].sudo().search([("partner_id", "in", self.ids)]) if self else ()
        control = self.env["credit.control"]
        if not files or control._administers():
            return
        # customers are shared between companies, and a credit manager decides in some
        if not control._decides() or files - control._of_user(files):
            raise AccessError(
                self.env._(
                    "%s has a collection file: it would go over to the other customer, limits and holds included. Ask a "
                    "credit manager to do that.",
                    ", ".join(files.partner_id.mapped("name")),
                )
            )

    def _followup_join(self, customer):
        """These contacts are of ``customer`` now: so are their collection files, one for each company, and all that hangs on
        them. In SQL: what was sent refuses to be changed.
        """
        (self | customer)._followup_merge_files(customer)
        for model in ("credit.profile", *OF_CUSTOMERS):
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET partner_id = %s WHERE partner_id IN %s",
                    SQL.identifier(self.env[model]._table),
                    customer.id,
                    tuple(self.ids),
                )
            )
        self.env.invalidate_all()

    def _followup_merge_files(self, kept):
        """The collection files that these partners have in a company become one, if possible that of ``kept``; of several
        insolvencies one remains."""
        self.env["credit.hold"].sudo()._merge_insolvencies(self)
        files = self.env["credit.profile"].sudo().search([("partner_id", "in", self.ids)])
        for mine in files.grouped("company_id").values():
            target = (mine.filtered(lambda profile: profile.partner_id == kept) or mine)[:1]
            (mine - target)._merge_into(target)
        self.env.flush_all()
