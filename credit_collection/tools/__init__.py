from . import (
    dispute,
    figures,
    interest,
    legal_mention,
    locks,
    pareto,
    payment_terms,
    priority,
    promise,
    text,
    verdict,
)
