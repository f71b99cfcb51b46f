from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.mail import generate_tracking_message_id
from odoo.tools.pdf import merge_pdf

# Letters that one wkhtmltopdf process prints: many share its start. More would print no faster, but take more memory than
# the 500 to 650 MB of these, for each page loads the letterheads of all.
SHEET = 40


class CreditDunningPrinter(models.AbstractModel):
    """Prints letters in one go: checked against the ledger like mails, one file to print, a copy kept with each action."""

    _name = "credit.dunning.printer"
    _description = "Printing of reminders"

    @api.model
    def _print(self, actions):
        """Print the letters among ``actions`` that may leave today; return those that were.

        A plain letter is sent with it; a registered one waits for its tracking number. What is no longer owed is
        cancelled, and what has no address fails. Where a test addressee is set, nothing counts.
        """
        actions.check_access("write")
        recheck = self.env["credit.dunning.recheck"].sudo()
        letters = actions.sudo().filtered(lambda action: action.channel == "letter")
        letters._lock_state()
        letters = letters.filtered(lambda action: action.state == "to_print")
        ready = self._printable(recheck._recheck(letters - recheck._held(letters)))
        self.env["credit.dunning.words"].sudo()._ready(ready)
        for sheet in self._sheets(ready):
            self._keep_printed(sheet)
        for company, mine in ready.grouped("company_id").items():
            if company._dunning_is_test():
                mine._void_test(self.env._("Printed as a test."))
                continue
            registered = mine.filtered("registered")
            registered._set_state("sending", "to_print")
            plain = mine - registered
            plain._set_state("sent", "to_print", day=company._dunning_today(), date_done=fields.Datetime.now())
        self.env["credit.dunning.history"].sudo()._write_history()
        return actions & ready

    def _printable(self, letters):
        """Return the letters that may be printed; the others fail, each with its reason."""
        problems = {action: problem for action in letters if (problem := self._problem(action))}
        self.env["credit.dunning.mailer"].sudo()._fail(problems)
        return letters.filtered(lambda action: action not in problems)

    def _problem(self, action):
        """Return why the letter cannot be printed, or False."""
        if not action._has_postal_address():
            return self.env._("No postal address: add street and city, or send it by e-mail.")
        address = action._postal_address()
        if address == action.profile_id.returned_address:
            return self.env._("A letter to %s came back: correct the address.", address)
        return self.env["credit.dunning.words"]._unlawful(action)

    def _sheets(self, letters):
        """Split the letters into what one process prints, sorted by customer; each company has its own paper."""
        letters = letters.sorted(lambda action: (action.partner_id.display_name, action.id))
        return [
            mine[start : start + SHEET].with_company(company)
            for company, mine in letters.grouped("company_id").items()
            for start in range(0, len(mine), SHEET)
        ]

    def _keep_printed(self, letters):
        """Print these letters by one process; keep with each its words, its pages and what goes with it."""
        words, enclosures = self.env["credit.dunning.words"].sudo(), self.env["credit.dunning.enclosures"].sudo()
        rendered = {action.id: words._render(action) for action in letters}
        pages = self._pages(letters, rendered)
        names = {action: f"{rendered[action.id]['subject']} - {action.partner_id.name}.pdf" for action in letters}
        letters.attachment_ids.unlink()  # of a printing that did not come about
        kept = enclosures._keep({action: [(names[action], pages[action.id])] for action in letters}).grouped("res_id")
        statements = enclosures._keep_statements(letters)
        for action in letters:
            enclosures._enclose(action, statements)
            action._write_state(
                {
                    "letter_id": kept[action.id].id,
                    "subject": rendered[action.id]["subject"],
                    "body_sent": rendered[action.id]["html"],
                    "date_sending": fields.Datetime.now(),
                    "message_id": generate_tracking_message_id(f"{action.id}-credit.collection.action"),
                    "reason": False,
                }
            )

    def _pages(self, letters, rendered):
        """Return the PDF of each letter by id; core prints them in one process and splits the file at their titles.

        :raise UserError: when the file does not split into as many letters
        """
        report = letters.env["ir.actions.report"].sudo()
        streams = report._render_qweb_pdf_prepare_streams(
            "credit_collection.dunning_letter_report", {"rendered": rendered}, letters.ids
        )
        if set(streams) != set(letters.ids):
            raise UserError(self.env._("The letters cannot be told apart in the printed file: print them one by one."))
        return {action_id: stream["stream"].getvalue() for action_id, stream in streams.items()}

    @api.model
    def _merge(self, actions):
        """Return one file of all that was printed for ``actions``, each letter before its enclosures.

        :return: an attachment that only the user may read
        :raise UserError: when one of them was not printed
        """
        actions.check_access("read")
        documents = []
        for action in actions.sudo():
            if not action.letter_id:
                raise UserError(self.env._("“%s” was not printed yet.", action.display_name))
            enclosed = action.attachment_ids.filtered(lambda kept: kept.mimetype == "application/pdf")
            documents += (action.letter_id | enclosed.sorted("id")).mapped("raw")
        return self.env["ir.attachment"].create(
            {
                "name": self.env._("Letters to print") + ".pdf",
                "raw": documents[0] if len(documents) == 1 else merge_pdf(documents),
                "mimetype": "application/pdf",
            }
        )
