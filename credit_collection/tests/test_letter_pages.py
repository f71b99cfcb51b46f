"""The real printer: letters of different lengths come out of one process, and each finds its own pages again."""

import io
from unittest.mock import patch

from odoo.tests import HttpCase, tagged
from odoo.tools.pdf import PdfFileReader

from .common import CollectionCommon


@tagged("post_install", "-at_install")
class TestLetterPages(CollectionCommon, HttpCase):
    """HttpCase, because the printer fetches the letterhead's style from the server."""

    def _letters(self):
        """Three letters: of one page, of several, and of one again."""
        letters = self.env["credit.collection.action"]
        for number, count in enumerate((1, 70, 1)):
            partner = self._customer(f"Customer {number}", street="12 rue des Lilas", city="Lyon")
            moves = [self._invoice("2026-03-09", 10.0 + i, partner=partner) for i in range(count)]
            profile = partner._followup_profile(self.company)
            items = self.env["credit.open.item"].search([("move_id", "in", [move.id for move in moves])])
            action = profile._prepare_action(partner, items.move_line_id)
            action.sudo()._write_state({"channel": "letter", "level_id": self.letter1.id})
            letters |= action
        return letters

    def _page_count(self, content):
        return PdfFileReader(io.BytesIO(content)).getNumPages()

    def test_letters_of_different_lengths_are_printed_by_one_process_and_told_apart(self):
        letters = self._letters()
        words = self.env["credit.dunning.words"]
        Report = self.env.registry["ir.actions.report"]
        processes = []
        run = Report._run_wkhtmltopdf

        def counted(report, *args, **kwargs):
            processes.append(len(args[0]))
            return run(report, *args, **kwargs)

        with patch.object(Report, "_run_wkhtmltopdf", counted):
            pages = self.env["credit.dunning.printer"]._pages(
                letters, {action.id: words._render(action) for action in letters}
            )
        self.assertEqual(processes, [3])
        counts = [self._page_count(pages[action.id]) for action in letters]
        self.assertEqual((counts[0], counts[2]), (1, 1))
        self.assertGreater(counts[1], 1)
