from . import test_deliveries
from . import test_delivery_adversary
from . import test_neighbours
from . import test_release
from . import test_rights
from . import test_tours
