from . import account_chart_template
from . import account_chart_template_chasing
from . import account_chart_template_credit
from . import account_chart_template_desk
