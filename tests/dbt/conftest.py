"""dbt in this process, and for each test a database in which everything was built once.

All databases bear one name in turn: the connection is then the same for dbt, which would parse the
whole project anew for any other.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from databases import Warehouse
from dbt_runs import Dbt, Once
from factories import add_client

from orchestration.warehouse.embedded.server import EmbeddedServer

DATABASE = "dbt_tests"
BUILT = "template_built"


@pytest.fixture(scope="session")
def dbt_target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """dbt's artifacts, parsed once for the session."""
    return tmp_path_factory.mktemp("dbt_target")


@pytest.fixture(scope="session")
def built(
    server: EmbeddedServer,
    template: str,
    dbt_target: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """The name of a database to copy: migrated, and built once without any client."""
    url = server.ensure_running()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create database {DATABASE} template {template}")
        warehouse = Warehouse(_named(url), tmp_path_factory.mktemp("built"))
        ended = Dbt(warehouse, dbt_target).build_with_views()
        assert ended.exit_code == 0, ended
        connection.execute(f"alter database {DATABASE} rename to {BUILT}")
    return BUILT


@pytest.fixture
def warehouse(server: EmbeddedServer, built: str, tmp_path: Path) -> Iterator[Warehouse]:
    """A built warehouse of the test's own, without clients."""
    url = server.ensure_running()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create database {DATABASE} template {built}")
        yield Warehouse(_named(url), tmp_path)
        connection.execute(f"drop database {DATABASE} with (force)")


@pytest.fixture
def dbt(warehouse: Warehouse, dbt_target: Path) -> Dbt:
    """dbt against the test's warehouse."""
    return Dbt(warehouse, dbt_target)


@pytest.fixture(scope="session")
def snapshots() -> set[str]:
    """Names of the databases that `once` keeps."""
    return set()


@pytest.fixture
def once(server: EmbeddedServer, warehouse: Warehouse, snapshots: set[str]) -> Once:
    """`once(name, make)`: the warehouse as `make` leaves it, which runs for one test alone."""

    def bring(name: str, make: Callable[[], None]) -> None:
        is_new = name not in snapshots
        if is_new:
            make()
        with psycopg.connect(server.ensure_running(), autocommit=True) as connection:
            if is_new:
                connection.execute(f"create database {name} template {DATABASE}")
                snapshots.add(name)
            else:
                connection.execute(f"drop database {DATABASE} with (force)")
                connection.execute(f"create database {DATABASE} template {name}")

    return bring


@pytest.fixture
def client(warehouse: Warehouse) -> str:
    """A client without days."""
    return add_client(warehouse, "acme")


def _named(url: str) -> str:
    return f"{url.rpartition('/')[0]}/{DATABASE}"
