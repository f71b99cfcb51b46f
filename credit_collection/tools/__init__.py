from . import interest, locks, text
