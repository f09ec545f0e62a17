"""Collections whose answers are settled by processes, and what those processes do."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import psutil
import pytest
from databases import Warehouse
from servers import eventually

from orchestration.clients.model import Client
from orchestration.collection.collection import Collection, collect
from orchestration.collection.settling import settling
from orchestration.quality import suite_process
from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.ledger.clients import sync_clients

SINCE, UNTIL = date(2026, 10, 8), date(2026, 10, 31)
DAYS = (UNTIL - SINCE).days + 1
CLIENTS = [
    Client.model_validate({"client_id": f"c{n}", "name": f"C{n}", "ad_account_id": f"act_{n}"})
    for n in (1001, 1002, 1003, 1004)
]


@pytest.fixture(scope="module")
def suites() -> Iterator[psutil.Process]:
    """The process that is copied for each process that settles answers."""
    suite_process.start_suite_process()
    running = suite_process._started[0]
    yield psutil.Process(running._process.pid)
    suite_process._started.clear()
    running.kill()


@pytest.fixture
def small_groups(suites: psutil.Process, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Groups of one or two answers, so that few windows are enough for two processes."""
    monkeypatch.setattr(settling, "GROUP_WINDOWS", 2)
    yield
    assert eventually(lambda: not workers(suites)), "a process is left behind"


def is_alive(process: psutil.Process) -> bool:
    """Whether a process is there, and not only its entry."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def workers(suites: psutil.Process) -> list[psutil.Process]:
    """The processes that settle answers now."""
    return [process for process in suites.children() if is_alive(process)]


def run(
    warehouse: Warehouse, sandbox: SandboxProcess, processes: int, **changes: Any
) -> Collection:
    """Collect the days of all clients."""
    values = {"api_url": sandbox.url, "retry_delays": (), "workers": processes}
    settings = warehouse.settings(**(values | changes))
    return collect(settings, CLIENTS, since=SINCE, until=UNTIL, run_id="run")


def assert_whole(warehouse: Warehouse) -> None:
    """Every slice is stored once, with one receipt, and no claim is left."""
    slices = 2 * DAYS * len(CLIENTS)
    kept = "select count(*), count(distinct (client_id, level, date_day)) from ops.receipts "
    assert warehouse.rows(f"{kept} where state in ('received', 'empty')") == [(slices, slices)]
    assert warehouse.value("select count(*) from ops.slice_state where state <> 'none'") == slices
    assert warehouse.value("select count(*) from ops.collection_leases") == 0


@contextmanager
def nobody_keeps(warehouse: Warehouse, *client_ids: str) -> Iterator[None]:
    """Transactions that keep an answer of these clients wait until the block ends."""
    with warehouse.connect() as connection:
        sync_clients(connection, CLIENTS)
    with warehouse.connect() as connection:
        chosen = "select from ops.clients where client_id = any(%s) for no key update"
        connection.execute(chosen, [[*client_ids]])
        yield


def kept_back(warehouse: Warehouse) -> set[int]:
    """The sessions that wait to keep an answer, or to learn whether it was kept."""
    waiting = "select pid from pg_stat_activity where wait_event_type = 'Lock'"
    return {pid for (pid,) in warehouse.rows(waiting)}


def end_sessions(warehouse: Warehouse, sessions: set[int]) -> None:
    """End sessions of the server, and wait until they are gone."""
    for pid in sessions:
        warehouse.execute("select pg_terminate_backend(%s)", [pid])
    there = "select count(*) from pg_stat_activity where pid = any(%s)"
    assert eventually(lambda: warehouse.value(there, [[*sessions]]) == 0)
