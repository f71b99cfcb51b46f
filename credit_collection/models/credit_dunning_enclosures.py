import logging

import psycopg2

from odoo import SUPERUSER_ID, models
from odoo.tools import clean_context

_logger = logging.getLogger(__name__)


class CreditDunningEnclosures(models.AbstractModel):
    """What goes with a reminder, as its level says: copies of the invoices, the statement of account. Kept as it was sent."""

    _name = "credit.dunning.enclosures"
    _description = "Enclosures of reminders"

    def _enclose(self, action, statements):
        """Keep the documents that go with the action beside what it has; return them.

        :param dict statements: the statements already kept, by action
        """
        kept, level = statements.get(action, self.env["ir.attachment"]), action.level_id
        if level.attach_invoices or (level.attach_statement and not kept):
            with self.env.cr.savepoint():  # a report that fails must not spoil the batch's transaction
                kept |= self._keep({action: self._documents(action, kept)})
        return kept

    def _keep(self, documents):
        """Attach to each action its (name, content) pairs, for good once it has left; return all of them.

        :param dict documents: a list of pairs by action
        """
        # no default, of the context or of the user, stands for what was printed
        attachments = self.env["ir.attachment"].with_user(SUPERUSER_ID)
        attachments = attachments.with_context(clean_context(self.env.context))
        vals_list = [
            {"name": name, "raw": content, "res_model": action._name, "res_id": action.id}
            for action, mine in documents.items()
            for name, content in mine
        ]
        return attachments.create(vals_list).with_env(self.env)

    def _documents(self, action, statement):
        """Return the name and content of each document that the action's level encloses, but for a statement kept."""
        documents = []
        if action.level_id.attach_statement and not statement:
            documents.append(self._print_statements(action)[action])
        if action.level_id.attach_invoices:
            documents += [self._invoice_pdf(move) for move in self._invoices(action)]
        return documents

    def _invoices(self, action):
        """Return the invoices the action claims."""
        moves = action._standing_lines("claimed").move_id.sudo()
        return moves.filtered(lambda move: move.is_sale_document(include_receipts=True))

    def _invoice_pdf(self, move):
        """Return the name and content of the invoice as it was sent; printed now when it never was."""
        document = move._get_invoice_legal_documents("pdf")
        if document:
            return document["filename"], document["content"]
        report = self.env["ir.actions.report"].sudo().with_company(move.company_id)
        content, _type = report._render_qweb_pdf("account.account_invoices", move.ids)
        return move._get_invoice_report_filename(), content

    # -------------------------------------------------------------------------
    # Statements of account
    # -------------------------------------------------------------------------

    def _keep_statements(self, actions):
        """Keep the statements that go with a batch; return them by action. Printed by one process, kept together.

        When that fails, none: each is printed by itself then, and only the faulty one fails its action.
        """
        actions = actions.filtered("level_id.attach_statement")
        if len(actions) < 2:
            return {}
        try:
            with self.env.cr.savepoint():
                statements = self._print_statements(actions)
                kept = self._keep({action: [statement] for action, statement in statements.items()})
                return dict(zip(statements, kept, strict=True))
        except psycopg2.Error:
            raise
        except Exception as error:  # whatever a report raises
            _logger.warning("The statements of %s customers cannot be printed together: %s", len(actions), error)
            return {}

    def _print_statements(self, actions):
        Statement = self.env["credit.statement"].sudo()
        pairs = {action: (action.partner_id, action.company_id) for action in actions}
        distinct = list(dict.fromkeys(pairs.values()))
        names, pdfs = Statement._file_names(distinct), Statement._pdf(distinct)
        return {action: (names[pair], pdfs[pair]) for action, pair in pairs.items()}
