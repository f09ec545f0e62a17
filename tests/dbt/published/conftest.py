"""Two publications of two clients, each built once."""

from decimal import Decimal
from typing import Any

import pytest
from databases import Warehouse
from dbt_runs import Dbt, Once
from factories import add_client, campaign, purchases, put_day, put_month
from publication_steps import build
from three_days import FIRST, SECOND, THIRD


@pytest.fixture
def published(warehouse: Warehouse, dbt: Dbt, once: Once) -> Any:
    """Two clients with three days and two campaigns each: one publication."""

    def make() -> None:
        for client_id in ("acme", "borealis"):
            add_client(warehouse, client_id)
            put_month(
                warehouse,
                client_id,
                (FIRST, SECOND, THIRD),
                campaign("c1", **purchases(2)),
                campaign("c2"),
            )
        build(dbt)

    once("publications_published", make)
    return warehouse


@pytest.fixture
def changed(published: Warehouse, dbt: Dbt, once: Once) -> Any:
    """A second publication: a day of each client has other figures, acme's c2 is gone."""

    def make() -> None:
        for day in (FIRST, SECOND, THIRD):
            spend = Decimal("12.50") if day == SECOND else Decimal("10.00")
            put_day(published, "acme", day, campaign("c1", spend=spend, **purchases(5)))
        put_day(published, "borealis", SECOND, campaign("c1", **purchases(3)), campaign("c2"))
        build(dbt)

    once("publications_changed", make)
    return published
