import logging

import psycopg2
from markupsafe import Markup

from odoo import Command, fields, models
from odoo.tools import SQL, LazyTranslate

_lt = LazyTranslate(__name__)

_logger = logging.getLogger(__name__)


class CreditDunningHistory(models.AbstractModel):
    """Shows what was sent where people look: in the customer's file and on the invoices."""

    _name = "credit.dunning.history"
    _description = "History of reminders"

    def _write_history(self):
        """Show what was sent in the history of the customer's file and of each invoice; also what a crash left unwritten."""
        rows = self.env.execute_query(
            SQL(
                """SELECT id FROM credit_collection_action
                    WHERE state = 'sent' AND message_id IS NOT NULL AND mail_message_id IS NULL
                    ORDER BY id FOR UPDATE SKIP LOCKED"""
            )
        )
        actions = self.env["credit.collection.action"].sudo().browse([row[0] for row in rows])
        if not actions:
            return
        actions.attachment_ids.fetch(["res_model", "res_id"])  # core asks them one by one
        messages = self.env["mail.message"].sudo().create([self._prepare_message_vals(action) for action in actions])
        self.env.cr.execute(
            SQL(
                """UPDATE credit_collection_action a SET mail_message_id = v.message
                     FROM (VALUES %s) AS v (id, message) WHERE a.id = v.id""",
                SQL(", ").join(SQL("(%s, %s)", a.id, m.id) for a, m in zip(actions, messages, strict=True)),
            )
        )
        actions.invalidate_recordset(["mail_message_id"])
        self._note_on_invoices(actions)
        self._follow_up(actions)

    def _prepare_message_vals(self, action):
        """Return the entry of an action that was sent in the history of the customer's file."""
        return {
            "model": "credit.profile",
            "res_id": (action.profile_id or action.partner_id._followup_profile(action.company_id)).id,
            "record_name": action.partner_id.display_name,
            "message_type": "email_outgoing",
            "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note"),
            "author_id": (action.user_id.partner_id or action.company_id.partner_id).id,
            "email_from": action.email_from,
            "reply_to": action.email_from,
            "message_id": action.message_id,
            "subject": action.subject,
            "body": action.body_sent,
            "date": action.date_done,
            "record_alias_domain_id": False,
            "record_company_id": action.company_id.id,
            "email_add_signature": False,
            "is_internal": True,
            # commands, to which core adds the images of the body, such as the QR code
            "attachment_ids": [Command.link(attachment.id) for attachment in action.attachment_ids],
        }

    def _note_on_invoices(self, actions):
        """A line in the history of each invoice that climbed a level or was claimed."""
        notes = {action: action._note_for_invoice() for action in actions}
        bodies = {
            line.move_id.id: notes[line.action_id] for line in actions._standing_lines("claimed") if line.move_id
        }
        moves = self.env["account.move"].sudo().browse(bodies)
        moves._message_log_batch(bodies=bodies)

    # -------------------------------------------------------------------------
    # What follows from a message that left. One that fails must not hold up the others, nor the sending.
    # -------------------------------------------------------------------------

    def _follow_up(self, actions):
        """Hold the customers whose level says so, claim what the messages claimed, and send the copies they announce."""
        self.env["credit.hold"]._hold_by_level(actions)
        for action in actions.filtered("level_id.claim_charges"):
            self._safely(self._claim_charges, action)
        for action in actions.filtered(lambda action: action.letter_id and action.level_id.copy_by_email):
            self._safely(self._send_copy, action)

    def _safely(self, job, action):
        """Do ``job`` for the action; whatever it raises is logged, and told to whoever answers for the customer."""
        try:
            with self.env.cr.savepoint():
                job(action)
        except psycopg2.Error:
            raise
        except Exception as error:
            _logger.exception("After the reminder %s:", action.id)
            summary = _lt("Something is missing after “%s”: see the note.", action.display_name)
            action.profile_id._raise_activity(
                "credit_collection.mail_activity_failed", summary, {action.profile_id: str(error)}
            )

    def _claim_charges(self, action):
        """Keep as claims the interest and indemnities that the message listed, as of the day it was written."""
        lines = action._standing_lines("claimed").move_line_id
        model = self.with_context(tz=action.company_id._dunning_tz())
        written = fields.Datetime.context_timestamp(model, action.date_sending or action.date_done)
        self.env["credit.late.claim"]._claim(lines, written.date(), action)

    def _send_copy(self, action):
        """E-mail a copy of the letter to its contact, through the customer's file and Odoo's own queue."""
        if not action.recipient_id.email:
            return
        words = self.with_context(lang=self.env["credit.dunning.words"]._lang(action)).env
        text = words._("Please find attached a copy of the letter that we have sent you by post.")
        action.profile_id.with_context(lang=words.lang).message_post(
            subject=action.subject,
            body=Markup("<p>%s</p>") % text,
            author_id=(action.user_id.partner_id or action.company_id.partner_id).id,
            partner_ids=action.recipient_id.ids,
            attachments=[(action.letter_id.name, action.letter_id.raw)],
            subtype_xmlid="mail.mt_note",
        )
