"""Servers of the health API for the tests."""

from collections.abc import Iterator
from typing import Any

import pytest
from databases import Warehouse, database
from servers import TOKEN, HealthServer, serving


@pytest.fixture(scope="module")
def world(
    server: Any, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    """One warehouse for a module; its tests put into it what they need."""
    with database(server, template) as url:
        yield Warehouse(url, tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="session")
def server_of() -> Any:
    """`serving`, for tests that choose the warehouse and the environment."""
    return serving


@pytest.fixture
def health_server(warehouse: Any) -> Iterator[HealthServer]:
    """A server of the test's warehouse, with an admin token."""
    with serving(warehouse, TOKEN) as server:
        yield server
