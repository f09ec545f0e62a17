"""A client that has collected its days of one account."""

from datetime import date
from typing import Any

import pytest
from account_changes import DUE_DAY
from databases import Warehouse
from factories import add_client, campaign, days, put_day


@pytest.fixture
def with_days(warehouse: Warehouse) -> Any:
    """Client a has collected October and November of act_1001."""
    add_client(warehouse, "a", ad_account_id="act_1001", owed_since=date(2026, 10, 1))
    for day in days(date(2026, 10, 1), DUE_DAY):
        put_day(warehouse, "a", day, campaign())
    warehouse.execute(
        "update ops.slice_state set confirmed_at = clock_timestamp(); "
        "update ops.clients set account_facts_at = clock_timestamp()"
    )
    return warehouse
