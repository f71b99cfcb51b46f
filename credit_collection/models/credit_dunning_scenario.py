from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class CreditDunningScenario(models.Model):
    """A way of chasing a customer: levels, from before the due date to the formal notice.

    Nothing is sent by a scenario before someone switches it on (``live``).
    """

    _name = "credit.dunning.scenario"
    _description = "Dunning scenario"
    _order = "company_id, sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    live = fields.Boolean(
        string="Switched On", copy=False, help="Off: nothing is prepared or sent; the preview shows what would go out."
    )
    level_ids = fields.One2many("credit.dunning.level", "scenario_id", copy=True)

    # Brakes
    minimum_amount = fields.Monetary(
        default=15.0,
        help="A customer who owes less than this, net of credits, is not chased. In the company's currency.",
    )
    gap_days = fields.Integer(
        string="Days Between Reminders",
        default=7,
        help="After the due date, two written reminders of one item are at least this many days apart.",
    )
    unallocated_threshold = fields.Float(
        string="Unallocated Payments (%)",
        default=10.0,
        help="Unallocated payments of at least this share of the claim hold the reminder until they are allocated. "
        "Below, they are shown and deducted. Credit notes hold it only when they cover the whole claim.",
    )

    _gap_positive = models.Constraint("CHECK (gap_days >= 0)", "The days between reminders cannot be negative.")
    _minimum_positive = models.Constraint("CHECK (minimum_amount >= 0)", "The minimum amount cannot be negative.")
    _threshold_range = models.Constraint(
        "CHECK (unallocated_threshold >= 0)", "The share of unallocated payments cannot be negative."
    )

    def write(self, vals):
        if "company_id" in vals and self.company_id.ids not in ([], [vals["company_id"]]):
            raise UserError(self.env._("A scenario stays in its company. Duplicate it for the other one."))
        return super().write(vals)

    def copy(self, default=None):
        copies = super().copy(default)
        for scenario, copied in zip(self, copies, strict=True):
            twin = dict(zip(scenario.level_ids, copied.level_ids, strict=True))
            for level, new_level in twin.items():
                if level.anchor_level_id in twin:
                    new_level.anchor_level_id = twin[level.anchor_level_id]
        return copies

    def action_switch_on(self):
        """Let the scenario send from the next nightly run on. Credit managers only (access rights)."""
        self.write({"live": True})

    def action_switch_off(self):
        """Stop the scenario: what is queued waits until it is switched on again."""
        self.write({"live": False})

    @api.model
    def _translate_copies(self):
        """Give what says the same in English as a shipped scenario or level the languages that it does not have yet."""
        translated = {"credit.dunning.scenario": ["name"], "credit.dunning.level": ["name", "subject", "text"]}
        for model, names in translated.items():
            self.env[model].flush_model(names)
            for name in names:
                self.env.cr.execute(
                    SQL(
                        """UPDATE %(table)s c SET %(column)s = o.%(column)s || c.%(column)s
                             FROM %(table)s o JOIN ir_model_data d ON d.res_id = o.id
                            WHERE d.module = 'credit_collection' AND d.model = %(model)s
                              AND c.id <> o.id AND c.%(column)s->>'en_US' = o.%(column)s->>'en_US'""",
                        table=SQL.identifier(self.env[model]._table),
                        column=SQL.identifier(name),
                        model=model,
                    )
                )
            self.env[model].invalidate_model(names)

    @api.model
    def _cron_dunning(self):
        """The nightly run: housekeeping, prepare, send, and orders on hold. Each step commits its own progress."""
        for housekeeping in (
            self.env["credit.promise"].sudo()._cron_judge,
            self.env["credit.hold"].sudo()._end_settled,
            self.env["credit.profile"].sudo()._cron_review_limits,
            self.env["credit.dispute"].sudo()._cron_review,
            self.env["credit.suspension"].sudo()._cron_review,
        ):
            self.env["credit.dunning.run"]._transaction(housekeeping)
        companies = self.search([("live", "=", True)]).company_id
        for company in companies:
            run = self.env["credit.dunning.run"].with_company(company)
            context = {
                "allowed_company_ids": company.ids,
                "tz": company._dunning_tz(),
                "lang": company.partner_id.lang,
            }
            run.with_context(**context)._prepare()
        self.env["credit.dunning.mailer"]._cron_send()
        self.env["sale.order"]._cron_followup_recheck()
