"""A week of one client in two publications, with what makes an export differ."""

from decimal import Decimal

import pytest
from databases import Warehouse
from dbt_runs import Dbt, Once
from explained import build, collect
from factories import add_client, campaign, days, put_day
from files_world import CLIENT, DELETED, FIRST, HOSTILE, LAST, REFUSED, RESTATED, STEADY, sold


@pytest.fixture
def published(warehouse: Warehouse, dbt: Dbt, once: Once) -> Warehouse:
    """Seven days, the third restated in publication 2; then a refused day, and owed ones."""

    def make() -> None:
        add_client(warehouse, CLIENT)
        add_client(warehouse, "borealis", currency="USD")
        deleted = campaign(DELETED, campaign_name=HOSTILE, actions={"lead": 1})
        for number, day in enumerate(days(FIRST, LAST), start=1):
            spend = Decimal(f"1{number}.25")
            steady = campaign(STEADY, spend=spend, impressions=900 + number, **sold(number))
            collect(warehouse, day, steady, deleted)
        put_day(warehouse, "borealis", FIRST, campaign("21", currency="USD"))
        build(dbt)
        restated = campaign(STEADY, spend=Decimal("99.99"), impressions=903, **sold(3))
        collect(warehouse, RESTATED, restated, deleted)
        put_day(warehouse, CLIENT, REFUSED, state="none")
        warehouse.execute(
            "update ops.slice_state set last_reason = 'thin_day: Sentence.' "
            "where client_id = %s and date_day = %s",
            [CLIENT, REFUSED],
        )
        warehouse.execute(
            "insert into staging.campaigns "
            "(client_id, campaign_id, noted_at, effective_status, currency) "
            "values (%s, %s, '2026-11-10', 'DELETED', 'EUR')",
            [CLIENT, DELETED],
        )
        build(dbt)

    once("files_published", make)
    return warehouse
