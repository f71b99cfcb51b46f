"""Compares the three nights of a first day, see replay_first_day.py, and the mails of the last two.

>>> night = [["Ann", "Letter 1", "E-mail", "Mail", "ann@example.com", "$ 5.00"]]
>>> print(table(night, night, []))
  Level     Channel  What becomes of it  Guided start  Test  Live
  --------  -------  ------------------  ------------  ----  ----
  Letter 1  E-mail   Mail                           1     1     0
>>> differences(night, {"the test night": night, "the live night": []})
['Ann, Letter 1, E-mail, Mail, ann@example.com, $ 5.00: in the guided start, not in the live night']

>>> test, live = EmailMessage(), EmailMessage()
>>> test["To"], test["Subject"] = "trial@example.com", "[TEST] $ 5.00 is overdue"
>>> test.set_content("Test: this message would have gone to Ann <ann@example.com>.")
>>> live["To"], live["Subject"] = "Ann <ann@example.com>", "$ 5.00 is overdue"
>>> mail_differences(night, [test], [live], "trial@example.com")
[]
>>> for problem in mail_differences(night, [test], [], "else@example.com"):
...     print(problem)
The test addressee got 0 of 1 mails.
1 mails were listed, 0 went out.
The test had a mail to ann@example.com about “$ 5.00 is overdue”, the live night had none.
"""

import re
from collections import Counter
from email.message import EmailMessage

import demo_output

GROUP = slice(1, 4)  # level, channel, what becomes of it
MEANT = re.compile(r"would have gone to\s.*?([\w.+-]+@[\w.-]+\w)", re.DOTALL)


def table(*nights: list[list]) -> str:
    """Customers per level, channel and outcome in the guided start, in the test and live."""
    counts = [Counter(tuple(row[GROUP]) for row in night) for night in nights]
    groups = dict.fromkeys(group for count in counts for group in count)
    titles = ["Level", "Channel", "What becomes of it", "Guided start", "Test", "Live"]
    return demo_output.table(titles, [[*group, *(count[group] for count in counts)] for group in groups])


def differences(listed: list[list], nights: dict[str, list[list]]) -> list[str]:
    """The rows that the guided start lists and a night has not, or the other way round."""
    found = []
    wanted = Counter(map(tuple, listed))
    for name, night in nights.items():
        done = Counter(map(tuple, night))
        for row in sorted((wanted - done) | (done - wanted)):
            places = ("the guided start", name) if wanted[row] > done[row] else (name, "the guided start")
            found.append(f"{', '.join(map(str, row))}: in {places[0]}, not in {places[1]}")
    return found


def mail_differences(
    listed: list[list], tested: list[EmailMessage], live: list[EmailMessage], addressee: str
) -> list[str]:
    """What is wrong with the mails: a test that went elsewhere, or not the same ones to the same customers as the test."""
    found = []
    trials = sum(_recipient(mail) == addressee for mail in tested)
    if trials != len(tested):
        found.append(f"The test addressee got {trials} of {len(tested)} mails.")
    wanted = sum(row[3] == "Mail" for row in listed)
    if wanted != len(live):
        found.append(f"{wanted} mails were listed, {len(live)} went out.")
    meant = Counter((_meant(mail), mail["Subject"].removeprefix("[TEST] ")) for mail in tested)
    went = Counter((_recipient(mail), mail["Subject"]) for mail in live)
    for first, second, one, other in ((meant, went, "test", "live night"), (went, meant, "live night", "test")):
        found += [
            f"The {one} had a mail to {address} about “{subject}”, the {other} had none."
            for address, subject in sorted(first - second, key=str)
        ]
    return found


def _recipient(mail: EmailMessage) -> str:
    return mail["To"].addresses[0].addr_spec


def _meant(mail: EmailMessage) -> str | None:
    """The customer's address, which a test says on top."""
    found = MEANT.search(mail.get_body(("plain",)).get_content())
    return found and found[1]
