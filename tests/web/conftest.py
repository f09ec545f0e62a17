"""A server of the health API for a test's own warehouse."""

from collections.abc import Iterator

import pytest
from databases import Warehouse
from servers import TOKEN, HealthServer, serving


@pytest.fixture
def health_server(warehouse: Warehouse) -> Iterator[HealthServer]:
    """A server of the test's warehouse, with an admin token."""
    with serving(warehouse, TOKEN) as server:
        yield server
