from . import credit_open_item
from . import credit_open_item_sql
from . import credit_open_item_safety
