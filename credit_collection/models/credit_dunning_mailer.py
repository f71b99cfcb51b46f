import logging
import smtplib
from collections import defaultdict

import psycopg2
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, LazyTranslate, config, email_normalize, html2plaintext
from odoo.tools.mail import generate_tracking_message_id

from odoo.addons.base.models.ir_mail_server import MailDeliveryException

from ..tools.locks import session_lock

_lt = LazyTranslate(__name__)

_logger = logging.getLogger(__name__)

# Mails between two look-ups of the ledger: they share their reads.
BATCH = 50
# So many refusals in a row that are not the mail's fault end the sending for now.
TROUBLE = 3


class CreditDunningMailer(models.AbstractModel):
    """Sends queued e-mail actions, each at most once unasked.

    A batch is claimed, checked against the ledger again and written. Then, one by one, each mail is committed as
    ``sending`` with its Message-ID, given to the server, and its outcome committed. While it works, the sender holds an
    advisory lock named by its backend's pid: an action found ``sending`` without that lock was left by a worker that is
    gone, and stands under *To check* until a person decides. What a dead worker had only claimed is claimed again.
    """

    _name = "credit.dunning.mailer"
    _description = "Sending of reminders"

    _LOCK_CLASS = 1129470549  # any number that no other advisory lock of two keys uses: "CREU" in ASCII

    # -------------------------------------------------------------------------
    # The loop
    # -------------------------------------------------------------------------

    @api.model
    def _cron_send(self):
        """Send what may leave now. A server that is down is logged and tried again in an hour, however long it lasts."""
        try:
            self._send_queued()
        except UserError as error:
            _logger.error("Sending reminders: %s", error)

    @api.model
    def _send_queued(self):
        """Send every queued e-mail that may leave now, in batches.

        :raise UserError: when the mail server cannot be reached; what was not sent stays queued
        """
        if not self.env.context.get("lang"):  # a scheduled action speaks no language
            self = self.with_context(lang=self.env.company.partner_id.lang)
        Action = self.env["credit.collection.action"].sudo()
        run, recheck = self.env["credit.dunning.run"], self.env["credit.dunning.recheck"]
        history = self.env["credit.dunning.history"]
        run._checkpoint()
        [(pid,)] = self.env.execute_query(SQL("SELECT pg_backend_pid()"))
        with session_lock(self.env.cr, self._LOCK_CLASS, pid):
            run._transaction(history._write_history)
            claimed = Action.browse()
            while claimed := run._transaction(lambda after=claimed: self._claim(pid, after)):
                mails = run._transaction(lambda claimed=claimed: self._compose(recheck._recheck(claimed)))
                self._deliver(mails)
                run._transaction(history._write_history)
                if run._checkpoint(len(claimed)) == 0:
                    Action._trigger_sending()
                    break

    def _claim(self, pid, after):
        """Take the batch of queued actions that follows ``after``: nobody else sends them while this worker lives."""
        rows = self.env.execute_query(
            SQL(
                """UPDATE credit_collection_action SET sender_pid = %(pid)s WHERE id IN (
                       SELECT a.id FROM credit_collection_action a
                        WHERE a.state = 'queued' AND a.channel = 'email' AND a.date_planned <= %(today)s AND NOT %(held)s
                          AND NOT (COALESCE(a.sender_pid, 0) <> %(pid)s AND %(alive)s) AND a.id > %(after)s
                        ORDER BY a.id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
                RETURNING id""",
                pid=pid,
                after=after[-1:].id or 0,
                today=fields.Date.context_today(self),
                held=self.env["credit.dunning.recheck"]._sql_held(),
                alive=self._sql_sender_alive(),
                limit=BATCH,
            )
        )
        actions = self.env["credit.collection.action"].sudo().browse(sorted(row[0] for row in rows))
        actions.invalidate_recordset()
        return actions

    @api.model
    def _sql_sender_alive(self):
        """Whether the worker that took action ``a`` still holds its lock."""
        return SQL(
            """EXISTS (SELECT FROM pg_locks k
                        WHERE k.locktype = 'advisory' AND k.classid = %s AND k.objid = a.sender_pid AND k.granted
                          AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database()))""",
            self._LOCK_CLASS,
        )

    # -------------------------------------------------------------------------
    # Words
    # -------------------------------------------------------------------------

    def _compose(self, actions):
        """Write the mails of the batch; what cannot be written or addressed fails, and stops nobody else."""
        blacklisted = self._blacklisted(actions)
        failed = {action: problem for action in actions if (problem := self._problem(action, blacklisted))}
        actions = actions.filtered(lambda action: action not in failed)
        actions.attachment_ids.unlink()  # of a sending that did not come about
        self.env["credit.dunning.words"]._ready(actions)
        statements = self.env["credit.dunning.enclosures"]._keep_statements(actions)
        mails = []
        for action in actions:
            try:
                mails.append(self._compose_one(action, statements))
            except psycopg2.Error:
                raise
            except Exception as error:  # a faulty text or report: whatever it raises is this action's failure
                _logger.exception("The reminder %s cannot be written.", action.id)
                failed[action] = self.env._("It cannot be written: %s", error)
        self._fail(failed)
        self._add_reply_to(mails)
        return sorted(mails, key=lambda mail: mail["email_from"])

    def _compose_one(self, action, statements):
        words, enclosures = self.env["credit.dunning.words"]._render(action), self.env["credit.dunning.enclosures"]
        company, sender = action.company_id, self._sender(action)
        if company._dunning_is_test():
            words = self._words_of_test(words, action)
        return {
            "action": action,
            "test": company._dunning_is_test() and company._dunning_test_reason(),
            "words": words,
            "message_id": generate_tracking_message_id(f"{action.id}-credit.collection.action"),
            "email_from": sender,
            # as core asks the active company for them: here the action's decides
            "domain_bounce_address": company.bounce_email or config.get("email_from") or sender,
            "domain_notifications_email": company.default_from_email or config.get("email_from") or sender,
            "email_to": company.followup_test_email or action.recipient_id.email_formatted,
            "attachments": enclosures._enclose(action, statements),
            "day": company._dunning_today(),
            "profile": action.profile_id.id,
        }

    def _words_of_test(self, words, action):
        """Return the words with a line on top that says to whom they would have gone."""
        line = self.env._("Test: this message would have gone to %s.", action.recipient_id.email_formatted)
        note = Markup('<p style="padding: 8px; background-color: #fff3cd; color: #664d03;">%s</p>') % line
        return {**words, "subject": f"[TEST] {words['subject']}", "html": note + words["html"]}

    def _problem(self, action, blacklisted):
        """Return why the action cannot be mailed, or False."""
        address = email_normalize(action.recipient_id.email or "")
        if not address:
            return self.env._("No e-mail address: add one to the customer, or contact it by other means.")
        if address == email_normalize(action.profile_id.bounced_email or ""):
            return self.env._("Reminders to %s came back: correct the address.", address)
        if address in blacklisted:
            return self.env._("%s is on the blacklist.", address)
        if not self._sender(action):
            return self.env._("The sender has no e-mail address: set one on the company or the collector.")
        return self.env["credit.dunning.words"]._unlawful(action)

    @api.model
    def _sender(self, action):
        return action.user_id.email_formatted or action.company_id.email_formatted

    def _blacklisted(self, actions):
        addresses = {email_normalize(email) for email in actions.recipient_id.mapped("email") if email}
        return set(self.env["mail.blacklist"].sudo().search([("email", "in", list(addresses))]).mapped("email"))

    # -------------------------------------------------------------------------
    # Deliver
    # -------------------------------------------------------------------------

    def _deliver(self, mails):
        """Give each mail to the server, committed as ``sending`` before and with its outcome after.

        A connection that breaks while a mail is handed over leaves that one *To check*: the server may have taken it. A
        server that cannot be reached, or three times in a row asks to come back later or hangs up, ends the sending.

        :raise UserError: then; what was not sent stays queued, with the reason
        """
        session, trouble = None, 0
        for position, mail in enumerate(mails):
            try:
                session = self._live_session(session, mail["email_from"])
            except (OSError, smtplib.SMTPException, UserError, MailDeliveryException) as error:
                self._stop_sending(mails[position:], error)
            if not self._commit(self._mark_sending, mail):
                continue
            try:
                self._hand_over(session, mail)
            except smtplib.SMTPServerDisconnected as error:
                _logger.warning("The server hung up while taking %s: it is listed to check.", mail["message_id"])
                session, trouble, last = None, trouble + 1, error
            except (MailDeliveryException, smtplib.SMTPException, UserError, ValueError, AssertionError) as error:
                if self._is_temporary(error):
                    trouble, last = trouble + 1, error
                    self._commit(self._put_back, [mail], error)
                else:
                    trouble = 0
                    self._commit(self._fail, {mail["action"]: self._words_of(error)})
            else:
                trouble = 0
                self._commit(self._mark_sent, mail)
            if trouble == TROUBLE:
                self._stop_sending(mails[position + 1 :], last)
        self._close_session(session)

    def _commit(self, job, *args):
        """Do one step of a delivery as a transaction of its own."""
        return self.env["credit.dunning.run"]._transaction(lambda: job(*args))

    def _stop_sending(self, mails, error):
        """Leave the rest queued, and say why."""
        self._commit(self._put_back, mails, error)
        raise UserError(
            self.env._("The mail server cannot be reached (%s). The reminders stay queued.", self._words_of(error))
        ) from error

    def _put_back(self, mails, error):
        actions = self.env["credit.collection.action"].sudo().union(*(mail["action"] for mail in mails))
        waiting = actions.filtered(lambda action: action.state in ("queued", "sending"))
        waiting._write_state({"state": "queued", "message_id": False, "reason": self._words_of(error)})

    @api.model
    def _is_temporary(self, error):
        """Whether the server refused for now only (an SMTP answer 4xx: too many mails, mailbox full …)."""
        refusal = error.__context__ if isinstance(error, MailDeliveryException) else error
        codes = [code for code, _words in getattr(refusal, "recipients", {}).values()]
        codes.append(getattr(refusal, "smtp_code", 0))
        return any(400 <= code < 500 for code in codes)

    @api.model
    def _words_of(self, error):
        return str(error.args[-1] if error.args else error)

    def _mark_sending(self, mail):
        """Commit Message-ID and words before the server is spoken to. False when a person took the action back."""
        action = mail["action"]
        rows = self.env.execute_query(
            SQL(
                """UPDATE credit_collection_action
                      SET state = 'sending', message_id = %s, subject = %s, body_sent = %s, email_from = %s, email_to = %s,
                          date_sending = %s, is_test = %s, reason = NULL
                    WHERE id = %s AND state = 'queued' AND sender_pid = pg_backend_pid() RETURNING id""",
                mail["message_id"],
                mail["words"]["subject"],
                mail["words"]["html"],
                mail["email_from"],
                email_normalize(mail["email_to"]),
                fields.Datetime.now(),
                bool(mail["test"]),
                action.id,
            )
        )
        action.invalidate_recordset()
        return bool(rows)

    def _close_session(self, session):
        try:
            if session:
                session.quit()
        except (OSError, smtplib.SMTPException):
            _logger.info("The mail server had closed the session already.")

    def _live_session(self, session, email_from):
        """Return a session that still answers. Asked before each mail, so that a break later means *in the middle of it*.

        Core keeps the sender it was opened for with a session and puts it in each mail: another sender needs another one.
        """
        if session and session.dunning_sender != email_from:
            self._close_session(session)
        elif session:
            try:
                if session.noop()[0] == 250:
                    return session
            except (OSError, smtplib.SMTPException):
                _logger.info("The mail server closed the session: a new one is opened.")
        session = self.env["ir.mail_server"]._connect__(smtp_from=email_from)
        session.dunning_sender = email_from
        return session

    def _hand_over(self, session, mail):
        MailServer = self.env["ir.mail_server"].with_context(
            domain_bounce_address=mail["domain_bounce_address"],
            domain_notifications_email=mail["domain_notifications_email"],
        )
        message = MailServer._build_email__(
            email_from=mail["email_from"],
            email_to=[mail["email_to"]],
            subject=mail["words"]["subject"],
            body=mail["words"]["html"],
            body_alternative=html2plaintext(mail["words"]["html"]),
            reply_to=mail["reply_to"],
            attachments=[(attachment.name, attachment.raw, attachment.mimetype) for attachment in mail["attachments"]],
            message_id=mail["message_id"],
            subtype="html",
            subtype_alternative="plain",
            headers={"X-Odoo-Objects": f"credit.profile-{mail['profile']}"},
        )
        MailServer.send_email(message, smtp_session=session)

    def _mark_sent(self, mail):
        action = mail["action"]
        if mail["test"]:
            action._void_test(mail["test"])
            return
        sent = SQL(
            "UPDATE credit_collection_action SET state = 'sent', date_done = %s WHERE id = %s AND state = 'sending'",
            fields.Datetime.now(),
            action.id,
        )
        self.env["credit.collection.action.line"]._reach_levels(action, mail["day"], sent)
        action.invalidate_recordset(["state", "date_done"])

    def _fail(self, reasons):
        """Mark actions failed, each with its reason; their items wait on the list *Failed*, with an activity."""
        for action, reason in reasons.items():
            action._set_state("failed", reason=reason)
        by_company = defaultdict(dict)
        for action, reason in reasons.items():
            profile = action.partner_id._followup_profile(action.company_id)
            by_company[action.company_id][profile] = reason
        for notes in by_company.values():
            profiles = self.env["credit.profile"].union(*notes)
            profiles._raise_activity(
                "credit_collection.mail_activity_failed", _lt("A reminder could not be sent."), notes
            )

    def _add_reply_to(self, mails):
        """Answers come back to the customer's file, by core's reply addresses; those to a test, to the sender."""
        for mail in mails:
            mail["reply_to"] = mail["email_from"]
        mails = [mail for mail in mails if not mail["test"]]
        profiles = self.env["credit.profile"].union(*(mail["action"].profile_id for mail in mails))
        for company, mine in profiles.grouped("company_id").items():
            reply_to = mine._notify_get_reply_to(default=company.email_formatted)
            for mail in mails:
                if mail["action"].company_id == company:
                    mail["reply_to"] = reply_to.get(mail["action"].profile_id.id) or mail["email_from"]
