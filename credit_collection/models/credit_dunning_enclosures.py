from odoo import models


class CreditDunningEnclosures(models.AbstractModel):
    """What goes with a reminder: copies of the invoices, as its level says. Kept with the action as it was sent."""

    _name = "credit.dunning.enclosures"
    _description = "Enclosures of reminders"

    def _keep_all(self, action):
        """Keep the documents that go with the action, in the place of those of a sending that did not come about."""
        action.attachment_ids.unlink()
        with self.env.cr.savepoint():  # a report that fails must not spoil the batch's transaction
            documents = self._documents(action)
        return self._keep(action, documents)

    def _keep(self, action, documents):
        """Attach these (name, content) pairs to the action, for good once it has left."""
        return (
            self.env["ir.attachment"]
            .sudo()
            .create(
                [
                    {"name": name, "raw": content, "res_model": action._name, "res_id": action.id}
                    for name, content in documents
                ]
            )
        )

    def _documents(self, action):
        """Return the name and content of each document that the action's level encloses."""
        documents = []
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
        content, _type = self.env["ir.actions.report"].sudo()._render_qweb_pdf("account.account_invoices", move.ids)
        return move._get_invoice_report_filename(), content
