"""A database of its own for a test, and commands that run against it."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from factories import NOW, settings_of
from parsed_projects import COMMANDS, bring_parsed_project
from server_watchdog import stop_server_when_we_die

from orchestration.settings import Settings
from orchestration.warehouse.embedded.owner import ROLE, SUPERUSER
from orchestration.warehouse.embedded.server import EmbeddedServer

COMMAND_SECONDS = 300.0
META_ADS = str(Path(sys.executable).with_name("meta-ads"))
MEMORY, MEMORY_NEEDED_BYTES = Path("/dev/shm"), 4 * 2**30
"""Where files are in memory, and how much has to be free there: a worker needs less than a GiB."""


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

    def run(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """`meta-ads …` as a user calls it, against this database."""
        return self.run_within(COMMAND_SECONDS, *arguments, **environment)

    def run_within(
        self, seconds: float, *arguments: str, **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        """`run`, with another limit of time."""
        if COMMANDS & {*arguments[:1]}:
            bring_parsed_project(self.url, self.home)
        return subprocess.run(
            [META_ADS, *arguments],
            env=self.command_environment(environment),
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=seconds,
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


@contextmanager
def new_server() -> Iterator[EmbeddedServer]:
    """An embedded server of its own, stopped whatever becomes of this process."""
    with tempfile.TemporaryDirectory(prefix="meta-ads-tests-", dir=memory_if_free()) as folder:
        home, system_data = Path(folder) / "home", Path(folder) / "system"
        Path(folder).chmod(0o755)
        home.mkdir()
        stop_server_when_we_die(home, system_data)
        server = EmbeddedServer(home, system_data)
        with psycopg.connect(superuser_url(server), autocommit=True) as connection:
            # Processes are killed here, never the machine: what the kernel has is safe.
            connection.execute("alter system set fsync = off")
            # A third of what it is otherwise: it may lie in memory.
            connection.execute("alter system set max_wal_size = '320MB'")
            connection.execute("select pg_reload_conf()")
            # Tests tamper with rows past the triggers that stop everybody.
            connection.execute(f"grant set on parameter session_replication_role to {ROLE}")
        yield server
        server.remove_data()


def memory_if_free() -> Path | None:
    """Where servers are in memory, if it is enough: a test copies a thousand files and more."""
    try:
        free = shutil.disk_usage(MEMORY).free
    except OSError:
        return None
    return MEMORY if free >= MEMORY_NEEDED_BYTES else None


def superuser_url(server: EmbeddedServer) -> str:
    """The superuser's login, for what is not the owner's to do."""
    place = server.ensure_running().rpartition("@")[2]
    return f"postgresql://{SUPERUSER}:{server._state.superuser_password()}@{place}"


@contextmanager
def database(server: EmbeddedServer, template: str) -> Iterator[str]:
    """The URL of a copy of a database, dropped at the end."""
    url = server.ensure_running()
    with psycopg.connect(url, autocommit=True) as connection:
        name = free_name(connection)
        connection.execute(f"create database {name} template {template}")
        yield named(url, name)
        connection.execute(f"drop database {name} with (force)")


def free_name(connection: psycopg.Connection[Any]) -> str:
    """The first that is free: for a database of the same name dbt need not parse anew."""
    taken = {row[0] for row in connection.execute("select datname from pg_database")}
    return next(name for name in (f"test_{n}" for n in count(1)) if name not in taken)


def named(url: str, name: str) -> str:
    return f"{url.rpartition('/')[0]}/{name}"
