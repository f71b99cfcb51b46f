from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import LazyTranslate

from .res_company_credit import RULE_CHOICES

_lt = LazyTranslate(__name__)

# What core keeps of the customer in the company, by the field's name in the file
TERMS = {"credit_limit": "credit_limit", "payment_term_id": "property_payment_term_id", "trust": "trust"}
TEMPORARY = ("temporary_limit", "temporary_from", "temporary_to")
INSURANCE = (
    "insured_amount",
    "insured_share",
    "insurer_id",
    "insurance_reference",
    "insurance_rating",
    "insurance_end",
)
FIGURES = (
    "receivable",
    "unallocated",
    "delivered",
    "ordered",
    "drafts",
    "deposits",
    "exposure",
    "is_limited",
    "headroom",
    "usage",
    "over_limit",
    "limit_expired",
    "insured_part",
    "own_risk",
)


class CreditProfile(models.Model):
    """The customer's credit limit in the company, its insurance and its own rules. All amounts are in the company's
    currency. The amount of the limit, the payment terms and the trust are core's, of the customer in the company.

    Only who decides about credit changes any of it; every change is in the file's history.
    """

    _inherit = "credit.profile"  # pylint: disable=consider-merging-classes-inherited

    may_decide = fields.Boolean(compute="_compute_may_decide")

    # What core keeps
    credit_limit = fields.Monetary(
        compute="_compute_terms", inverse="_inverse_credit_limit", help="0: the customer has no limit."
    )
    payment_term_id = fields.Many2one(
        "account.payment.term",
        string="Payment Terms",
        compute="_compute_terms",
        inverse="_inverse_payment_term_id",
        check_company=True,
        help="The longest that salespeople may give on orders. Empty: immediate payment.",
    )
    trust = fields.Selection("_selection_trust", compute="_compute_terms", inverse="_inverse_trust")

    # Limit
    limit_kind = fields.Selection(
        [("amount", "Credit limit"), ("unlimited", "No limit"), ("none", "No credit")],
        default="amount",
        required=True,
        tracking=True,
        help="“Credit limit” with an amount of 0 means, as in Odoo, that the customer has none. “No credit”: everything "
        "is paid in advance.",
    )
    limit_valid_until = fields.Date(tracking=True, help="The last day on which the limit holds.")
    limit_review_date = fields.Date(tracking=True, help="The day on which the limit is to be looked at again.")
    limit_review_asked = fields.Boolean(
        readonly=True, copy=False, help="The credit manager was asked to review the limit on that day."
    )
    temporary_limit = fields.Monetary(
        tracking=True, help="Takes the place of the limit, whatever its kind, from the first to the last day."
    )
    temporary_from = fields.Date(tracking=True)
    temporary_to = fields.Date(tracking=True)

    # Insurance
    insured_amount = fields.Monetary(tracking=True)
    insured_share = fields.Float(tracking=True, help="The part of a loss that the insurer bears: 0.9 is 90 %.")
    insurer_id = fields.Many2one("res.partner", tracking=True)
    insurance_reference = fields.Char(tracking=True)
    insurance_rating = fields.Char(tracking=True)
    insurance_end = fields.Date(tracking=True, help="The last day on which the customer is insured.")

    # The customer's own rules
    rule_limit = fields.Selection(RULE_CHOICES, string="Rule: Over the Credit Limit", tracking=True)
    rule_overdue = fields.Selection(RULE_CHOICES, string="Rule: Overdue", tracking=True)
    rule_expired = fields.Selection(RULE_CHOICES, string="Rule: Credit Limit Expired", tracking=True)
    rule_hold = fields.Selection(RULE_CHOICES, string="Rule: Customer on Hold", tracking=True)
    rule_promise = fields.Selection(RULE_CHOICES, string="Rule: Broken Promise", tracking=True)

    # Exposure
    receivable = fields.Monetary(compute="_compute_exposure", string="Unpaid Invoices", help="Due or not.")
    unallocated = fields.Monetary(
        compute="_compute_exposure", string="Unallocated Credits", help="Payments and credit notes not matched yet."
    )
    delivered = fields.Monetary(
        compute="_compute_exposure", string="Delivered, Not Invoiced", help="Tax included, at the order's prices."
    )
    ordered = fields.Monetary(
        compute="_compute_exposure", string="Ordered, Not Delivered", help="Confirmed orders, tax included."
    )
    drafts = fields.Monetary(compute="_compute_exposure", string="Draft Invoices", help="Without an order.")
    deposits = fields.Monetary(
        compute="_compute_exposure",
        help="Invoiced or paid in advance on these orders, and not yet among the unallocated credits.",
    )
    exposure = fields.Monetary(
        compute="_compute_exposure",
        help="What the customer owes or will owe: unpaid invoices, what was ordered and draft invoices, less unallocated "
        "credits and deposits. Today, foreign currencies at today's rate.",
    )
    limit_in_force = fields.Monetary(compute="_compute_exposure", help="The temporary limit while it runs.")
    is_limited = fields.Boolean(compute="_compute_exposure", string="Has a Limit")
    headroom = fields.Monetary(compute="_compute_exposure", help="What is left of the limit; negative when exceeded.")
    usage = fields.Float(compute="_compute_exposure", string="Limit Used")
    over_limit = fields.Boolean(compute="_compute_exposure")
    limit_expired = fields.Boolean(compute="_compute_exposure")
    insured_part = fields.Monetary(
        compute="_compute_exposure",
        string="Covered",
        help="What the insurer would bear: the insured part of the exposure × its share.",
    )
    own_risk = fields.Monetary(compute="_compute_exposure", help="The part of the exposure that no insurer bears.")

    @api.depends_context("uid")
    def _compute_may_decide(self):
        self.may_decide = self.env["credit.control"]._decides()

    def _selection_trust(self):
        return self.env["res.partner"]._fields["trust"]._description_selection(self.env)

    @api.depends("partner_id.credit_limit", "partner_id.property_payment_term_id", "partner_id.trust", "company_id")
    def _compute_terms(self):
        known = self.env["credit.control"]._of_user(self)
        (self - known).update(dict.fromkeys(TERMS, False))
        for company, profiles in known.grouped("company_id").items():
            for profile in profiles:
                customer = profile.partner_id.sudo().with_company(company)
                for name, core_name in TERMS.items():
                    profile[name] = customer[core_name]

    def _inverse_credit_limit(self):
        self._write_terms("credit_limit")

    def _inverse_payment_term_id(self):
        self._write_terms("payment_term_id")

    def _inverse_trust(self):
        self._write_terms("trust")

    @api.depends(
        "partner_id.credit_limit",
        "company_id",
        "limit_kind",
        "limit_valid_until",
        *TEMPORARY,
        *INSURANCE[:2],
        INSURANCE[-1],
    )
    def _compute_exposure(self):
        known = self.env["credit.control"]._of_user(self).filtered("partner_id")
        pairs = {profile: (profile.partner_id._origin, profile.company_id._origin) for profile in known}
        positions = self.env["credit.exposure"].sudo()._positions(pairs.values())
        for profile in self:
            position = positions.get(pairs.get(profile), {})
            profile.limit_in_force = position.get("credit_limit")
            for name in FIGURES:
                profile[name] = position.get(name)

    @api.constrains(*TEMPORARY)
    def _check_temporary_limit(self):
        for profile in self:
            given = [bool(profile[name]) for name in TEMPORARY]
            if any(given) and not all(given):
                raise ValidationError(
                    self.env._(
                        "A temporary limit has an amount, a first and a last day: complete or empty that of %s. To stop "
                        "all credit for a time, put the customer on hold.",
                        profile.display_name,
                    )
                )
            if profile.temporary_from and profile.temporary_from > profile.temporary_to:
                raise ValidationError(
                    self.env._("The temporary limit of %s ends before it starts.", profile.display_name)
                )

    @api.constrains("temporary_limit", "insured_amount", "insured_share")
    def _check_limit_numbers(self):
        for profile in self:
            if min(profile.temporary_limit, profile.insured_amount) < 0:
                raise ValidationError(
                    self.env._(
                        "Limits and insured amounts cannot be negative: correct the file of %s.", profile.display_name
                    )
                )
            if not 0 <= profile.insured_share <= 1:
                raise ValidationError(
                    self.env._("The insured share of %s is between 0 and 100 percent.", profile.display_name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        profiles = super().create(vals_list)
        plain = {"limit_kind": "amount"}
        profiles.filtered(
            lambda profile: any((profile[name] or False) != plain.get(name, False) for name in self._credit_fields())
        )._check_decides()
        return profiles

    def write(self, vals):
        if "limit_review_date" in vals:
            vals = {**vals, "limit_review_asked": False}
        names = [name for name in self._credit_fields() if name in vals]
        before = {profile: [profile[name] for name in names] for profile in self}
        res = super().write(vals)
        self.filtered(lambda profile: before[profile] != [profile[name] for name in names])._check_decides()
        return res

    # -------------------------------------------------------------------------
    # Buttons: what the exposure is made of
    # -------------------------------------------------------------------------

    def action_receivable(self):
        """Open the customer's unpaid invoices."""
        return self._exposure().action_receivable()

    def action_unallocated(self):
        """Open the payments and credit notes that are not matched yet."""
        return self._exposure().action_unallocated()

    def action_orders(self):
        """Open the orders that count in the exposure."""
        return self._exposure().action_orders()

    def action_drafts(self):
        """Open the draft invoices that count in the exposure."""
        return self._exposure().action_drafts()

    def _exposure(self):
        """Return the row of the customer's exposure, which has the file's id; who may not read the file gets none."""
        self.ensure_one()
        self.check_access("read")
        return self.env["credit.exposure"].browse(self.id)

    # -------------------------------------------------------------------------
    # Rights, review, merge
    # -------------------------------------------------------------------------

    @api.model
    def _credit_fields(self):
        """Return the file's own fields that only who decides about credit changes."""
        return [
            "limit_kind",
            "limit_valid_until",
            "limit_review_date",
            *TEMPORARY,
            *INSURANCE,
            *self.env["credit.control"]._rule_fields(),
        ]

    def _check_decides(self):
        """:raise AccessError: when there is a file in ``self`` and the user may not decide; it says who may"""
        for profile in self[:1]:
            self.env["credit.control"]._check_decides(
                self.env._(
                    "Only a credit manager changes the credit limit, its insurance, the credit rules, the payment terms "
                    "and the trust of %s. You can ask for it with a credit request.",
                    profile.display_name,
                )
            )

    def _write_terms(self, name):
        """Write on the customer, in the file's company, what core keeps there."""
        for profile in self:
            customer = profile.partner_id.sudo().with_company(profile.company_id)
            if customer[TERMS[name]] != profile[name]:
                profile._check_decides()
                customer[TERMS[name]] = profile[name]

    @api.model
    def _cron_review_limits(self):
        """Ask a credit manager, once for each date, to review the limits whose review date has come."""
        due = self.search(
            [("limit_review_date", "<=", fields.Date.context_today(self)), ("limit_review_asked", "=", False)]
        )
        if not due:
            return
        managers, answers = self._managers(due.company_id), due._responsible()
        due._raise_activity(
            "credit_collection.mail_activity_review",
            _lt("Review this customer's credit limit."),
            responsible={profile: managers[profile.company_id] or answers[profile] for profile in due},
        )
        due.limit_review_asked = True

    def _merge_into(self, target):
        """The customers were merged: what the remaining file lacks comes over; “No credit” wins."""
        for profile in self:
            vals = {}
            single = [name for name in self._credit_fields() if name not in (*TEMPORARY, *INSURANCE)]
            for group in (TEMPORARY, INSURANCE, *((name,) for name in single)):
                if not any(target[name] for name in group):
                    vals.update({name: profile[name] for name in group})
            if profile.limit_kind == "none":
                vals["limit_kind"] = "none"
            target.write(self._convert_to_write(vals))
        return super()._merge_into(target)
