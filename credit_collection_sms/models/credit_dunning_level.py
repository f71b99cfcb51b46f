from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.credit_collection.tools import text as text_tools


class CreditDunningLevel(models.Model):
    _inherit = "credit.dunning.level"

    channel = fields.Selection(
        selection_add=[("letter",), ("sms", "SMS"), ("call",)],
        ondelete={"sms": lambda levels: levels._leave_sms()},
    )
    sms_text = fields.Text(
        string="Text of the SMS",
        translate=True,
        help="Empty: the standard text, in the customer's language. "
        "Placeholders: {customer} {contact} {company} {amount} {net_amount} {credits} {item_count} {oldest_due_date} "
        "{days_overdue} {deadline} {deadline_days} {today} {collector}.",
    )
    sms_standard_text = fields.Text(compute="_compute_sms_standard_text", string="Standard Text")

    @api.depends("day")
    @api.depends_context("lang")
    def _compute_sms_standard_text(self):
        for level in self:
            level.sms_standard_text = self.env["credit.dunning.words"]._standard_sms_text(level)

    @api.constrains("channel", "subject", "text")
    def _check_words(self):
        return super(CreditDunningLevel, self.filtered(lambda level: level.channel != "sms"))._check_words()

    @api.constrains("sms_text")
    def _check_sms_text(self):
        known = self.env["credit.dunning.words"]._sms_placeholders()
        for level in self:
            unknown = text_tools.unknown_placeholders(level.sms_text, known)
            if unknown:
                raise ValidationError(
                    self.env._(
                        "The SMS of “%(level)s” uses placeholders that do not exist there: %(unknown)s. Known ones: %(known)s.",
                        level=level.name,
                        unknown=", ".join(f"{{{name}}}" for name in sorted(unknown)),
                        known=" ".join(f"{{{name}}}" for name in known),
                    )
                )

    @api.constrains("channel", "is_formal_notice")
    def _check_sms_is_no_formal_notice(self):
        for level in self:
            if level.channel == "sms" and level.is_formal_notice:
                raise ValidationError(
                    self.env._("“%s” is a formal notice: send it by letter or e-mail, not as an SMS.", level.name)
                )

    def _leave_sms(self):
        """The addon is uninstalled: these levels go by e-mail, with the words of their SMS where they have no others."""
        words = self.env["credit.dunning.words"]
        bare = self.filtered(lambda level: not (level.subject and level.text))
        for lang, _name in self.env["res.lang"].get_installed():
            for level in bare.with_context(lang=lang):
                subject, text = words._level_words(level)
                level.write({"subject": subject, "text": text})
        self.write({"channel": "email"})
