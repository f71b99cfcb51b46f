from . import base_partner_merge
from . import credit_dunning_preview
from . import credit_exclusion
from . import credit_level_change
from . import credit_start
