"""Fixtures shared by all tests: one Postgres server, a database for each test, a sandbox."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import browsers
import psycopg
import pytest
from databases import Warehouse, database, named, new_server
from factories import NOW, settings_of

from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.migrations import migrate
from orchestration.warehouse.server import EmbeddedServer

DEMO_CLIENTS = Path(__file__).parents[1] / "orchestration" / "sandbox" / "demo_clients.yml"


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """One embedded server for the session, stopped whatever becomes of the session."""
    with new_server() as embedded:
        yield embedded


@pytest.fixture(scope="session")
def template(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a migrated database to copy."""
    url = server.ensure_running()
    name = "template_migrated"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    home = tmp_path_factory.mktemp("template")
    migrate(settings_of(warehouse_url=named(url, name), home=home))
    return name


@pytest.fixture
def warehouse(server: EmbeddedServer, template: str, tmp_path: Path) -> Iterator[Warehouse]:
    """A migrated, empty warehouse of the test's own."""
    with database(server, template) as url:
        yield Warehouse(url, tmp_path)


@pytest.fixture(scope="module")
def world(
    server: Any, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    """One warehouse for a module; its tests put into it what they need."""
    with database(server, template) as url:
        yield Warehouse(url, tmp_path_factory.mktemp("world"))


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


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say loudly that the dashboard was not looked at, where there is no browser."""
    skipped = terminalreporter.stats.get("skipped", [])
    if any(browsers.ABSENT in str(report.longrepr) for report in skipped):
        terminalreporter.section("THE DASHBOARD WAS NOT TESTED", red=True, bold=True)
        terminalreporter.write_line(browsers.ABSENT)
