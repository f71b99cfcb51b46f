from . import figures, interest, legal_mention, locks, payment_terms, text, verdict
from . import promise
