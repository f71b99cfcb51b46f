from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL, email_normalize, format_date


# What keeps a company from asking for what is paid already, or too much at once; see also credit_open_item_safety.
class ResCompany(models.Model):
    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    followup_payments_known_date = fields.Date(
        string="Payments Known Up To",
        help="The last day whose payments are all entered. Empty: the day of the last posted entry of a bank or cash journal.",
    )
    followup_payments_max_age = fields.Integer(
        string="Payments May Be Old By (Days)",
        default=7,
        help="Nothing goes out when payments are known only up to an older day than this. 0: not checked.",
    )
    followup_cutoff_date = fields.Date(
        string="Not Chased If Due Before",
        help="Items due before this day are not chased, unless a level was set on them by hand or by import.",
    )
    followup_contact_cap = fields.Integer(
        string="Contacts per Customer and Week",
        default=3,
        help="Messages and calls of any kind to one customer within seven days. 0: no limit.",
    )
    followup_daily_max = fields.Integer(
        string="Reminders per Day",
        help="At most so many customers get a written reminder per day, the largest claims first; calls do not count. "
        "0: no limit.",
    )
    followup_promise_grace = fields.Integer(
        string="Grace for Promises",
        default=3,
        help="Days after the day promised during which the customer is not chased and a payment still keeps the promise. "
        "A promise keeps the days it was noted with.",
    )
    followup_test_email = fields.Char(
        string="Test Addressee",
        help="Every reminder by e-mail goes to this address instead of the customer's. No level is reached by it, and no "
        "history is written: the next night does the same again.",
    )

    _followup_safety_positive = models.Constraint(
        "CHECK (followup_payments_max_age >= 0 AND followup_contact_cap >= 0 AND followup_daily_max >= 0)",
        "The age of payments, the contacts per week and the reminders per day cannot be negative.",
    )
    _followup_promise_positive = models.Constraint(
        "CHECK (followup_promise_grace >= 0)", "The days of grace for promises cannot be negative."
    )

    @api.constrains("followup_test_email")
    def _check_followup_test_email(self):
        for company in self:
            if company.followup_test_email and not email_normalize(company.followup_test_email):
                raise ValidationError(self.env._("“%s” is not an e-mail address.", company.followup_test_email))

    def write(self, vals):
        result = super().write(vals)
        if "followup_test_email" in vals:
            actions = self.env["credit.collection.action"].sudo()
            for company in self.filtered(lambda company: not company.followup_test_email):
                actions._drop_tests(company)
        return result

    # -------------------------------------------------------------------------
    # Payments
    # -------------------------------------------------------------------------

    def _payments_known(self):
        """Return the day up to which each company's payments are known, or False, as ``{company: date}``.

        A branch is paid on the accounts of the companies above it, too.
        """
        known = {company: company.followup_payments_known_date for company in self}
        unsaid = self.filtered(lambda company: not company.followup_payments_known_date)
        if unsaid:
            self.env["account.move"].flush_model(["company_id", "date", "journal_id", "state"])
            rows = self.env.execute_query(
                SQL(
                    """SELECT c.id, (SELECT MAX(last.date) FROM account_journal j
                                      CROSS JOIN LATERAL (SELECT m.date FROM account_move m
                                                           WHERE m.journal_id = j.id AND m.company_id = c.id
                                                             AND m.state = 'posted' AND m.date <= %s
                                                           ORDER BY m.date DESC LIMIT 1) last
                                      WHERE j.type IN ('bank', 'cash'))
                         FROM res_company c WHERE c.id IN %s""",
                    max(company._dunning_today() for company in unsaid),
                    tuple(unsaid.parent_ids.ids),
                )
            )
            days = dict(rows)
            for company in unsaid:
                known[company] = max(filter(None, map(days.get, company.parent_ids.ids)), default=False)
        return known

    def _payments_stale(self):
        """Return the companies that may not chase because their payments are not up to date, each with the day up to
        which they are known, or False, as ``{company: date}``."""
        checked = self.filtered("followup_payments_max_age")
        return {
            company: day
            for company, day in checked._payments_known().items()
            if not day or (company._dunning_today() - day).days > company.followup_payments_max_age
        }

    def _stale_sentence(self, day):
        """Return why nothing goes out, and the way out.

        :param day: up to which payments are known, or False
        """
        self.ensure_one()
        if not day:
            return self.env._(
                "No payment is known yet, so nothing goes out: enter the payments received, or say in the guided start "
                "up to which day they are known."
            )
        return self.env._(
            "Payments are known only up to %s, so nothing goes out: enter the payments received since, or say in the "
            "guided start up to which day they are known.",
            format_date(self.env, day),
        )

    # -------------------------------------------------------------------------
    # Daily maximum
    # -------------------------------------------------------------------------

    def _dunning_room(self, day):
        """Return how many more customers may get a written reminder that day in each company that has a maximum."""
        limited = self.filtered("followup_daily_max")
        if not limited:
            return {}
        counts = (
            self.env["credit.collection.action"]
            .sudo()
            ._read_group(
                [
                    ("company_id", "in", limited.ids),
                    ("date_planned", "=", day),
                    ("level_id", "!=", False),
                    ("channel", "not in", ("call", "manual")),
                    ("state", "not in", ("void", "cancelled")),
                ],
                ["company_id"],
                ["partner_id:count_distinct"],
            )
        )
        written = {company.id: count for company, count in counts}
        return {company: max(company.followup_daily_max - written.get(company.id, 0), 0) for company in limited}

    # -------------------------------------------------------------------------
    # Test addressee
    # -------------------------------------------------------------------------

    def _dunning_is_test(self):
        """Return whether what the company would send is only tried out: nothing may reach a customer."""
        self.ensure_one()
        return bool(self.followup_test_email)

    def _dunning_test_reason(self):
        """Return what an action that was only tried out says of itself."""
        self.ensure_one()
        return self.env._("Sent to the test addressee %s.", email_normalize(self.followup_test_email))

    # -------------------------------------------------------------------------
    # In the user's words
    # -------------------------------------------------------------------------

    @api.model
    def get_dunning_notices(self):
        """Return what whoever looks at reminders has to know of the active companies: a list of sentences.

        :raise AccessError: for users who may not read open items
        """
        if not self.env["credit.open.item"].has_access("read"):
            raise AccessError(self.env._("Only accountants and collectors see the state of reminders."))
        return self.env.companies.sudo()._dunning_notices()

    def _dunning_notices(self):
        chasing = self & self._dunning_companies()
        sentences = []
        for company, day in chasing._payments_stale().items():
            sentences.append((company, company._stale_sentence(day)))
        for company in chasing.filtered("followup_test_email"):
            sentence = self.env._(
                "Test: every reminder by e-mail goes to %s, and none to a customer.", company.followup_test_email
            )
            sentences.append((company, sentence))
        for company, room in chasing._dunning_room(fields.Date.context_today(self)).items():
            if not room:
                sentence = self.env._(
                    "The daily maximum of %s reminders is reached: the rest follows on the next working days.",
                    company.followup_daily_max,
                )
                sentences.append((company, sentence))
        if len(self) == 1:
            return [sentence for _company, sentence in sentences]
        return [f"{company.name}: {sentence}" for company, sentence in sentences]
