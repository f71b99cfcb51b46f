"""What an invoice already says about late payment, so that it is not said twice.

The law wants the figure: naming article D441-5 without the 40 € is no mention, and 40 € of something else is none either.

>>> is_mentioned("Une indemnité forfaitaire de 40 € est due pour frais de recouvrement.")
True
>>> is_mentioned("Late payment: €40 for collection costs.")
True
>>> is_mentioned("Retard : intérêts et 40,00 euros (art. L. 441-10 C. com.)")
True
>>> is_mentioned("Indemnité prévue à l'article D441-5 du code de commerce")
False
>>> is_mentioned("Une remise de 40 € est déduite.")
False
>>> is_mentioned("Indemnité de recouvrement : 140 € ou 1 040 €")
False
>>> is_mentioned("")
False
"""

import re

_FORTY_EUROS = re.compile(
    r"(?<![\d.,])40(?:[.,]00)?\s*(?:€|EUR\b|euros?\b)"
    r"|(?:€|\bEUR)\s*40(?:[.,]00)?(?![.,]?\d)"
    r"|\b(?:quarante|forty)\s+euros?\b",
    re.IGNORECASE,
)
_COLLECTION_COSTS = re.compile(
    r"recouvrement|recovery|collection|indemnit|compensation|L\.?\s*441-(?:6|10)\b|[LD]\.?\s*2192-\d+|D\.?\s*441-5\b",
    re.IGNORECASE,
)


def is_mentioned(text):
    """Return whether ``text`` states the fixed indemnity of 40 € for collection costs (C. com. L441-10 II, D441-5)."""
    return bool(_FORTY_EUROS.search(text) and _COLLECTION_COSTS.search(text))
