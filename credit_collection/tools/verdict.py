"""What the credit rules say of an order or a delivery: every reason with its severity, and what follows of them.

>>> warning = Reason("overdue", "warn", "Late since March.")
>>> block = Reason("limit", "block", "Over its limit.")
>>> Verdict((warning, block)).severity
'block'
>>> Verdict((warning, block)).sentences("block")
'Over its limit.'
>>> Verdict(()).severity
'clear'

A release lets the document pass; the reasons stay on record:

>>> Verdict((warning, block)).released().severity
'warn'
"""

from typing import NamedTuple

SEVERITIES = ("clear", "warn", "block")


class Reason(NamedTuple):
    """A rule that applies: its name, what the company or the customer's file makes of it, and the user's words."""

    rule: str
    severity: str
    sentence: str


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

    def released(self, rules=None):
        """The same reasons with nothing left that blocks; only those of ``rules`` when given."""
        return Verdict(
            tuple(
                reason._replace(severity="warn")
                if reason.severity == "block" and (rules is None or reason.rule in rules)
                else reason
                for reason in self.reasons
            )
        )
