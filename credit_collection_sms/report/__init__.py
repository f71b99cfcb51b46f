from . import credit_open_item
