from datetime import date
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, formatLang

from ..tools import interest as interest_tools
from .res_company import FRENCH_COMMERCIAL_CODE

CUSTOMER_KINDS = [("professional", "Professional"), ("consumer", "Consumer"), ("public", "Public Body")]


class CreditInterestPolicy(models.Model):
    """What a company claims of customers of one kind who pay late: interest, and a fixed indemnity per invoice.

    Where a company has no policy for a kind of customer, nothing is claimed of it. The shipped ones state French law:
    C. com. L441-10 and D441-5 (professionals), CCP R2192-31 and D2192-35 (public bodies), C. civ. 1231-6 and 1344-1
    (consumers, from the formal notice only).
    """

    _name = "credit.interest.policy"
    _description = "Late-payment policy"
    _order = "company_id, customer_kind desc, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")
    customer_kind = fields.Selection(CUSTOMER_KINDS, string="Customers", required=True, default="professional")

    # The rate
    basis = fields.Selection(
        [("reference", "Reference rate plus margin"), ("contract", "Rate of the contract")],
        string="Rate",
        required=True,
        default="reference",
    )
    reference_id = fields.Many2one("credit.reference.rate", string="Reference Rate", ondelete="restrict")
    margin = fields.Float(string="Margin (points)", digits=(12, 4))
    contract_rate = fields.Float(string="Rate of the Contract (%)", digits=(12, 4), help="In percent per year.")
    floor_reference_id = fields.Many2one(
        "credit.reference.rate",
        ondelete="restrict",
        help="A contract's rate below the floor is raised to it, period by period. "
        "A reference rate plus margin is left as it is: the policy only warns.",
    )
    floor_multiple = fields.Float(default=3.0, digits=(12, 4), help="The floor is this many times its reference rate.")
    reset = fields.Selection(
        [("floating", "The rate of each period"), ("fixed", "The rate of the first day, for the whole delay")],
        string="Rate Changes",
        required=True,
        default="floating",
    )
    warning = fields.Char(compute="_compute_warning")

    # The days
    day_count = fields.Selection(
        [("365", "365 days"), ("actual", "Actual days of the year"), ("360", "360 days")],
        string="Days of a Year",
        required=True,
        default="365",
    )
    first_day = fields.Selection(
        [("day_after", "The day after the due date"), ("due_day", "The due date")], required=True, default="day_after"
    )
    payment_day_included = fields.Boolean(
        string="Payment Day Counts", default=True, help="The day on which the customer pays still bears interest."
    )
    from_notice = fields.Boolean(
        string="Only From the Formal Notice", help="No interest before the customer has received a formal notice."
    )

    # Payments and credit notes
    imputation = fields.Selection(
        [("principal", "Principal first"), ("interest", "Interest first")],
        string="Payments Settle",
        required=True,
        default="principal",
        help="Interest first: a part payment settles the interest accrued so far before it lowers the principal.",
    )
    credit_note_dating = fields.Selection(
        [("dated", "From their date"), ("retroactive", "From the start, as if never owed")],
        string="Credit Notes Count",
        required=True,
        default="dated",
    )

    # The indemnity
    indemnity_amount = fields.Monetary(
        string="Indemnity per Invoice",
        help="Fixed indemnity for recovery costs, once per invoice paid late. In the company's currency.",
    )

    _kind_uniq = models.UniqueIndex(
        "(company_id, customer_kind) WHERE active", "A company has one active policy for each kind of customer."
    )
    _amounts_positive = models.Constraint(
        "CHECK (contract_rate >= 0 AND floor_multiple >= 0 AND indemnity_amount >= 0)",
        "Rates, multiples and indemnities cannot be negative.",
    )
    _basis_complete = models.Constraint(
        "CHECK (basis <> 'reference' OR reference_id IS NOT NULL)", "Choose the reference rate of this policy."
    )
    _consumer_indemnity = models.Constraint(
        "CHECK (customer_kind <> 'consumer' OR indemnity_amount = 0)",
        "A consumer owes no fixed indemnity: it exists between professionals and for public bodies only.",
    )

    @api.depends(
        "basis",
        "contract_rate",
        "floor_multiple",
        "floor_reference_id.value_ids.rate",
        "margin",
        "reference_id.value_ids.rate",
    )
    def _compute_warning(self):
        today = fields.Date.context_today(self)
        for policy in self:
            policy.warning = policy._warning_on(today)

    def write(self, vals):
        if "company_id" in vals and self.company_id.ids not in ([], [vals["company_id"]]):
            raise UserError(self.env._("A policy stays in its company. Create one in the other company."))
        return super().write(vals)

    # -------------------------------------------------------------------------
    # Shipped policies
    # -------------------------------------------------------------------------

    @api.model
    def _create_shipped(self, companies):
        """Give the companies in France that have no policy yet those of French law."""
        having = self.with_context(active_test=False).search([("company_id", "in", companies.ids)]).company_id
        for company in companies - having:
            country = company.country_id or company.account_fiscal_country_id or company.root_id.country_id
            if country.code in FRENCH_COMMERCIAL_CODE:
                self.with_context(lang=None).create(self._shipped_vals(company))
        self._translate_shipped([code for code, _name in self.env["res.lang"].get_installed()])

    @api.model
    def _translate_shipped(self, langs):
        """Give the policies that still bear a shipped name that name in these languages."""
        policies = self.sudo().with_context(active_test=False, lang=None).search([])  # pylint: disable=no-search-all
        shipped = self._shipped_vals(self.env.company)
        for lang in langs:
            foreign = self._shipped_vals(self.env.company, lang)
            names = {own["name"]: other["name"] for own, other in zip(shipped, foreign, strict=True)}
            for policy in policies.filtered(lambda policy, names=names: policy.name in names):
                if policy.with_context(lang=lang).name == policy.name != names[policy.name]:
                    policy.with_context(lang=lang).name = names[policy.name]

    def _shipped_vals(self, company, lang=None):
        """Return the values of the policies of French law, their names in English unless a language is given."""
        words = self.with_context(lang=lang or "en_US").env
        central_bank = self.env.ref("credit_collection.reference_rate_ecb", raise_if_not_found=False)
        legal = self.env.ref("credit_collection.reference_rate_legal", raise_if_not_found=False)
        if not central_bank or not legal:
            return []
        indemnity = 40.0 if company.currency_id == self.env.ref("base.EUR") else 0.0
        return [
            {
                "name": words._("Professionals: ECB rate + 10 points"),
                "company_id": company.id,
                "customer_kind": "professional",
                "reference_id": central_bank.id,
                "margin": 10.0,
                "floor_reference_id": legal.id,
                "indemnity_amount": indemnity,
            },
            {
                "name": words._("Public bodies: ECB rate + 8 points"),
                "company_id": company.id,
                "customer_kind": "public",
                "reference_id": central_bank.id,
                "margin": 8.0,
                "reset": "fixed",
                "indemnity_amount": indemnity,
            },
            {
                "name": words._("Consumers: legal rate from the formal notice"),
                "company_id": company.id,
                "customer_kind": "consumer",
                "reference_id": legal.id,
                "from_notice": True,
            },
        ]

    # -------------------------------------------------------------------------
    # What the calculation needs
    # -------------------------------------------------------------------------

    def _terms(self):
        """Return the policy's way of counting, for the calculation."""
        return interest_tools.Terms(
            day_count=self.day_count,
            from_due_day=self.first_day == "due_day",
            payment_day=self.payment_day_included,
            fixed=self.reset == "fixed",
            interest_first=self.imputation == "interest",
        )

    def _timeline(self):
        """Return the policy's rate day by day.

        A contract's rate with a floor is unknown where the floor is: it could be too low to be claimed.
        """
        if self.basis == "reference":
            periods = self.reference_id.sudo()._periods()
            return interest_tools.timeline(
                (first, last, rate + self._decimal(self.margin)) for first, last, rate in periods
            )
        contract = self._decimal(self.contract_rate)
        if not self.floor_reference_id:
            return interest_tools.timeline([(date.min, None, contract)])
        return interest_tools.timeline((first, last, max(contract, floor)) for first, last, floor in self._floors())

    def _rate_on(self, day):
        """Return the rate of a day in percent per year (Decimal), or None where it is unknown or there is no policy."""
        return self._timeline().rate_on(day) if self else None

    def _floors(self):
        multiple = self._decimal(self.floor_multiple)
        return [(first, last, multiple * rate) for first, last, rate in self.floor_reference_id.sudo()._periods()]

    @api.model
    def _decimal(self, value):
        return Decimal(str(round(value, 4)))

    def _warning_on(self, day):
        """Return what is wrong with the policy's rate on a day, in one sentence; False when nothing is."""
        rate = self._rate_on(day)
        if rate is None:
            return self._missing_sentence(day)
        floor = interest_tools.timeline(self._floors()).rate_on(day) if self.floor_reference_id else None
        own = self._decimal(self.contract_rate) if self.basis == "contract" else rate
        if floor is None or own >= floor:
            return False
        figures = {
            "rate": self._format_rate(own),
            "floor": self._format_rate(floor),
            "multiple": formatLang(self.env, self.floor_multiple, digits=0),
        }
        if self.basis == "contract":
            return self.env._(
                "The contract's rate of %(rate)s is below %(multiple)s times the legal rate: %(floor)s is applied.",
                **figures,
            )
        return self.env._(
            "The rate of %(rate)s is below %(multiple)s times the legal rate (%(floor)s). It is applied all the same: "
            "the floor binds the rates of contracts only.",
            **figures,
        )

    def _missing_sentence(self, day):
        return self.env._(
            "No reference rate was entered for %s: no interest is computed for it. Enter it in the reference rates.",
            format_date(self.env, day),
        )

    @api.model
    def _format_rate(self, rate):
        """Return a rate as the language writes it, with two decimals at least: ``12.15%``, ``12,15 %``."""
        digits = max(2, -Decimal(str(rate)).normalize().as_tuple().exponent)
        return self.env._("%(rate)s%%", rate=formatLang(self.env, float(rate), digits=digits))
