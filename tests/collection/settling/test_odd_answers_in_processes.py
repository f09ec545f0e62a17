"""Answers and errors that come in the way of the processes: each harms its own client alone."""

import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

import psutil
import pytest
from databases import Warehouse
from sandbox_support import spoil
from servers import eventually
from settling_processes import (
    CLIENTS,
    DAYS,
    assert_whole,
    end_sessions,
    kept_back,
    nobody_keeps,
    run,
)

from orchestration.clients.model import Client
from orchestration.collection.fetcher import Fetcher
from orchestration.collection.settling import settling, workers
from orchestration.collection.settling.messages import Broken, Setup
from orchestration.collection.settling.worker import _sendable, serve
from orchestration.errors import MetaAdsError
from orchestration.process.channel import Channel
from orchestration.quality import suite_process
from orchestration.quality.answer import Answer
from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.ledger.claims import Claim

pytestmark = pytest.mark.usefixtures("small_groups")

MOST_STARTS = 12
"""More than a collection of four windows may start of processes."""


class Deadly:
    """Ends the process that unpickles it."""

    def __reduce__(self) -> tuple[Any, ...]:
        """How it is unpickled."""
        return os._exit, (1,)


@pytest.fixture
def _few_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes without end fail the test."""
    started: list[Any] = []

    def counted(function: Any) -> Any:
        started.append(function)
        assert len(started) <= MOST_STARTS, "processes are started for ever"
        return suite_process.fork_suite_process(function)

    monkeypatch.setattr(workers, "fork_suite_process", counted)


def nested(depth: int) -> list[Any]:
    """A list in a list in a list …"""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def assert_one_client_fails(
    warehouse: Warehouse, sandbox: SandboxProcess, processes: int, reason: str
) -> None:
    """A collection in which one client's campaigns may be deleted fails for that client."""
    spoil(sandbox, "rows_dropped", account="act_1002")
    collection = run(warehouse, sandbox, processes)
    (failed,) = collection.failed
    assert failed.window.client_id == "c1002"
    assert reason in str(failed.error)
    assert collection.days_kept == DAYS * (len(CLIENTS) - 1)
    assert warehouse.value("select count(*) from ops.collection_leases") == 0


@pytest.mark.usefixtures("_few_starts")
def test_an_answer_that_ends_each_process_that_reads_it_fails_alone(
    warehouse: Warehouse, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Fetcher.answer

    def deadly(fetcher: Fetcher, client: Client, *about: Any) -> Answer:
        answer = whole(fetcher, client, *about)
        if client.client_id == "c1002":
            # More than the socket holds: it is still being sent when the process is gone.
            large = {"deadly": Deadly(), "large": "x" * 20_000_000}
            answer.originals.append(("campaign", large))
        return answer

    monkeypatch.setattr(Fetcher, "answer", deadly)
    collection = run(warehouse, sandbox, 2)
    (failed,) = collection.failed
    assert failed.window.client_id == "c1002"
    assert "ended twice while it read this one" in str(failed.error)
    assert collection.days_kept == DAYS * (len(CLIENTS) - 1)
    assert warehouse.value("select count(*) from ops.collection_leases") == 0


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("error", [ValueError("no time"), KeyError("id"), OSError("no file")])
def test_an_error_about_deleted_campaigns_fails_its_client_alone(
    warehouse: Warehouse,
    sandbox: SandboxProcess,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    processes: int,
) -> None:
    def break_off(*_: Any) -> NoReturn:
        raise error

    monkeypatch.setattr(Fetcher, "listed_deleted_campaigns", break_off)
    reason = f"({type(error).__name__}: {error})"
    assert_one_client_fails(warehouse, sandbox, processes, reason)


@pytest.mark.parametrize("depth", [500, 10_000])
def test_a_deep_row_of_a_deleted_campaign_fails_its_client_alone(
    warehouse: Warehouse, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, depth: int
) -> None:
    row = {"id": "1", "deep": nested(depth)}
    monkeypatch.setattr(Fetcher, "listed_deleted_campaigns", lambda *_: iter([row]))
    assert_one_client_fails(warehouse, sandbox, 2, "RecursionError")


@pytest.mark.parametrize("broken", [min, max], ids=["its own", "another's"])
def test_a_refusal_is_counted_when_the_session_of_a_process_breaks(
    warehouse: Warehouse,
    sandbox: SandboxProcess,
    monkeypatch: pytest.MonkeyPatch,
    broken: Callable[[set[int]], int],
) -> None:
    monkeypatch.setattr(settling, "_group_windows", lambda *_: 3)
    for account, seconds in (("1001", 0.3), ("1003", 0.5), ("1002", 0.9), ("1004", 1.3)):
        spoil(sandbox, "slow", seconds=seconds, account=f"act_{account}", path="insights")
    for account in ("act_1001", "act_1003"):
        spoil(sandbox, "wrong_currency", account=account)
    refused = (
        "select count(distinct (client_id, date_day)) from ops.receipts where state = 'refused'"
    )
    changes = {"retry_delays": (0.1, 0.1), "concurrency": 4}
    with ThreadPoolExecutor(1) as pool:
        collection = pool.submit(run, warehouse, sandbox, 2, **changes)
        assert eventually(lambda: bool(warehouse.value("select count(*) from ops.batches")))
        with nobody_keeps(warehouse, "c1002", "c1004"):
            # The first process refused the days of two clients, and both wait with the next one.
            assert eventually(lambda: len(kept_back(warehouse)) == 2)
            assert warehouse.value(refused) == 2 * DAYS
            end_sessions(warehouse, {broken(kept_back(warehouse))})
        ended = collection.result(60)
    assert ended.failed == []
    assert ended.days_refused == warehouse.value(refused) == 2 * DAYS
    assert ended.days_kept == 2 * DAYS


def test_a_process_finds_files_that_the_address_names_in_the_current_folder(
    warehouse: Warehouse,
    sandbox: SandboxProcess,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    address, _, place = warehouse.url.rpartition("@")
    user, _, password = address.rpartition(":")
    passwords = tmp_path / "passwords"
    passwords.write_text(f"*:*:*:*:{password}\n")
    passwords.chmod(0o600)
    monkeypatch.chdir(tmp_path)
    url = f"{user}@{place}?passfile={passwords.name}"
    assert run(warehouse, sandbox, 2, warehouse_url=url).failed == []
    assert "A process that settles answers" not in caplog.text
    assert_whole(warehouse)


def test_an_error_of_a_process_comes_with_its_traceback_and_is_no_lost_process(
    suites: psutil.Process,
) -> None:
    end = suite_process.fork_suite_process(serve)
    assert end is not None
    channel = Channel(end)
    settings: Any = None
    channel.send(
        Setup(
            settings=settings,
            clients={},
            claim=Claim("holder", "owner"),
            folder=Path.cwd(),
            log_level=logging.INFO,
        )
    )
    line, broken = channel.receive(), channel.receive()
    channel.close(5)
    assert isinstance(broken, Broken)
    assert isinstance(broken.error, AttributeError)
    assert "breaks off\nTraceback (most recent" in logging.Formatter().format(line.record)
    assert "\n" not in line.record.getMessage()
    assert isinstance(_sendable(OSError("no file")), MetaAdsError)
