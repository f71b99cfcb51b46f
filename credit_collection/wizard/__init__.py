from . import base_partner_merge
from . import credit_dunning_preview
from . import credit_exclusion
from . import credit_late_payment
from . import credit_late_waiver
from . import credit_level_change
