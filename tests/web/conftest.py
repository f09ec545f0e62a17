"""Servers of the health API for the tests."""

from collections.abc import Iterator
from typing import Any

import pytest
from databases import Warehouse
from servers import TOKEN, HealthServer, serving


@pytest.fixture(scope="session")
def server_of() -> Any:
    """`serving`, for tests that choose the warehouse and the environment."""
    return serving


@pytest.fixture
def health_server(warehouse: Warehouse) -> Iterator[HealthServer]:
    """A server of the test's warehouse, with an admin token."""
    with serving(warehouse, TOKEN) as server:
        yield server
