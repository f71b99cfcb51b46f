"""The letters that dev/bench prints: formal notices to customers who now have a postal address."""

import io
import resource
from contextlib import contextmanager
from unittest.mock import patch

from odoo.tools.pdf import PdfFileReader

LETTERS = 500
ALONE = 25


def prepare(env, levels: list[int]) -> tuple[list[int], list[int], list[int]]:
    """Make letters of mails that were prepared: one to warm up, some to print each by itself, the rest in bulk."""
    env["res.partner.bank"].create(
        {"acc_number": "FR7630006000011234567890189", "partner_id": env.company.partner_id.id}
    )
    second, notice = levels[-2:]
    env.cr.execute(NOTICE, {"level": second, "notice": notice})
    env.cr.execute(CHOICE, {"level": second, "count": 1 + ALONE + LETTERS})
    ids = [action for (action,) in env.cr.fetchall()]
    if len(ids) < 4 * ALONE:
        raise SystemExit(f"Only {len(ids)} reminders are left to be printed")
    env.cr.execute(PRINT, {"actions": ids})
    env.invalidate_all()
    return ids[:1], ids[1 : 1 + ALONE], ids[1 + ALONE :]


@contextmanager
def sheets_of(size: int | None):
    """So many letters for each process of the printer; None: as many as the addon thinks right."""
    from odoo.addons.credit_collection.models import credit_dunning_printer

    with patch.object(credit_dunning_printer, "SHEET", size or credit_dunning_printer.SHEET):
        yield


def check(letters, printed) -> None:
    """Every letter was printed, and each begins with its own customer."""
    if printed != letters:
        raise SystemExit(f"Of {len(letters)} letters, {len(printed)} were printed: {(letters - printed)[:1].reason}")
    for letter in letters[:: max(1, len(letters) // ALONE)]:
        text = PdfFileReader(io.BytesIO(letter.letter_id.raw)).pages[0].extract_text()
        if letter.partner_id.name not in text:
            raise SystemExit(f"The letter to {letter.partner_id.name} says:\n{text}")


def printer_peak() -> int:
    """The most memory that a process of the printer had, in MB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


# The mails of the second letter say what the formal notice says, which claims interest and indemnities. Nothing is
# enclosed.
NOTICE = """
UPDATE credit_dunning_level l
   SET subject = n.subject, text = n.text, deadline_days = n.deadline_days, is_formal_notice = TRUE,
       claim_charges = TRUE
  FROM credit_dunning_level n WHERE n.id = %(notice)s AND l.id = %(level)s;
UPDATE credit_dunning_level SET attach_statement = FALSE, attach_invoices = FALSE
"""
CHOICE = """
SELECT id
  FROM (SELECT id FROM credit_collection_action
         WHERE state IN ('queued', 'to_confirm') AND channel = 'email'
         ORDER BY level_id = %(level)s DESC, MD5(id::text) LIMIT %(count)s) chosen
 ORDER BY MD5(id::text)
"""
PRINT = """
  WITH chosen AS (UPDATE credit_collection_action SET channel = 'letter', state = 'to_print'
                   WHERE id = ANY(%(actions)s) RETURNING partner_id)
UPDATE res_partner SET street = id || ' rue des Lilas', zip = '69003', city = 'Lyon'
 WHERE commercial_partner_id IN (SELECT partner_id FROM chosen)
"""
