from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.priority import FACTORS, most_points


# What makes a customer come first in the worklist. Not for customers to read.
class ResCompany(models.Model):
    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    followup_weight_amount = fields.Integer(
        string="Weight of the Amount",
        default=50,
        help="How much the overdue amount that may be claimed counts, compared with the other customers'.",
        groups="base.group_user",
    )
    followup_weight_age = fields.Integer(
        string="Weight of the Age",
        default=30,
        help="How much the days late count, weighted by amount; all of it from 90 days on.",
        groups="base.group_user",
    )
    followup_weight_promises = fields.Integer(
        string="Weight of Broken Promises",
        default=10,
        help="How much the promises broken in the last 12 months count; all of it from 3 on.",
        groups="base.group_user",
    )
    followup_weight_risk = fields.Integer(
        string="Weight of the Uninsured Part",
        default=10,
        help="How much the part of the debt counts that no insurer bears.",
        groups="base.group_user",
    )

    @api.constrains(*(f"followup_weight_{name}" for name in FACTORS))
    def _check_followup_weights(self):
        for company in self:
            weights = [company[f"followup_weight_{name}"] for name in FACTORS]
            if min(weights) < 0 or not any(weights):
                raise ValidationError(
                    self.env._(
                        "The weights of the priority cannot be negative, and one of them at least is more than 0: "
                        "correct those of %s.",
                        company.name,
                    )
                )

    def _followup_weights(self):
        """Return what each factor of the priority counts for at most, together 100, by its name."""
        self.ensure_one()
        return most_points({name: self.sudo()[f"followup_weight_{name}"] for name in FACTORS})
