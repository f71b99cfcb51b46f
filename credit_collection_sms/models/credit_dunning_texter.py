from odoo import Command, api, fields, models
from odoo.tools import SQL
from odoo.tools.mail import generate_tracking_message_id

# SMS between two look-ups of the ledger: they share their reads.
BATCH = 100


class CreditDunningTexter(models.AbstractModel):
    """Sends queued SMS actions, each once, through Odoo's own SMS queue.

    A batch is one transaction: it is claimed, checked against the ledger again, marked sent, and put into the queue
    (``sms.sms``). So an SMS is in the queue if and only if its action is sent: a crash undoes both, and nothing is ever
    left half-way. From there on Odoo's queue talks to the provider, with an id of its own for each SMS by which the provider
    knows one it has had before; what becomes of it is read from the notifications of the SMS layer.
    """

    _name = "credit.dunning.texter"
    _description = "Sending of reminders by SMS"

    @api.model
    def _send_queued(self):
        """Void what did not arrive, then put every queued SMS that may leave now into Odoo's queue."""
        if not self.env.context.get("lang"):  # a scheduled action speaks no language
            self = self.with_context(lang=self.env.company.partner_id.lang)
        Action, run = self.env["credit.collection.action"].sudo(), self.env["credit.dunning.run"]
        run._checkpoint()
        run._transaction(lambda: Action._search_undelivered()._void_undelivered())
        claimed = Action.browse()
        while claimed := run._transaction(lambda after=claimed: self._send_batch(after)):
            if run._checkpoint(len(claimed)) == 0:
                Action._trigger_sending()
                break

    def _send_batch(self, after):
        """Send the batch that follows ``after``; return all that was looked at."""
        claimed = self._claim(after)
        self._send(self._compose(self.env["credit.dunning.recheck"]._recheck(claimed)))
        return claimed

    def _claim(self, after):
        """Lock the batch of queued SMS that follows ``after``."""
        rows = self.env.execute_query(
            SQL(
                """SELECT a.id FROM credit_collection_action a
                    WHERE a.state = 'queued' AND a.channel = 'sms' AND a.date_planned <= %s AND NOT %s AND a.id > %s
                    ORDER BY a.id LIMIT %s FOR UPDATE OF a SKIP LOCKED""",
                fields.Date.context_today(self),
                self.env["credit.dunning.recheck"]._sql_held(),
                after[-1:].id or 0,
                BATCH,
            )
        )
        actions = self.env["credit.collection.action"].sudo().browse([row[0] for row in rows])
        actions.invalidate_recordset()
        return actions

    def _compose(self, actions):
        """Return the words of each action; what cannot be written or addressed fails, and stops nobody else."""
        words, composed, failed = self.env["credit.dunning.words"], {}, {}
        testing = actions.filtered(lambda action: action.company_id._dunning_is_test())
        for company, mine in testing.grouped("company_id").items():
            reason = self.env._(
                "No SMS leaves while reminders go to the test address %s.", company.followup_test_email
            )
            mine._set_state("cancelled", "queued", reason=reason)
        blacklist = self._blacklist(actions)
        for action in actions - testing:
            problem = self._problem(action, blacklist)
            if problem:
                failed[action] = problem
            else:
                try:
                    composed[action] = words._render(action)
                except KeyError as error:  # a translation of the text is not checked when it is imported
                    failed[action] = self.env._("Its text uses a placeholder that does not exist: %s", error)
        self.env["credit.dunning.mailer"]._fail(failed)
        return composed

    def _problem(self, action, blacklist):
        """Return why the action cannot be sent as an SMS, or False."""
        number = action._sms_partner().followup_sms_number
        if not number:
            return self.env._(
                "No mobile number an SMS can be sent to: add one to the customer, or send it by other means."
            )
        if number in blacklist:
            return self.env._("%s is on the blacklist.", number)
        return self.env["credit.dunning.words"]._unlawful(action)

    @api.model
    def _blacklist(self, actions):
        numbers = (actions.recipient_id | actions.partner_id).mapped("followup_sms_number")
        found = self.env["phone.blacklist"].sudo().search([("number", "in", [one for one in numbers if one])])
        return set(found.mapped("number"))

    def _send(self, composed):
        """Mark these actions sent, show them in the history, and put their SMS into Odoo's queue."""
        actions = self.env["credit.collection.action"].sudo().union(*composed)
        now = fields.Datetime.now()
        for action, words in composed.items():
            action._write_state(
                {
                    "sms_text": words["text"],
                    "sms_number": action._sms_partner().followup_sms_number,
                    "body_sent": words["html"],
                    "email_from": self.env["credit.dunning.mailer"]._sender(action),
                    "message_id": generate_tracking_message_id(f"{action.id}-credit.collection.action"),
                    "date_sending": now,
                    "reason": False,
                }
            )
        actions._set_state("sending", "queued")
        for company, mine in actions.grouped("company_id").items():
            mine._set_state("sent", "sending", day=company._dunning_today(), date_done=now)
        self.env["credit.dunning.history"]._write_history()
        for company, mine in actions.grouped("company_id").items():
            self.with_company(company)._put_in_queue(mine)

    def _put_in_queue(self, actions):
        """Create the SMS of these actions as Odoo's own sending does, with what it needs to report on them."""
        texts = (
            self.env["sms.sms"]
            .sudo()
            .create(
                [
                    {
                        "number": action.sms_number,
                        "body": action.sms_text,
                        "partner_id": action._sms_partner().id,
                        "mail_message_id": action.mail_message_id.id,
                    }
                    for action in actions
                ]
            )
        )
        self.env["mail.notification"].sudo().create(
            [
                {
                    "author_id": text.mail_message_id.author_id.id,
                    "mail_message_id": text.mail_message_id.id,
                    "res_partner_id": text.partner_id.id,
                    "sms_number": text.number,
                    "notification_type": "sms",
                    "notification_status": "ready",
                    "is_read": True,
                    "sms_id_int": text.id,
                    "sms_tracker_ids": [Command.create({"sms_uuid": text.uuid})],
                }
                for text in texts
            ]
        )
