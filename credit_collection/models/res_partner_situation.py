from odoo import api, fields, models
from odoo.tools import format_amount, format_date

READERS = "sales_team.group_sale_salesman,account.group_account_invoice,account.group_account_readonly"


# One line on how a customer pays, for those who sell to it: they read the sentence and not the figures behind it.
class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    followup_situation = fields.Char(
        string="Payments",
        compute="_compute_followup_situation",
        compute_sudo=True,
        groups=READERS,
        help="What the customer owes the active company late.",
    )
    followup_collector_id = fields.Many2one(
        "res.users", string="Collector", compute="_compute_followup_file", compute_sudo=True, groups=READERS
    )
    followup_next_action = fields.Char(
        string="Next Action", compute="_compute_followup_file", compute_sudo=True, groups=READERS
    )
    followup_dispute_ids = fields.Many2many(
        "credit.dispute",
        string="Open Disputes",
        compute="_compute_followup_dispute_ids",
        compute_sudo=True,
        groups=READERS,
        help="Those that you may read.",
    )
    followup_dispute_count = fields.Integer(
        string="Disputes",
        compute="_compute_followup_dispute_count",
        compute_sudo=False,
        groups="base.group_user",
        help="Of the customer in the active company: those that you may read, closed ones included.",
    )

    @api.depends("commercial_partner_id")
    @api.depends_context("company", "lang")
    def _compute_followup_situation(self):
        company = self.env.company
        customers = {partner: partner.commercial_partner_id._origin for partner in self}
        sentences = self._followup_situations({(customer, company) for customer in customers.values() if customer})
        for partner, customer in customers.items():
            partner.followup_situation = sentences.get((customer, company), False)

    @api.depends("commercial_partner_id")
    @api.depends_context("company", "lang")
    def _compute_followup_file(self):
        """Who answers for the customer in the active company, and what comes next: a sentence, no figures of the ledger."""
        profiles = self._origin.commercial_partner_id._followup_profiles(self.env.company)
        profiles = self.env["credit.control"]._of_user(profiles)
        files = profiles.grouped("partner_id")
        labels = dict(profiles._fields["next_action"]._description_selection(self.env))
        for partner in self:
            profile = files.get(partner.commercial_partner_id._origin, profiles.browse())
            partner.followup_collector_id = profile.collector_id
            words = labels.get(profile.next_action)
            partner.followup_next_action = words and f"{words} – {format_date(self.env, profile.next_action_date)}"

    @api.depends("commercial_partner_id")
    @api.depends_context("company", "uid")
    def _compute_followup_dispute_ids(self):
        Dispute = self.env["credit.dispute"].sudo(False)
        customers = self._origin.commercial_partner_id
        mine = [("partner_id", "in", customers.ids), ("company_id", "=", self.env.company.id), ("state", "=", "open")]
        disputes = Dispute.search(mine) if Dispute.has_access("read") else Dispute
        by_customer = disputes.sudo().grouped("partner_id")
        for partner in self:
            partner.followup_dispute_ids = by_customer.get(partner.commercial_partner_id._origin)

    @api.depends("commercial_partner_id")
    @api.depends_context("company", "uid")
    def _compute_followup_dispute_count(self):
        groups = self.env["credit.dispute"]._read_group(
            [("partner_id", "in", self._origin.commercial_partner_id.ids), ("company_id", "=", self.env.company.id)],
            ["partner_id"],
            ["__count"],
        )
        counts = {customer.id: count for customer, count in groups}
        for partner in self:
            partner.followup_dispute_count = counts.get(partner.commercial_partner_id._origin.id, 0)

    def action_followup_disputes(self):
        """Open the customer's disputes in the active company: those that the user may read."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("credit_collection.credit_dispute_action")
        domain = [("partner_id", "=", self.commercial_partner_id.id), ("company_id", "=", self.env.company.id)]
        return {**action, "domain": domain, "context": {}}

    def action_followup_situation(self):
        """Show how the customer pays and who answers for it: for those without the collection file."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Payments of %s", self.commercial_partner_id.display_name),
            "res_model": "res.partner",
            "res_id": self.commercial_partner_id.id,
            "views": [(self.env.ref("credit_collection.res_partner_view_form_payments").id, "form")],
            "target": "new",
        }

    @api.model
    def _followup_situations(self, customers):
        """Return a line on how customers pay: ``{(commercial partner, company): sentence}``, or False when all is well.

        :param customers: pairs (commercial partner, company)
        """
        positions = self.env["credit.exposure"].sudo()._positions(customers)
        self.env["credit.promise"].sudo()._fetch_told(
            position[name] for position in positions.values() for name in ("promise_open", "promise_broken")
        )
        return {
            (partner, company): " ".join(partner._followup_situation_sentences(company, position)) or False
            for (partner, company), position in positions.items()
        }

    def _followup_situation_sentences(self, company, position):
        """Return the sentences about this customer in ``company``. Extend to say more of it.

        :param dict position: its row of ``credit.exposure``; amounts in the company's currency
        """
        sentences = (
            self._followup_overdue_sentence(company, position),
            *self._followup_promise_sentences(position),
            position["disputes_open"] and self.env._("Open disputes: %s.", position["disputes_open"]),
        )
        return [sentence for sentence in sentences if sentence]

    def _followup_overdue_sentence(self, company, position):
        currency = company.sudo().currency_id
        overdue = position["overdue"] - position["unallocated"]
        if currency.compare_amounts(overdue, 0.0) <= 0:
            return None
        return self.env._(
            "Late since %(date)s: %(amount)s overdue.",
            date=format_date(self.env, position["late_since"]),
            amount=format_amount(self.env, overdue, currency),
        )

    def _followup_promise_sentences(self, position):
        Promise = self.env["credit.promise"].sudo()
        broken, promised = Promise.browse(position["promise_broken"]), Promise.browse(position["promise_open"])
        return (
            broken and broken._broken_sentence(self),
            promised
            and self.env._(
                "Promised: %(amount)s for %(date)s.",
                amount=format_amount(self.env, promised.amount, promised.currency_id),
                date=format_date(self.env, promised.date_promised),
            ),
        )
