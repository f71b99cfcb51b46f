from . import interest, legal_mention, locks, payment_terms, promise, text, verdict
