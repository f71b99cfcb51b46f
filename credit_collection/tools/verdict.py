"""What the credit rules say of an order or a delivery: every reason with its severity, and what follows of them.

>>> warning = Reason("overdue", "warn", "Late since March.")
>>> block = Reason("limit", "block", "Over its limit.")
>>> Verdict((warning, block)).severity
'block'
>>> Verdict((warning, block)).sentences("block")
'Over its limit.'
>>> Verdict(()).severity
'clear'

A release lets the document pass; the reasons stay on record. What was decided after it blocks all the same:

>>> Verdict((warning, block)).released().severity
'warn'
>>> hold = Reason("hold", "block", "On hold.", decided_on=date(2026, 5, 4))
>>> Verdict((hold,)).released(before=date(2026, 5, 5)).severity
'warn'
>>> Verdict((hold,)).released(before=date(2026, 5, 3)).severity
'block'
"""

from datetime import date
from typing import NamedTuple

SEVERITIES = ("clear", "warn", "block")


class Reason(NamedTuple):
    """A rule that applies: its name, what the company or the customer's file makes of it, and the user's words.

    ``decided_on``: when someone decided it; None for what follows from the figures.
    """

    rule: str
    severity: str
    sentence: str
    decided_on: date | None = None


class Verdict(NamedTuple):
    """All reasons that apply to a document, in the order of the rules."""

    reasons: tuple[Reason, ...] = ()

    @property
    def severity(self):
        """The gravest of the reasons: ``clear``, ``warn`` or ``block``."""
        return max((reason.severity for reason in self.reasons), key=SEVERITIES.index, default="clear")

    @property
    def blocks(self):
        return self.severity == "block"

    def sentences(self, severity=None):
        """The reasons of that severity (of any when not given), a line each."""
        return "\n".join(reason.sentence for reason in self.reasons if severity is None or reason.severity == severity)

    def released(self, before=None, but=()):
        """The same reasons with nothing left that blocks, but for the rules ``but``, and for what was decided later than
        ``before``, the moment of the release.
        """

        def lifted(reason):
            later = before and reason.decided_on and reason.decided_on > before
            return reason.severity == "block" and reason.rule not in but and not later

        return Verdict(
            tuple(reason._replace(severity="warn") if lifted(reason) else reason for reason in self.reasons)
        )
