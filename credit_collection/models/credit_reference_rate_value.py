from odoo import fields, models


class CreditReferenceRateValue(models.Model):
    """What a reference rate is from a day on, in percent per year, and where that was read."""

    _name = "credit.reference.rate.value"
    _description = "Reference rate value"
    _order = "date_from desc, id"
    _rec_name = "date_from"

    reference_id = fields.Many2one("credit.reference.rate", required=True, index=True, ondelete="cascade")
    date_from = fields.Date(string="In Force From", required=True)
    rate = fields.Float(string="Rate (%)", digits=(12, 4), required=True, aggregator=None, help="In percent per year.")
    source = fields.Char(help="Where the value was published.")

    _date_uniq = models.Constraint(
        "UNIQUE (reference_id, date_from)", "This reference rate already has a value from that day on."
    )
