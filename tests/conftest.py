"""Fixtures shared by all tests: one Postgres server, a database for each test, a sandbox."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from databases import Warehouse, database, memory_if_free, named, new_server
from factories import NOW, settings_of
from preloaded import popen
from preloaded.choice import as_installed
from programs import PROGRAMS
from shared_sandbox import running

from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.embedded.server import EmbeddedServer
from orchestration.warehouse.migrations import migrate

__all__ = ["as_installed", "running"]
# A shell that starts the tests in the background makes them ignore Ctrl-C, which some of them send.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
SLOW_FOLDERS = ("end_to_end", "dbt", "defs", "web", "alerting")
"""Folders whose tests start servers or run whole commands, the slowest first."""
SLOW_FILES = (
    "test_kill",
    "test_main_job",
    "test_chaos",
    "test_two_machines",
    "test_hosted",
    "test_server_restarts",
    "test_pages",
    "test_a_bad_day",
    "test_tutorial",
    "test_restored",
    "test_documentation",
    "test_publication_fails",
    "test_losses",
    "test_workers",
    "test_backup",
    "test_faults",
)
"""Files that take a worker about a minute or more, the slowest first."""
DEMO_CLIENTS = Path(__file__).parents[1] / "orchestration" / "sandbox" / "demo_clients.yml"

popen.install()


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """One embedded server for the session, stopped whatever becomes of the session."""
    with new_server() as embedded:
        yield embedded


@pytest.fixture(scope="module")
def open_folder() -> Iterator[Path]:
    """A folder for servers, to which other accounts can walk: pytest closes its own."""
    with tempfile.TemporaryDirectory(prefix="meta-ads-tests-", dir=memory_if_free()) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def template(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a migrated database to copy."""
    url = server.ensure_running()
    name = "template_migrated"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    home = tmp_path_factory.mktemp("template")
    migrate(settings_of(warehouse_url=named(url, name), home=home))
    # Dagster makes its tables there itself, for the first command; the copies have them already.
    dagster = "from orchestration.defs.runs.storage import WarehouseStorage as S; S()"
    environment = Warehouse(named(url, name), home).command_environment({})
    subprocess.run([sys.executable, "-c", dagster], env=environment, check=True)
    return name


@pytest.fixture
def warehouse(server: EmbeddedServer, template: str, tmp_path: Path) -> Iterator[Warehouse]:
    """A migrated, empty warehouse of the test's own."""
    with database(server, template) as url:
        yield Warehouse(url, tmp_path)


@pytest.fixture(scope="module")
def world(
    server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the slow files and folders first, so that no worker is alone with them at the end."""
    tests = Path(__file__).parent

    def turn(item: pytest.Item) -> tuple[int, int]:
        folder = item.path.relative_to(tests).parts[0]
        return _place(item.path.stem, SLOW_FILES), _place(folder, SLOW_FOLDERS)

    items.sort(key=turn)


def _place(name: str, names: tuple[str, ...]) -> int:
    return names.index(name) if name in names else len(names)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say loudly what was not tested, where a program that it needs is not installed."""
    skipped = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    for needed in PROGRAMS:
        if any(needed.absent in reason for reason in skipped):
            terminalreporter.section(f"{needed.what} WAS NOT TESTED", red=True, bold=True)
            terminalreporter.write_line(needed.absent)
