"""States of the world that health checks and alerts are about, made by hand in the ledger.

`healthy` is a warehouse of two clients in which nothing is wrong; each other function puts one
fault into it.
"""

from worlds.alerts import *  # noqa: F403
from worlds.days import *  # noqa: F403
from worlds.in_order import *  # noqa: F403
from worlds.months import *  # noqa: F403
