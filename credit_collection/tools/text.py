"""Placeholders in the texts of dunning levels, and names of files.

An accountant writes ``Dear {contact}, {amount} is due`` and nothing more: names in braces, from a fixed list.

>>> fill("Dear {contact}, {amount} is due.", {"contact": "Ann", "amount": "12.00 €"})
'Dear Ann, 12.00 € is due.'
>>> sorted(unknown_placeholders("{contact} {amont}", {"contact", "amount"}))
['amont']
"""

import re

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_HEADING_START = re.compile(r"<h[1-6](\s[^>]*)?>", re.IGNORECASE)
_HEADING_END = re.compile(r"</h[1-6]\s*>", re.IGNORECASE)
_ITEMS_IN_THEIR_BLOCK = re.compile(r"<(p|div)(?:\s[^>]*)?>\s*\{items\}\s*</\1>", re.IGNORECASE)
_NOT_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f]')


def unknown_placeholders(text, known):
    """Return the names in braces in ``text`` that are not in ``known``, as a set."""
    return set(_PLACEHOLDER.findall(text or "")) - set(known)


def fill(text, values):
    """Return ``text`` with each ``{name}`` replaced by ``values[name]``.

    The result is of the type of ``text``: with a Markup, values that are plain strings are escaped.

    :param str text: the text of a level; empty text gives empty text
    :param dict values: a string (or Markup) by placeholder name
    :raise KeyError: for a name without a value
    """
    kind = type(text or "")
    pieces = _PLACEHOLDER.split(text or "")
    filled = [kind(piece) if i % 2 == 0 else values[piece] for i, piece in enumerate(pieces)]
    return kind("").join(filled)


def without_headings(text):
    """Return the HTML ``text`` with its headings as plain bold paragraphs: a printed letter has one title only.

    >>> without_headings("<h2 class='x'>Notice</h2><hr/><p>Pay.</p>")
    '<p><strong>Notice</strong></p><hr/><p>Pay.</p>'
    """
    kind = type(text)
    text = _HEADING_START.sub("<p><strong>", text)
    return kind(_HEADING_END.sub("</strong></p>", text))


def around_items(text):
    """Return the HTML ``text`` before and after its place for the items, ``{items}``; a text without one stands before.

    >>> around_items("<p>Dear Ann,</p><div>{items}</div><p>Regards,</p>")
    ('<p>Dear Ann,</p>', '<p>Regards,</p>')
    >>> around_items("<p>Dear Ann,</p>")
    ('<p>Dear Ann,</p>', '')
    """
    kind, unwrapped = type(text), _ITEMS_IN_THEIR_BLOCK.sub("{items}", text)
    before, _items, after = unwrapped.partition("{items}")
    return kind(before), kind(after)


def file_name(text):
    """Return ``text`` without what operating systems refuse in a file's name.

    >>> file_name('Statement – A/B "Paris"  & Co. – 2026')
    'Statement – A B Paris & Co. – 2026'
    """
    return " ".join(_NOT_IN_FILE_NAMES.sub(" ", text).split()).strip(" .")
