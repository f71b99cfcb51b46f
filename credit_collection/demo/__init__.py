from . import account_chart_template
from . import account_chart_template_chasing
