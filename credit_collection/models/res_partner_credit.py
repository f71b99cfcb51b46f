from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_amount

from .credit_control import ACCOUNTING
from .credit_profile_limit import TERMS

# What core keeps of a customer's credit, by company. Core's “Partner Limit” switch writes the limit.
RESERVED = ("credit_limit", "property_payment_term_id", "trust")


# The customer's limit, payment terms and degree of trust: who may change them, and the history of it.
class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    followup_may_decide = fields.Boolean(compute="_compute_followup_may_decide")
    followup_credit_line = fields.Char(
        compute="_compute_followup_credit_line",
        string="Credit",
        groups=ACCOUNTING,
        help="In the active company, in its currency.",
    )

    @api.depends_context("uid")
    def _compute_followup_may_decide(self):
        self.followup_may_decide = self.env["credit.control"]._decides()

    @api.depends_context("company", "lang")
    def _compute_followup_credit_line(self):
        company = self.env.company
        customers = self._origin.filtered(lambda partner: partner == partner.commercial_partner_id)
        positions = self.env["credit.exposure"].sudo()._positions([(customer, company) for customer in customers])
        for partner in self:
            position = positions.get((partner._origin, company))
            partner.followup_credit_line = position and self._followup_credit_sentence(position, company.currency_id)

    @api.constrains("credit_limit")
    def _check_followup_credit_limit(self):
        if any(partner.credit_limit < 0 for partner in self.sudo()):
            raise ValidationError(
                self.env._(
                    "A credit limit cannot be negative. 0: the customer has no limit. To give no credit, choose it in "
                    "the collection file."
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        if not self.env["credit.control"]._decides():
            defaults = self._followup_own_defaults()
            for partner, vals in zip(partners, vals_list, strict=True):
                partner._followup_check_created([name for name in RESERVED if name in vals or name in defaults])
        return partners

    def write(self, vals):
        names = [name for name in RESERVED if name in vals]
        if not names:
            return super().write(vals)
        decides = self.env["credit.control"]._decides()
        watched = self.filtered(lambda partner: not decides or partner == partner.commercial_partner_id)
        before = watched._followup_reserved(names)
        res = super().write(vals)
        after = watched._followup_reserved(names)
        changed = watched.filtered(lambda partner: before[partner] != after[partner])
        if not decides:
            changed._followup_check_reserved(names)
        changed._followup_log(before, after)
        return res

    def unlink(self):
        """EXTENDS 'base': the collection file goes with a customer of whom nothing else keeps hold."""
        self.check_access("unlink")
        self.env["credit.profile"].sudo().search([("partner_id", "in", self.ids)]).unlink()
        return super().unlink()

    # -- reserved rights ------------------------------------------------------

    def _followup_own_defaults(self):
        """Return the reserved fields for which the context or the user's own defaults give another value than all get."""
        defaults = self.default_get(list(RESERVED))
        plain = {name: self._fields[name].get_company_dependent_fallback(self) for name in RESERVED}
        plain = self._convert_to_write(plain)
        return {name for name in RESERVED if name in defaults and defaults[name] != plain[name]}

    def _followup_check_created(self, names):
        fallback = {name: self._fields[name].get_company_dependent_fallback(self) for name in names}
        values = self._followup_reserved(names)[self] if names else {}
        if any(values[name] != fallback[name] for name in names):
            self._followup_check_reserved(names)

    def _followup_check_reserved(self, names):
        """Refuse what these customers got to a user who may not decide; contacts may get what their company has.

        :raise AccessError: says who may
        """
        values = (self | self.commercial_partner_id)._followup_reserved(names)
        for partner in self:
            customer = partner.commercial_partner_id
            if partner == customer or values[partner] != values[customer]:
                self.env["credit.control"]._check_decides(
                    self.env._(
                        "Only a credit manager changes the credit limit, the payment terms and the degree of trust of "
                        "%s. You can ask for it with a credit request.",
                        partner.display_name,
                    )
                )

    def _followup_reserved(self, names):
        """Return the values of these fields in the active company, by partner; the limit is not for everybody to read."""
        return {partner: {name: partner.sudo()[name] for name in names} for partner in self}

    # -- history --------------------------------------------------------------

    def _followup_log(self, before, after):
        """Note the changes in the customers' collection files of the active company, as the file's own fields are tracked."""
        customers = self.filtered(lambda partner: partner == partner.commercial_partner_id)
        if not customers:
            return
        customers = customers.sudo().with_context(mail_create_nosubscribe=True)
        profiles = customers._followup_profiles(self.env.company, create=True)
        tracking, columns = self.env["mail.tracking.value"].sudo(), profiles.fields_get(TERMS)
        values = []
        for profile, message in zip(profiles, profiles._message_log_batch({}), strict=True):
            partner = self.browse(profile.partner_id.id)
            old, new = before[partner], after[partner]
            values += [
                {
                    **tracking._create_tracking_values(old[core], new[core], name, columns[name], profile),
                    "mail_message_id": message.id,
                }
                for name, core in TERMS.items()
                if core in old and old[core] != new[core]
            ]
        tracking.create(values)

    # -- the line on the form -------------------------------------------------

    @api.model
    def _followup_credit_sentence(self, position, currency):
        """Return the customer's exposure beside its limit, in words."""

        def amount(value):
            return format_amount(self.env, value, currency)

        if not position["is_limited"]:
            return self.env._("Exposure %s, no credit limit", amount(position["exposure"]))
        figures = {
            "exposure": amount(position["exposure"]),
            "limit": amount(position["credit_limit"]),
            "rest": amount(abs(position["headroom"])),
        }
        if position["over_limit"]:
            return self.env._("Exposure %(exposure)s, %(rest)s over the credit limit of %(limit)s", **figures)
        return self.env._("Exposure %(exposure)s, %(rest)s left of the credit limit of %(limit)s", **figures)
