"""Two clients: not yet built, or with three days whose first build is made once."""

import pytest
from client_months import SOUND
from databases import Warehouse
from dbt_runs import Dbt, Once
from factories import add_client, campaign, purchases, put_day, put_month
from mart_rows import EVERY, FINER
from three_days import FIRST, SECOND, THIRD


@pytest.fixture
def two_clients(warehouse: Warehouse, dbt: Dbt, once: Once) -> None:
    """Two clients with three days each at every level, published."""

    def make() -> None:
        for client_id in ("acme", "borealis"):
            add_client(warehouse, client_id, levels=list(FINER))
            put_month(
                warehouse,
                client_id,
                (FIRST, SECOND, THIRD),
                campaign("c1", **purchases(2)),
                levels=EVERY,
            )
        assert dbt.build().exit_code == 0

    once("publication_two_clients", make)


@pytest.fixture
def clients(warehouse: Warehouse) -> tuple[str, str]:
    """Two clients with one sound day each."""
    for client_id in ("acme", "borealis"):
        add_client(warehouse, client_id)
        put_day(warehouse, client_id, FIRST, SOUND)
    return ("acme", "borealis")
