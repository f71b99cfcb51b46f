from . import credit_start
