"""How much of a phone's screen, and of the company's money, a text takes.

A text of the characters every phone knows (GSM 03.38) fits 160 into one SMS, any other text 70; a longer one is sent in
parts, which the phone puts together again and which are paid one by one.

>>> size("Pay 12 €.")
(10, 1)
>>> size("a" * 161)
(161, 2)
>>> size("ê" * 71)
(71, 2)
>>> plain("Réglez 1 234,00\N{NO-BREAK SPACE}€ – d’ici lundi…")
"Réglez 1 234,00 € - d'ici lundi..."
"""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWICE = frozenset("^{}\\[~]|€")  # take two places
# What makes a text of 160 characters one of 70, though it reads the same without.
_TYPOGRAPHY = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "–": "-",
        "—": "-",
        "…": "...",
        "œ": "oe",
        "Œ": "OE",
        "\N{NO-BREAK SPACE}": " ",
        "\N{NARROW NO-BREAK SPACE}": " ",
        "\N{THIN SPACE}": " ",
        "\N{NON-BREAKING HYPHEN}": "-",
        "\N{ZERO WIDTH NO-BREAK SPACE}": "",
        "\t": " ",
    }
)


def plain(text):
    """Return ``text`` with its typography reduced to what fits 160 characters into an SMS; letters stay as they are."""
    return (text or "").strip().translate(_TYPOGRAPHY)


def size(text):
    """Return how many places ``text`` takes, and how many SMS."""
    if set(text) <= _BASIC | _TWICE:
        places, single, part = len(text) + sum(character in _TWICE for character in text), 160, 153
    else:
        places, single, part = len(text.encode("utf-16-le")) // 2, 70, 67
    return places, 1 if places <= single else -(-places // part)
