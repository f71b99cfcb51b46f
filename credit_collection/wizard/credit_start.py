from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_amount, format_date

STEPS = [
    ("scenario", "Scenario"),
    ("payments", "Payments"),
    ("old", "Old Debts"),
    ("safety", "Safety"),
    ("night", "First Night"),
]
# Kept on the company as soon as a step is left
SETTINGS = (
    "followup_scenario_id",
    "followup_payments_known_date",
    "followup_payments_max_age",
    "followup_cutoff_date",
    "followup_contact_cap",
    "followup_daily_max",
    "followup_test_email",
)
# The largest claims are listed customer by customer; so many a person still reads.
LISTED = 100


class CreditStart(models.TransientModel):
    """Going live, step by step: what is sent, what keeps it from being sent, and what the first night would do.

    The settings are the company's; whoever stops midway finds them as they were left.
    """

    _name = "credit.start"
    _description = "Guided start"

    company_id = fields.Many2one("res.company", required=True, readonly=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")
    step = fields.Selection(STEPS, required=True, default="scenario", readonly=True)

    # The company's
    followup_scenario_id = fields.Many2one(
        "credit.dunning.scenario", string="Default Scenario", domain="[('company_id', '=', company_id)]"
    )
    followup_payments_known_date = fields.Date(string="Payments Known Up To")
    followup_payments_max_age = fields.Integer(string="Payments May Be Old By (Days)")
    followup_cutoff_date = fields.Date(string="Not Chased If Due Before")
    followup_contact_cap = fields.Integer(string="Contacts per Customer and Week")
    followup_daily_max = fields.Integer(string="Reminders per Day")
    followup_test_email = fields.Char(string="Test Addressee")

    # What there is
    level_ids = fields.One2many(related="followup_scenario_id.level_ids")
    live = fields.Boolean(related="followup_scenario_id.live")
    payments_summary = fields.Text(compute="_compute_payments_summary")
    old_summary = fields.Text(compute="_compute_old_summary")
    notices = fields.Text(compute="_compute_notices")
    night_date = fields.Date(string="Night Of", default=lambda self: self._default_night_date())
    night = fields.Html(readonly=True, sanitize=False, string="What It Would Send")

    @api.depends("company_id")
    def _compute_display_name(self):
        for start in self:
            start.display_name = self.env._("Guided start of %s", start.company_id.name)

    @api.model
    def _default_night_date(self):
        """The day of the next nightly run on which something may leave."""
        company = self.env.company
        cron = self.env.ref("credit_collection.ir_cron_dunning").sudo()
        moment = max(cron.nextcall, fields.Datetime.now())
        day = fields.Date.context_today(self.with_context(tz=company._dunning_tz()), moment)
        return company._dunning_working_day(day)

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        company = self.env["res.company"].browse(values.get("company_id")) or self.env.company
        settings = self._convert_to_write({name: company.sudo()[name] for name in SETTINGS if name in fields_list})
        return {**values, **settings}

    @api.model_create_multi
    def create(self, vals_list):
        starts = super().create(vals_list)
        for start, vals in zip(starts, vals_list, strict=True):
            start._keep(vals)
        return starts

    def write(self, vals):
        result = super().write(vals)
        self._keep(vals)
        return result

    def _keep(self, vals):
        """Write the settings among ``vals`` on the company."""
        self._check_manager()
        for start in self:
            company = start.company_id.sudo()
            changed = {name: start[name] for name in SETTINGS if name in vals and start[name] != company[name]}
            if changed:
                company.write(start._convert_to_write(changed))

    def _check_manager(self):
        """:raise AccessError: for anybody but a credit manager of the company"""
        allowed = self.env.user.has_group("credit_collection.credit_collection_group_manager")
        if not allowed or self.company_id - self.env.companies:
            raise AccessError(self.env._("Only a credit manager of the company goes through the guided start."))

    # -------------------------------------------------------------------------
    # Steps
    # -------------------------------------------------------------------------

    def action_next(self):
        """Go on; the last step shows what the first night would send."""
        self._move(1)
        if self.step == "night":
            self.action_show_night()

    def action_back(self):
        """Go back a step; nothing that was entered is lost."""
        self._move(-1)

    def _move(self, by):
        self.ensure_one()
        self._check_manager()
        names = [name for name, _label in STEPS]
        position = names.index(self.step) + by
        self.step = names[min(max(position, 0), len(names) - 1)]

    @api.depends("company_id", "followup_payments_known_date", "followup_payments_max_age")
    def _compute_payments_summary(self):
        for start in self:
            start.payments_summary = "\n".join(start._payments_sentences())

    def _payments_sentences(self):
        company = self.company_id.sudo()
        OpenItem = self.env["credit.open.item"].sudo()
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """SELECT b.currency_id, COUNT(*), -SUM(b.free_currency) FROM (%s) b
                    WHERE b.company_id = %s GROUP BY b.currency_id ORDER BY b.currency_id""",
                OpenItem._sql_bank_lines(company._dunning_today()),
                company.id,
            )
        )
        amounts = [
            format_amount(self.env, float(amount), self.env["res.currency"].browse(currency))
            for currency, _count, amount in rows
        ]
        unnamed = (
            self.env["account.bank.statement.line"]
            .sudo()
            .search_count(
                [
                    ("company_id", "=", company.id),
                    ("is_reconciled", "=", False),
                    ("amount", ">", 0),
                    ("partner_id", "=", False),
                ]
            )
        )
        known = company._payments_known()[company]
        sentences = [
            self.env._("Payments are known up to %s.", format_date(self.env, known))
            if known
            else self.env._("No payment is known yet.")
        ]
        if rows:
            sentences.append(
                self.env._(
                    "Bank lines received from a customer and not reconciled yet: %(count)s (%(amounts)s). They count as "
                    "unallocated payments: they hold the reminder or are deducted in it.",
                    count=sum(count for _currency, count, _amount in rows),
                    amounts=" + ".join(amounts),
                )
            )
        if unnamed:
            sentences.append(
                self.env._(
                    "Bank lines received that name no customer: %s. Set their customer, so that nobody is asked for what "
                    "is paid.",
                    unnamed,
                )
            )
        return sentences

    @api.depends("company_id", "followup_cutoff_date")
    def _compute_old_summary(self):
        for start in self:
            start.old_summary = "\n".join(start._old_sentences())

    def _old_sentences(self):
        OpenItem = self.env["credit.open.item"]._of_today()
        domain = [("company_id", "=", self.company_id.id), ("bucket", "!=", "credit")]
        entries = OpenItem.search_count([*domain, ("no_followup", "=", True), ("move_id.move_type", "=", "entry")])
        sentences = [self.env._("Items of journal entries that are not chased: %s.", entries)]
        if self.followup_cutoff_date:
            old = OpenItem.search_count([*domain, ("date_maturity", "<", self.followup_cutoff_date)])
            sentences.append(self.env._("Open items due before the day chosen: %s.", old))
        return sentences

    @api.depends("followup_test_email", "followup_payments_known_date", "followup_payments_max_age", "step")
    def _compute_notices(self):
        for start in self:
            start.notices = "\n".join(start.company_id.sudo()._dunning_notices())

    # -------------------------------------------------------------------------
    # The first night
    # -------------------------------------------------------------------------

    def action_show_night(self):
        """Rehearse the night as if the default scenario were switched on, and show what it would send.

        :raise UserError: for a day that is past, or without a scenario
        """
        self.ensure_one()
        self._check_manager()
        company = self.company_id
        if not self.followup_scenario_id:
            raise UserError(self.env._("Choose a default scenario first."))
        if not self.night_date or self.night_date < company._dunning_today():
            raise UserError(self.env._("Choose a night that is still to come."))
        run = self.env["credit.dunning.run"]
        values = run._rehearse(company, self.followup_scenario_id, self.night_date, self._read_night)
        self.night = self.env["ir.qweb"]._render("credit_collection.credit_start_night", values)

    def _read_night(self, actions):
        """Return what the prepared actions and the open items say, in plain values: they are undone afterwards."""
        actions = actions.with_env(self.env).sudo()
        climbing = actions.line_ids.filtered("level_id").move_line_id
        others = (
            self.env["credit.open.item"]
            ._of_today()
            .with_context(credit_as_of=self.night_date)
            ._read_group(
                [("company_id", "=", self.company_id.id), ("id", "not in", climbing.ids), ("bucket", "!=", "credit")],
                ["chase_state"],
                ["partner_id:count_distinct", "__count"],
            )
        )
        states = dict(self.env["credit.open.item"]._fields["chase_state"]._description_selection(self.env))
        problems = self._night_problems(actions)
        largest = actions.sorted(lambda action: (-action.amount_company, action.id))
        leaving = largest.filtered(lambda action: action not in problems)
        return {
            "groups": self._night_groups(actions, problems),
            "problems": [self._night_row(action, problems[action]) for action in largest - leaving][:LISTED],
            "leaving": [self._night_row(action, self._night_address(action)) for action in leaving[:LISTED]],
            "more": len(leaving) > LISTED,
            "others": [(states[state], customers, items) for state, customers, items in others],
            "customers": len(leaving.partner_id),
        }

    def _night_problems(self, actions):
        """Return why some of the actions could not leave, as ``{action: reason}``: what a real night would list as failed."""
        mails = actions.filtered(lambda action: (action.channel, action.state) == ("email", "queued"))
        letters = actions.filtered(lambda action: (action.channel, action.state) == ("letter", "to_print"))
        mailer, printer = self.env["credit.dunning.mailer"].sudo(), self.env["credit.dunning.printer"].sudo()
        blacklisted = mailer._blacklisted(mails)
        problems = {action: mailer._problem(action, blacklisted) for action in mails}
        problems.update({action: printer._problem(action) for action in letters})
        return {action: problem for action, problem in problems.items() if problem}

    def _night_groups(self, actions, problems):
        """Per level, channel and outcome: customers, items, and amounts per currency."""
        channels = dict(actions._fields["channel"]._description_selection(self.env))
        outcomes = {
            "queued": self.env._("Leaves by itself"),
            "to_confirm": self.env._("Waits for your confirmation"),
            "to_print": self.env._("Letter to print"),
            "to_do": self.env._("Call to make"),
            "failed": self.env._("Cannot leave"),
        }
        groups = actions.grouped(
            lambda action: (action.level_id, action.channel, "failed" if action in problems else action.state)
        )
        rows = []
        for (level, channel, outcome), mine in sorted(
            groups.items(), key=lambda group: (group[0][0].day, *group[0][1:])
        ):
            lines = self._night_lines(mine)
            names = (level.name, channels[channel], outcomes[outcome])
            rows.append((*names, len(mine.partner_id), len(lines), self._amounts(lines)))
        return rows

    def _night_lines(self, actions):
        return actions.line_ids.filtered(lambda line: line.kind == "claimed" or line.level_id)

    def _night_row(self, action, text):
        """Return what stands of one customer's reminder in a list: customer, level, ``text``, amounts."""
        amounts = self._amounts(self._night_lines(action))
        return action.partner_id.display_name, action.level_id.name, text, amounts

    def _night_address(self, action):
        """Return where the message would go, for those who check the list."""
        if action.channel == "letter":
            return action._postal_partner().city or self.env._("no postal address")
        if action.channel == "email":
            return action.recipient_id.email or self.env._("no e-mail address")
        return action.recipient_id.phone or action.partner_id.phone or ""

    def _amounts(self, lines):
        totals = Counter()
        for line in lines:
            totals[line.currency_id] += line.amount
        ordered = sorted(totals.items(), key=lambda total: total[0].name)
        return " + ".join(format_amount(self.env, amount, currency) for currency, amount in ordered)

    def action_test_night(self):
        """Switch the scenario on with the test addressee, and do a night now: everything goes to that address.

        :raise UserError: without a test addressee, or on a day on which nothing leaves
        """
        self.ensure_one()
        self._check_manager()
        company = self.company_id
        if not company.sudo()._dunning_is_test():
            raise UserError(self.env._("Give a test addressee first, in the step “Safety”."))
        today = company._dunning_today()
        working_day = company._dunning_closed_days(today).get(today)
        if working_day:
            raise UserError(
                self.env._("Nothing leaves today: run the first night on %s.", format_date(self.env, working_day))
            )
        self.followup_scenario_id.live = True
        run = self.env["credit.dunning.run"].with_company(company).with_context(tz=company._dunning_tz())
        actions = run._prepare()
        actions._trigger_sending()
        window = self.env["ir.actions.act_window"]._for_xml_id("credit_collection.credit_collection_action_action")
        return {**window, "domain": [("id", "in", actions.ids)], "context": {}}

    def action_switch_on(self):
        """Let the default scenario send to customers from the next nightly run on; a test addressee is removed, and what the
        test left on the agenda with it."""
        self.ensure_one()
        self._check_manager()
        if not self.followup_scenario_id:
            raise UserError(self.env._("Choose a default scenario first."))
        self.followup_test_email = False
        self.followup_scenario_id.action_switch_on()

    def action_open_entries(self):
        """Open the journal entries that are not chased."""
        return self.env["ir.actions.act_window"]._for_xml_id("credit_collection.credit_open_item_action_entries")

    def action_open_import(self):
        """Open the import of levels reached and exclusions."""
        return self.env["ir.actions.act_window"]._for_xml_id("credit_collection.credit_opening_action")
