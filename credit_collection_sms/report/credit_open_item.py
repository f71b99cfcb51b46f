from odoo import api, models
from odoo.tools import SQL


class CreditOpenItem(models.Model):
    _inherit = "credit.open.item"

    _depends = {
        "credit.profile": ["sms_failed_number"],
        "phone.blacklist": ["active", "number"],
        "res.partner": ["followup_sms_number"],
    }

    @api.model
    def _sql_send_channel(self):
        """EXTENDS 'credit_collection': without a number, an SMS goes as an e-mail, else as a letter."""
        return SQL(
            """CASE WHEN n.channel = 'sms' AND %(mail)s AND NOT %(phone)s THEN 'email'
                    WHEN n.channel = 'sms' AND %(post)s AND NOT %(phone)s THEN 'letter'
                    ELSE %(other)s END""",
            mail=self._sql_has_email(),
            post=self._sql_has_postal_address(),
            phone=self._sql_has_sms_number(),
            other=super()._sql_send_channel(),
        )

    @api.model
    def _sql_has_sms_number(self):
        """Whether the recipient, else the customer, has a number for SMS that works and is not on the blacklist."""
        return SQL(
            """EXISTS (SELECT FROM res_partner x
                        WHERE x.id IN (p.commercial_partner_id, %s) AND COALESCE(x.followup_sms_number, '') <> ''
                          AND x.followup_sms_number IS DISTINCT FROM pr.sms_failed_number
                          AND NOT EXISTS (SELECT FROM phone_blacklist b
                                           WHERE b.number = x.followup_sms_number AND b.active))""",
            self._sql_recipient(),
        )
