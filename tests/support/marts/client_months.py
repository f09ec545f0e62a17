"""Client-months in November: sound rows, what the latest build left out, what is published."""

from typing import Any

from databases import Warehouse
from factories import campaign, purchases

SOUND = campaign("c1", **purchases(2))
LATEST_BUILD = "(select max(build_id) from ops.builds)"


def left_out(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    """What the latest build left out, as the ledger says."""
    return warehouse.rows(
        "select client_id, month, left_out from ops.build_client_months "
        f"where build_id = {LATEST_BUILD} and left_out is not null order by 1"
    )


def published_days(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.rows(
        "select client_id, date_day from marts.daily_campaign_performance order by 1, 2"
    )
