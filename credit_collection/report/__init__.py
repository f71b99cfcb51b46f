from . import credit_late_interest
from . import credit_late_interest_letter
from . import credit_open_item
from . import credit_open_item_sql
