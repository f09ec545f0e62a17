"""A published month of one client, with the rows as the API sent them."""

from typing import Any

import pytest
from databases import Warehouse
from dbt_runs import Dbt, Once
from explained import build, collect
from factories import add_client, campaign, purchases, write_clients
from three_days import FIRST, SECOND, THIRD


@pytest.fixture
def published(warehouse: Warehouse, dbt: Dbt, once: Once) -> Any:
    """A client with three days of two campaigns, collected, landed and published."""
    clients = write_clients(
        warehouse.home / "clients.yml",
        "client_id: acme, name: Acme, ad_account_id: act_1",
        "client_id: borealis, name: Borealis, ad_account_id: act_2",
    )
    warehouse.environment = {"META_ADS_CLIENTS": str(clients), "META_ACCESS_TOKEN": "t"}

    def make() -> None:
        add_client(warehouse, "acme")
        for day in (FIRST, SECOND, THIRD):
            collect(warehouse, day, campaign("c1", **purchases(2)), campaign("c2"))
        build(dbt)

    once("explain_published", make)
    return warehouse
