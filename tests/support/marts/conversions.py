"""A day of conversions of one client, and the months that the mart counts."""

from datetime import date
from typing import Any

from databases import Warehouse
from factories import campaign, put_day

DAY, SECOND = date(2026, 11, 1), date(2026, 11, 2)
MONTHLY = """
select conversion_family, action_type, is_conversion, conversions
from marts.monthly_conversion_metrics where attribution_window = 'default' and client_id = %s
order by 1
"""


def put(warehouse: Warehouse, client: str, /, **actions: Any) -> None:
    put_day(warehouse, client, DAY, campaign("c1", actions=actions, values={}))
