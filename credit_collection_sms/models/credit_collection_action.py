from odoo import api, fields, models
from odoo.tools import LazyTranslate, plaintext2html

from odoo.addons.credit_collection.models.credit_collection_action import UNSENT

from ..tools import segments

_lt = LazyTranslate(__name__)

# What the SMS layer says of a message that did not arrive.
UNDELIVERED = ("exception", "bounce", "canceled")
# Failures after which the number is not used again; the others say nothing about it (no credit, provider down …).
NUMBER_FAULTS = (
    "sms_number_missing",
    "sms_number_format",
    "sms_country_not_supported",
    "sms_expired",
    "sms_invalid_destination",
    "sms_not_allowed",
    "sms_not_delivered",
    "sms_rejected",
)


class CreditCollectionAction(models.Model):
    """Reminders by SMS: their words, their number, and what the SMS layer says of them."""

    _inherit = "credit.collection.action"

    channel = fields.Selection(
        selection_add=[("letter",), ("sms", "SMS"), ("call",)],
        ondelete={"sms": lambda actions: actions._leave_sms()},
    )
    sms_text = fields.Text(
        string="Text of the SMS",
        copy=False,
        help="Empty until a person edits it or it is sent; the level's text is used until then.",
    )
    sms_number = fields.Char(string="Sent to Number", readonly=True, copy=False)
    sms_size = fields.Char(compute="_compute_sms_size", string="Length")

    _sms_sent_idx = models.Index("(mail_message_id) WHERE channel = 'sms' AND state = 'sent'")

    @api.depends("sms_text")
    def _compute_preview(self):
        return super()._compute_preview()

    @api.depends("channel", "sms_text", "line_ids", "recipient_id", "level_id")
    def _compute_sms_size(self):
        for action in self:
            action.sms_size = False
            if action.channel == "sms":
                text = action.sms_text or self.env["credit.dunning.words"]._render(action)["text"]
                characters, parts = segments.size(text)
                action.sms_size = self.env._(
                    "%(characters)s characters, %(parts)s SMS", characters=characters, parts=parts
                )

    @api.model
    def _editable(self):
        return super()._editable() | {"sms_text"}

    def _is_edited(self):
        return super()._is_edited() or bool(self.channel == "sms" and self.sms_text)

    def action_edit_text(self):
        """EXTENDS 'credit_collection': an SMS is edited as plain text."""
        texts = self.filtered(lambda action: action.channel == "sms")
        for action in texts:
            action.write({"sms_text": self.env["credit.dunning.words"]._render(action)["text"]})
        return super(CreditCollectionAction, self - texts).action_edit_text()

    def action_reset_text(self):
        """EXTENDS 'credit_collection'"""
        self.write({"sms_text": False})
        return super().action_reset_text()

    def _change_channel(self, channel):
        """EXTENDS 'credit_collection': what a person wrote for the SMS goes with it."""
        edited = self.filtered(lambda action: action.channel == "sms" and action.sms_text)
        result = super()._change_channel(channel)
        for action in edited.sudo():
            subject, _text = self.env["credit.dunning.words"]._level_words(action.level_id)
            action._write_state({"subject": subject, "body": plaintext2html(action.sms_text), "sms_text": False})
        return result

    def _sms_partner(self):
        """Return whose number the SMS goes to: the recipient's, else the customer's; nobody's without a usable one."""
        self.ensure_one()
        bad = self.profile_id.sms_failed_number
        partners = self.recipient_id | self.partner_id
        return partners.filtered(lambda partner: partner.followup_sms_number not in (False, bad))[:1]

    def _sent_to(self):
        return self.sms_number or super()._sent_to()

    # -------------------------------------------------------------------------
    # What came back
    # -------------------------------------------------------------------------

    @api.model
    def _search_undelivered(self):
        """Return the SMS sent of which the SMS layer says by now that they did not arrive.

        A *duplicate* is one that the provider has had before: the customer got it.
        """
        failed = [
            ("notification_type", "=", "sms"),
            ("notification_status", "in", UNDELIVERED),
            ("failure_reason", "!=", "duplicate_message"),
        ]
        return self.sudo().search(
            [
                ("channel", "=", "sms"),
                ("state", "=", "sent"),
                ("mail_message_id", "any", [("notification_ids", "any", failed)]),
            ]
        )

    def _void_undelivered(self):
        """These SMS did not arrive: their level is not consumed, and a number at fault is not used again."""
        # nobody is to send them again from the SMS layer's own list: the next run decides
        self.env["sms.sms"].sudo().search([("mail_message_id", "in", self.mail_message_id.ids)]).to_delete = True
        notifications = self.mail_message_id.notification_ids
        labels = dict(notifications._fields["failure_type"]._description_selection(self.env))
        for action in self:
            notification = action.mail_message_id.notification_ids.filtered(
                lambda one: one.notification_type == "sms" and one.notification_status in UNDELIVERED
            )[:1]
            why = labels.get(notification.failure_type) or self.env._("cancelled")
            reason = self.env._("The SMS to %(number)s did not arrive: %(why)s", number=action.sms_number, why=why)
            at_fault = notification.failure_type in NUMBER_FAULTS
            number = {"sms_failed_number": action.sms_number} if at_fault else {}
            action._record_not_arrived(reason, _lt("An SMS did not arrive."), reason, **number)

    def _leave_sms(self):
        """The addon is uninstalled: what waits is cancelled, to be prepared anew; what was sent says that it was an SMS."""
        actions = self.sudo()
        waiting = actions.filtered(lambda action: action.state in UNSENT)
        waiting._set_state("cancelled", reason=self.env._("SMS are no longer sent."))
        for action in actions - waiting:
            sent = self.env._("Sent as an SMS to %s.", action.sms_number)
            action._write_state({"reason": " ".join(filter(None, (sent, action.reason)))})
        actions._write_state({"channel": "email"})
