"""dbt in this process, and for each test a database in which everything was built once.

All databases bear one name in turn: the connection is then the same for dbt, which would parse the
whole project anew for any other.
"""

import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from orchestration.transformation.project import CHANGES_ONLY, PROJECT_DIR
from orchestration.warehouse.connection import connect, libpq_environment, role_of
from orchestration.warehouse.embedded.server import EmbeddedServer

DATABASE = "dbt_tests"
BUILT = "template_built"
EVERYTHING_BUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
WITHOUT_VIEWS = ("--exclude", "path:models/marts", "path:models/staging")


@dataclass(frozen=True)
class Ended:
    """How an invocation of dbt ended."""

    exit_code: int
    statuses: Mapping[str, str]
    messages: Mapping[str, str]
    error: str

    def those(self, *statuses: str) -> set[str]:
        """The nodes with one of these statuses."""
        return {name for name, status in self.statuses.items() if status in statuses}


@dataclass
class Dbt:
    """Runs dbt in this process, as often as one likes, one at a time."""

    warehouse: Any
    target: Path
    project: Path = PROJECT_DIR
    options: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str) -> Ended:
        """`dbt …` with its exit code."""
        from dbt.cli.main import dbtRunner

        with self.environment(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            done = dbtRunner().invoke(
                [
                    *arguments,
                    "--quiet",
                    # A third of a build's time; nobody reads the artifacts but `docs generate`.
                    *(("--no-write-json",) if arguments[0] == "build" else ()),
                    "--project-dir",
                    str(self.project),
                    "--log-level-file",
                    "none",
                ]
            )
        results = getattr(done.result, "results", [])
        return Ended(
            0 if done.success else 1 if done.exception is None else 2,
            {_name(r.node): str(r.status) for r in results},
            {_name(r.node): str(r.message) for r in results},
            str(done.exception or ""),
        )

    def build(self, *arguments: str) -> Ended:
        """`dbt build` of what changes rows: no tests, and no views, which are there already."""
        return self("build", *EVERYTHING_BUT_TESTS, *WITHOUT_VIEWS, *arguments)

    def build_with_views(self, *arguments: str) -> Ended:
        """`dbt build` without the tests."""
        return self("build", *EVERYTHING_BUT_TESTS, *arguments)

    def build_hourly(self, *arguments: str) -> Ended:
        """`dbt build` as Dagster runs it where not everything is built anew, with its tests."""
        return self("build", *CHANGES_ONLY, *arguments)

    @contextmanager
    def environment(self) -> Iterator[None]:
        """What dbt reads of the environment, set for a while."""
        changes = self.variables()
        before = {name: os.environ.get(name) for name in changes}
        os.environ.update(changes)
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})

    def variables(self) -> dict[str, str]:
        """The same for a child process."""
        settings = self.warehouse.settings(**self.options)
        with connect(settings) as connection:
            role = role_of(connection, "transformer")
        return libpq_environment(settings) | {
            "META_ADS_DBT_ROLE": role,
            "DBT_PROFILES_DIR": str(self.project),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(self.warehouse.home / "logs"),
            "DO_NOT_TRACK": "1",
        }


@pytest.fixture(scope="session")
def warehouse_type(pytestconfig: pytest.Config) -> Any:
    """`Warehouse` of the tests' own conftest, which cannot be imported under the same name."""
    return pytestconfig.pluginmanager.getplugin(
        str(Path(__file__).parents[1] / "conftest.py")
    ).Warehouse


@pytest.fixture(scope="session")
def dbt_target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """dbt's artifacts, parsed once for the session."""
    return tmp_path_factory.mktemp("dbt_target")


@pytest.fixture(scope="session")
def built(
    server: EmbeddedServer,
    template: str,
    dbt_target: Path,
    warehouse_type: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """The name of a database to copy: migrated, and built once without any client."""
    url = server.ensure_running()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create database {DATABASE} template {template}")
        warehouse = warehouse_type(_named(url), tmp_path_factory.mktemp("built"))
        ended = Dbt(warehouse, dbt_target).build_with_views()
        assert ended.exit_code == 0, ended
        connection.execute(f"alter database {DATABASE} rename to {BUILT}")
    return BUILT


@pytest.fixture
def warehouse(
    server: EmbeddedServer, built: str, warehouse_type: Any, tmp_path: Path
) -> Iterator[Any]:
    """A built warehouse of the test's own, without clients."""
    url = server.ensure_running()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create database {DATABASE} template {built}")
        yield warehouse_type(_named(url), tmp_path)
        connection.execute(f"drop database {DATABASE} with (force)")


@pytest.fixture
def dbt(warehouse: Any, dbt_target: Path) -> Dbt:
    """dbt against the test's warehouse."""
    return Dbt(warehouse, dbt_target)


@pytest.fixture(scope="session")
def snapshots() -> set[str]:
    """Names of the databases that `once` keeps."""
    return set()


@pytest.fixture
def once(
    server: EmbeddedServer, warehouse: Any, snapshots: set[str]
) -> Callable[[str, Callable[[], None]], None]:
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


def _named(url: str) -> str:
    return f"{url.rpartition('/')[0]}/{DATABASE}"


def _name(node: Any) -> str:
    return str(node.name)
