from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    followup_dispute_days = fields.Integer(
        string="Days to Answer a Dispute",
        default=15,
        help="Proposed when a dispute is opened. What is disputed is not claimed until then.",
    )

    _followup_dispute_days_positive = models.Constraint(
        "CHECK (followup_dispute_days >= 0)", "The days to answer a dispute cannot be negative."
    )
