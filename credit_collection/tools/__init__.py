from . import locks, text
