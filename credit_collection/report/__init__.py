from . import credit_late_interest
from . import credit_late_interest_letter
from . import credit_open_item
from . import credit_open_item_sql
from . import dunning_letter
from . import credit_statement
from . import credit_statement_report
from . import credit_statement_xlsx
