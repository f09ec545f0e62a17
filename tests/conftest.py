"""Fixtures shared by all tests: one Postgres server, a database for each test, a sandbox."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from factories import NOW, settings_of
from warehouse.watchdog import stop_server_when_we_die

from orchestration.sandbox.process import SandboxProcess
from orchestration.settings import Settings
from orchestration.warehouse.migrations import migrate
from orchestration.warehouse.server import EmbeddedServer

DEMO_CLIENTS = Path(__file__).parents[1] / "orchestration" / "sandbox" / "demo_clients.yml"
META_ADS = str(Path(sys.executable).with_name("meta-ads"))


@dataclass
class Warehouse:
    """A migrated database of its own, and the way to query it."""

    url: str
    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    def rows(self, query: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        """What a query returns, at the tests' business time."""
        with self.connect() as connection:
            return connection.execute(query, parameters).fetchall()

    def value(self, query: str, parameters: Any = None) -> Any:
        """The one value that a query returns."""
        return self.rows(query, parameters)[0][0]

    def execute(self, query: str, parameters: Any = None) -> None:
        """Run a statement and commit it."""
        with self.connect() as connection:
            connection.execute(query, parameters)

    @contextmanager
    def connect(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection in its own transaction."""
        with psycopg.connect(self.url, options=f"-c meta_ads.now={NOW}") as connection:
            yield connection

    def settings(self, **changes: Any) -> Settings:
        """Settings that point here."""
        values = {"warehouse_url": self.url, "home": self.home, "now_override": NOW}
        return settings_of(**(values | changes))

    def run(
        self, *arguments: str, timeout: float = 300, **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        """`meta-ads …` as a user calls it, against this database."""
        return subprocess.run(
            [META_ADS, *arguments],
            env=self.command_environment(environment),
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def command_environment(self, changes: Mapping[str, str]) -> dict[str, str]:
        """The environment of a command: nothing of the developer's own settings comes through."""
        return {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(self.home),
            "WAREHOUSE_URL": self.url,
            "META_ADS_HOME": str(self.home),
            "META_ADS_NOW": NOW,
            "META_ADS_RETRY_DELAYS": "0,0,0",
            "COLUMNS": "200",
            **self.environment,
            **changes,
        }


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """One embedded server for the session, stopped whatever becomes of the session."""
    with tempfile.TemporaryDirectory(prefix="meta-ads-tests-") as folder:
        home, system_data = Path(folder) / "home", Path(folder) / "system"
        Path(folder).chmod(0o755)
        home.mkdir()
        stop_server_when_we_die(home, system_data)
        embedded = EmbeddedServer(home, system_data)
        embedded.ensure_running()
        yield embedded
        embedded.remove_data()


@pytest.fixture(scope="session")
def template(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a migrated database to copy."""
    url = server.ensure_running()
    name = "template_migrated"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    home = tmp_path_factory.mktemp("template")
    migrate(settings_of(warehouse_url=_named(url, name), home=home))
    return name


@pytest.fixture
def warehouse(server: EmbeddedServer, template: str, tmp_path: Path) -> Iterator[Warehouse]:
    """A migrated, empty warehouse of the test's own."""
    with database(server, template) as url:
        yield Warehouse(url, tmp_path)


@contextmanager
def database(server: EmbeddedServer, template: str) -> Iterator[str]:
    """The URL of a copy of a database, dropped at the end."""
    url = server.ensure_running()
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create database {name} template {template}")
        yield _named(url, name)
        connection.execute(f"drop database {name} with (force)")


def _named(url: str, name: str) -> str:
    return f"{url.rpartition('/')[0]}/{name}"


@pytest.fixture(scope="session")
def sandbox() -> Iterator[SandboxProcess]:
    """The demo accounts at the tests' business time."""
    from datetime import datetime

    with SandboxProcess(now=datetime.fromisoformat(NOW)) as process:
        yield process


@pytest.fixture
def demo(warehouse: Warehouse, sandbox: SandboxProcess) -> Warehouse:
    """A warehouse whose commands collect the demo clients from the shared sandbox."""
    warehouse.environment = {"META_API_URL": sandbox.url, "META_ADS_CLIENTS": str(DEMO_CLIENTS)}
    return warehouse
