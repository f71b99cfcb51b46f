from . import credit_request
from . import stock_picking
from . import stock_picking_verdict
