import logging
import smtplib
from collections import defaultdict

import psycopg2
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, config, email_normalize, html2plaintext
from odoo.tools.mail import generate_tracking_message_id

from odoo.addons.base.models.ir_mail_server import MailDeliveryException

from ..tools.locks import session_lock

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
        run = self.env["credit.dunning.run"]
        run._checkpoint()
        [(pid,)] = self.env.execute_query(SQL("SELECT pg_backend_pid()"))
        with session_lock(self.env.cr, self._LOCK_CLASS, pid):
            run._transaction(self._write_history)
            claimed = Action.browse()
            while claimed := run._transaction(lambda after=claimed: self._claim(pid, after)):
                mails = run._transaction(lambda claimed=claimed: self._compose(self._recheck(claimed)))
                self._deliver(mails)
                run._transaction(self._write_history)
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
                held=self._sql_held(),
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

    def _sql_held(self):
        """Whether action ``a`` may not leave now, whatever the ledger says of its items."""
        companies = self.env["res.company"].sudo()._dunning_companies()
        closed = [company.id for company in companies if company._dunning_is_closed(company._dunning_today())]
        stale = [company.id for company in companies._payments_stale()]
        return SQL(
            """(a.company_id IN %(closed)s OR a.level_id IS NOT NULL AND a.company_id IN %(stale)s
                OR EXISTS (SELECT FROM credit_profile r WHERE r.partner_id = a.partner_id AND r.company_id = a.company_id
                                                         AND r.reply_waiting)
                OR EXISTS (SELECT FROM credit_dunning_level l JOIN credit_dunning_scenario s ON s.id = l.scenario_id
                            WHERE l.id = a.level_id AND (s.live AND s.active) IS NOT TRUE))""",
            closed=tuple(closed) or (0,),
            # a message that a person wrote is theirs to judge
            stale=tuple(stale) or (0,),
        )

    # -------------------------------------------------------------------------
    # Re-check
    # -------------------------------------------------------------------------

    def _recheck(self, actions):
        """Drop what may no longer be claimed, bring the figures up to date; return the actions that still go out.

        A line is dropped when its item is no longer due for that level: paid, excluded, disputed, paused, covered …
        An action without lines left is cancelled; one whose text was edited before its figures changed goes back to be
        confirmed.
        """
        OpenItem = self.env["credit.open.item"].sudo().with_context(credit_ignore_prepared=True)
        OpenItem.invalidate_model()
        ready = actions.browse()
        dropped, moved, changed = actions.line_ids.browse(), {}, actions.browse()
        for company, mine in actions.grouped("company_id").items():
            items = OpenItem.with_context(tz=company._dunning_tz()).browse(mine.line_ids.move_line_id.ids).exists()
            items.fetch(["chase_state", "next_level_id", "claimable_amount", "claimable_company", "days_overdue"])
            by_id = {item.id: item for item in items}
            others = set(mine.line_ids.move_line_id.ids) - by_id.keys()
            bank = OpenItem._bank_amounts(others)
            for line in mine.line_ids:
                item = by_id.get(line.move_line_id.id)
                if line.state == "void":
                    continue
                if line.move_line_id.id in bank:
                    received = bank[line.move_line_id.id]
                    if line.currency_id.compare_amounts(line.amount, received):
                        moved[line] = {"amount": received}
                        changed |= line.action_id
                    continue
                if (
                    not item
                    or item.chase_state == "excluded"
                    or (item.chase_state == "stopped" and line.action_id.level_id)
                    or (line.state == "pending" and (item.chase_state, item.next_level_id) != ("chase", line.level_id))
                ):
                    dropped |= line
                    changed |= line.action_id
                else:
                    late = line.kind == "not_due" and item.days_overdue > 0
                    if late or line.currency_id.compare_amounts(line.amount, item.claimable_amount):
                        moved[line] = {"amount": item.claimable_amount, "kind": "claimed" if late else line.kind}
                        changed |= line.action_id
            changed |= self._add_credits(mine.filtered("level_id"), OpenItem)
            changed |= mine.filtered("level_id")._add_bank_credits()
        if dropped:
            dropped._void()
        for line, vals in moved.items():
            line._write_evidence(vals)
        for action in changed:
            claimed = OpenItem.browse(action._standing_lines("claimed").move_line_id.ids)
            action._write_state({"amount_company": sum(claimed.mapped("claimable_company"))})
        for action in actions - actions._cancel_settled():
            if action in changed and action.body:
                action._set_state("to_confirm", reason=self.env._("The figures changed after the text was edited."))
            else:
                ready |= action
        return ready

    def _add_credits(self, actions, OpenItem):
        """List the credits that came since the actions were prepared; return the actions that changed."""
        credits = OpenItem.search(
            [
                ("company_id", "in", actions.company_id.ids),
                ("partner_id", "in", actions.partner_id.ids),
                ("bucket", "=", "credit"),
            ]
        )
        vals_list = []
        for action in actions:
            claimed, listed = action._totals("claimed"), action.line_ids.move_line_id
            vals_list += [
                {**item._prepare_line_vals(), "action_id": action.id, "move_line_id": item.id, "state": "info"}
                for item in credits
                if item.partner_id == action.partner_id and item.currency_id in claimed
                if item.claimable_amount and item.move_line_id not in listed
            ]
        return actions.line_ids._create_evidence(vals_list).action_id

    # -------------------------------------------------------------------------
    # Words
    # -------------------------------------------------------------------------

    def _compose(self, actions):
        """Write the mails of the batch; what cannot be written or addressed fails, and stops nobody else."""
        mails, failed = [], {}
        blacklisted = self._blacklisted(actions)
        self.env["credit.dunning.words"]._ready_payment_links(actions)
        actions.line_ids.move_id.mapped("ref")  # one read for the batch
        for action in actions:
            problem = self._problem(action, blacklisted)
            if not problem:
                try:
                    mails.append(self._compose_one(action))
                except psycopg2.Error:
                    raise
                except Exception as error:  # a faulty text or report: whatever it raises is this action's failure
                    _logger.exception("The reminder %s cannot be written.", action.id)
                    problem = self.env._("It cannot be written: %s", error)
            if problem:
                failed[action] = problem
        self._fail(failed)
        self._add_reply_to(mails)
        return sorted(mails, key=lambda mail: mail["email_from"])

    def _compose_one(self, action):
        words = self.env["credit.dunning.words"]._render(action)
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
            "attachments": self._attach_invoices(action),
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
        return False

    @api.model
    def _sender(self, action):
        return action.user_id.email_formatted or action.company_id.email_formatted

    def _blacklisted(self, actions):
        addresses = {email_normalize(email) for email in actions.recipient_id.mapped("email") if email}
        return set(self.env["mail.blacklist"].sudo().search([("email", "in", list(addresses))]).mapped("email"))

    def _attach_invoices(self, action):
        """Keep the PDF of each claimed invoice with the action, when its level says so."""
        action.attachment_ids.unlink()  # of a sending that did not come about
        if not action.level_id.attach_invoices:
            return self.env["ir.attachment"]
        moves = (
            action._standing_lines("claimed")
            .move_id.sudo()
            .filtered(lambda move: move.is_sale_document(include_receipts=True))
        )
        with self.env.cr.savepoint():  # a report that fails must not spoil the batch's transaction
            documents = [self._invoice_pdf(move) for move in moves]
        return (
            self.env["ir.attachment"]
            .sudo()
            .create(
                [
                    {
                        "name": name,
                        "raw": content,
                        "mimetype": "application/pdf",
                        "res_model": action._name,
                        "res_id": action.id,
                    }
                    for name, content in documents
                ]
            )
        )

    def _invoice_pdf(self, move):
        """Return the name and content of the invoice as it was sent; printed now when it never was."""
        document = move._get_invoice_legal_documents("pdf")
        if document:
            return document["filename"], document["content"]
        content, _type = self.env["ir.actions.report"].sudo()._render_qweb_pdf("account.account_invoices", move.ids)
        return move._get_invoice_report_filename(), content

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
                "credit_collection.mail_activity_failed", self.env._("A reminder could not be sent."), notes
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

    # -------------------------------------------------------------------------
    # History
    # -------------------------------------------------------------------------

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
        note = self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note")
        messages = (
            self.env["mail.message"]
            .sudo()
            .create(
                [
                    {
                        "model": "credit.profile",
                        "res_id": (action.profile_id or action.partner_id._followup_profile(action.company_id)).id,
                        "record_name": action.partner_id.display_name,
                        "message_type": "email_outgoing",
                        "subtype_id": note,
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
                        "attachment_ids": action.attachment_ids.ids,
                    }
                    for action in actions
                ]
            )
        )
        self.env.cr.execute(
            SQL(
                """UPDATE credit_collection_action a SET mail_message_id = v.message
                     FROM (VALUES %s) AS v (id, message) WHERE a.id = v.id""",
                SQL(", ").join(SQL("(%s, %s)", a.id, m.id) for a, m in zip(actions, messages, strict=True)),
            )
        )
        actions.invalidate_recordset(["mail_message_id"])
        self._note_on_invoices(actions)

    def _note_on_invoices(self, actions):
        """A line in the history of each invoice that climbed a level or was claimed."""
        bodies = {}
        for action in actions:
            for move in action._standing_lines("claimed").move_id:
                bodies[move.id] = action._note_for_invoice()
        moves = self.env["account.move"].sudo().browse(bodies)
        moves._message_log_batch(bodies=bodies)
