from odoo import api, fields, models
from odoo.fields import Domain


class CreditProfile(models.Model):
    """What holds the customer's orders and deliveries; and the insolvency, which is a hold that also stops chasing."""

    _inherit = "credit.profile"  # pylint: disable=consider-merging-classes-inherited

    hold_ids = fields.Many2many("credit.hold", compute="_compute_holds", string="Holds in Force")
    hold_sentence = fields.Text(compute="_compute_holds", string="On Hold")
    insolvency_date = fields.Date(
        string="Insolvency Judgment",
        compute="_compute_insolvency_date",
        inverse="_inverse_insolvency_date",
        help="The day of the judgment that opened the proceedings. For what was invoiced before it, interest stops the "
        "day before, no indemnity is claimed for what fell due from that day on, and chasing stops. The customer is on "
        "hold from that day on.",
    )

    @api.depends("partner_id", "company_id")
    def _compute_holds(self):
        holds = self._holds([("state", "=", "in_force")])
        for profile in self:
            mine = holds.get((profile.partner_id, profile.company_id), self.env["credit.hold"])
            profile.hold_ids = mine
            profile.hold_sentence = "\n".join(hold._sentence() for hold in mine)

    @api.depends("partner_id", "company_id")
    def _compute_insolvency_date(self):
        insolvencies = self._insolvencies()
        for profile in self:
            profile.insolvency_date = insolvencies[profile].date_from

    def _inverse_insolvency_date(self):
        """Keep the judgment as a hold; without a day, the hold ends. Credit managers only."""
        insolvencies = self._insolvencies()
        changes = {
            profile: profile.insolvency_date
            for profile in self
            if profile.insolvency_date != insolvencies[profile].date_from
        }
        Hold = self.env["credit.hold"]
        for profile, day in changes.items():
            hold = insolvencies[profile].with_env(self.env)
            if hold and day:
                hold.write({"date_from": day})
            elif hold:
                hold.action_end()
            else:
                Hold.create(profile._prepare_insolvency_vals(day))

    def action_holds(self):
        """Open the customer's holds, ended ones included."""
        self.ensure_one()
        self.env["credit.hold"].check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("credit_collection.credit_hold_action")
        action["domain"] = self._customer_domain()
        action["context"] = self._hold_defaults()
        return action

    def action_put_on_hold(self):
        """Open a new hold of the customer. Credit managers only."""
        self.ensure_one()
        self.env["credit.hold"]._check_may_hold()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Put on hold"),
            "res_model": "credit.hold",
            "view_mode": "form",
            "context": self._hold_defaults(),
        }

    def _hold_defaults(self):
        return {"default_partner_id": self.partner_id.id, "default_company_id": self.company_id.id}

    def _prepare_insolvency_vals(self, day):
        return {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "kind": "insolvency",
            "scope": "both",
            "date_from": day,
            "reason": self.env._("Insolvency judgment"),
        }

    def _insolvencies(self):
        """Return the judgment in force on each customer, or an empty record, by file."""
        holds = self._holds([("kind", "=", "insolvency"), ("date_to", "=", False)])
        none = self.env["credit.hold"]
        return {profile: holds.get((profile.partner_id, profile.company_id), none) for profile in self}

    def _holds(self, domain):
        """Return the holds of that domain on these customers, by customer and company."""
        known = self.env["credit.control"]._of_user(self)
        holds = self.env["credit.hold"].sudo().search(known._customers_domain() & Domain(domain))
        return holds.grouped(lambda hold: (hold.partner_id, hold.company_id))
