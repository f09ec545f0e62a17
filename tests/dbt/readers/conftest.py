"""A published warehouse whose roles have passwords."""

from typing import Any

import pytest
from databases import Warehouse
from dbt_runs import Dbt, Once
from factories import add_client, campaign, put_day
from logins import PASSWORD, ROLES
from three_days import FIRST


@pytest.fixture
def published(warehouse: Warehouse, dbt: Dbt, once: Once) -> Any:
    """A warehouse with one client-day published; every role has a password."""

    def make() -> None:
        add_client(warehouse, "acme")
        put_day(warehouse, "acme", FIRST, campaign("c1"))
        assert dbt.build().exit_code == 0

    once("readers_published", make)
    for role in ROLES:
        warehouse.execute(f"alter role {role} password '{PASSWORD}'")
    return warehouse
