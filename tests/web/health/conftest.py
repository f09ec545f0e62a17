"""A warehouse, and a server of its health, that the tests of a session share.

Each test makes the state of the world that it needs from nothing.
"""

from collections.abc import Iterator

import pytest
from databases import Warehouse, database
from servers import TOKEN, HealthServer, serving

from orchestration.warehouse.embedded.server import EmbeddedServer


@pytest.fixture(scope="session")
def world(
    server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    with database(server, template) as url:
        yield Warehouse(url, tmp_path_factory.mktemp("health"))


@pytest.fixture(scope="session")
def health_server(world: Warehouse) -> Iterator[HealthServer]:
    """A server of that warehouse, with an admin token."""
    with serving(world, TOKEN) as server:
        yield server
