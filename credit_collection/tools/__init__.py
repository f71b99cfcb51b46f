from . import legal_mention, locks, payment_terms, text
