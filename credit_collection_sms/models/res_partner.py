from odoo import api, fields, models

try:
    import phonenumbers
except ImportError:  # as in Odoo, whose phone_validation warns of it: any number will do then
    phonenumbers = None


class ResPartner(models.Model):
    _inherit = "res.partner"

    followup_sms_number = fields.Char(
        string="Number for SMS",
        compute="_compute_followup_sms_number",
        store=True,
        help="The phone number in international format, if it is one that receives SMS.",
    )

    @api.depends("phone_sanitized")
    def _compute_followup_sms_number(self):
        for partner in self:
            number = partner.phone_sanitized
            partner.followup_sms_number = number if number and self._receives_sms(number) else False

    @api.model
    def _receives_sms(self, number):
        """Whether the number is a mobile one, or of a country where numbers do not tell."""
        if not phonenumbers:
            return True
        kind = phonenumbers.number_type(phonenumbers.parse(number))
        return kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
