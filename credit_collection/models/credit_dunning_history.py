from odoo import fields, models
from odoo.tools import SQL


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
        self._claim_charges(actions)

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
            # commands: core adds its own for the pictures in the body, like the QR code
            "attachment_ids": [fields.Command.link(attachment.id) for attachment in action.attachment_ids],
        }

    def _note_on_invoices(self, actions):
        """A line in the history of each invoice that climbed a level or was claimed."""
        bodies = {}
        for action in actions:
            for move in action._standing_lines("claimed").move_id:
                bodies[move.id] = action._note_for_invoice()
        moves = self.env["account.move"].sudo().browse(bodies)
        moves._message_log_batch(bodies=bodies)

    def _claim_charges(self, actions):
        """Keep as claims the interest and indemnities that the messages listed, as of the day they were written."""
        for action in actions.filtered("level_id.claim_charges"):
            lines = action._standing_lines("claimed").move_line_id
            written = fields.Datetime.context_timestamp(
                self.with_context(tz=action.company_id._dunning_tz()), action.date_sending or action.date_done
            )
            self.env["credit.late.claim"]._claim(lines, written.date(), action)
