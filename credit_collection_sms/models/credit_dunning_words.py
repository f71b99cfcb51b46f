from odoo import api, models
from odoo.tools import plaintext2html

from odoo.addons.credit_collection.tools import text as text_tools

from ..tools import segments


class CreditDunningWords(models.AbstractModel):
    """What an SMS says: a short text, no table of items. The same words go by mail where there is no number."""

    _inherit = "credit.dunning.words"

    @api.model
    def _sms_placeholders(self):
        tables = ("items", "charges", "penalty_rate", "total_amount")
        return [name for name in self._placeholders() if name not in tables]

    @api.model
    def _standard_sms_text(self, level):
        """Return the text of a level that has none of its own, in the language of the level's context."""
        if level.day > 0:
            return level.env._(
                "{company}: {amount} has been due since {oldest_due_date}. Please pay by {deadline} or call us. "
                "Thank you if you have just paid."
            )
        return level.env._("{company}: a reminder that {amount} is due on {oldest_due_date}. Thank you.")

    def _render(self, action):
        """EXTENDS 'credit_collection'"""
        if action.channel != "sms":
            return super()._render(action)
        lang = self._lang(action)
        action = action.with_context(lang=lang)
        text = action.sms_text
        if not text:
            words = self.with_context(lang=lang)._words(action, action.company_id._dunning_today())
            text = text_tools.fill(action.level_id.sms_text or self._standard_sms_text(action.level_id), words)
        text = segments.plain(text)
        return {"subject": False, "text": text, "html": plaintext2html(text), "lang": lang}

    def _own_text(self, action):
        """EXTENDS 'credit_collection'"""
        return (action.channel == "sms" and action.sms_text) or super()._own_text(action)

    @api.model
    def _level_words(self, level):
        """EXTENDS 'credit_collection': the words of an SMS, where it goes another way."""
        if level.channel != "sms":
            return super()._level_words(level)
        text = level.sms_text or self._standard_sms_text(level)
        return level.env._("Payment reminder"), plaintext2html(text)
