"""Answers that processes settle: the same results, and whole whatever becomes of the processes."""

import _thread
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from databases import META_ADS, Warehouse, database
from preloaded.choice import from_nothing
from sandbox_support import spoil
from servers import eventually
from settling_processes import (
    CLIENTS,
    DAYS,
    SINCE,
    UNTIL,
    assert_whole,
    end_sessions,
    is_alive,
    kept_back,
    nobody_keeps,
    run,
    workers,
)

from orchestration.clients.model import Client
from orchestration.collection.collection import collect
from orchestration.collection.fetcher import Fetcher
from orchestration.quality import suite_process
from orchestration.quality.answer import Answer
from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.embedded.server import EmbeddedServer

pytestmark = pytest.mark.usefixtures("small_groups")

LEDGER = {
    "slices": "select client_id, level, date_day, state, row_count, content_hash, last_attempt, "
    "last_reason, failed_attempts, mended_from from ops.slice_state",
    "receipts": "select client_id, level, date_day, state, row_count, reason from ops.receipts",
    "batches": "select client_id, since, until, state, row_count from ops.batches",
    "violations": "select client_id, date_day, rule, severity, detail from quarantine.violations",
    "restatements": "select client_id, date_day, metric, before, after, age_days "
    "from ops.restatements",
    "insights": "select client_id, level, date_day, entity_id, spend from staging.insights",
    "conversions": "select client_id, level, date_day, entity_id, actions::text "
    "from staging.conversions",
    "failures": "select client_id, since, until, error, reason from ops.failed_collections",
    "oddities": "select client_id, rule, subject, first_day from ops.known_oddities",
}
"""What a collection leaves, without the numbers and times that differ from run to run."""


def ledger_of(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    return {name: sorted(warehouse.rows(query), key=repr) for name, query in LEDGER.items()}


def kill_in_the_middle(warehouse: Warehouse, suites: psutil.Process) -> None:
    """Kill the processes while one keeps an answer, and wait until the collection noticed it."""
    with nobody_keeps(warehouse, "c1002"):
        assert eventually(lambda: bool(kept_back(warehouse)))
        before = kept_back(warehouse)
        for process in workers(suites):
            process.kill()
        assert eventually(lambda: bool(kept_back(warehouse) - before))


@pytest.mark.parametrize("fault", [None, "deep_field", "split", "deleted_hidden"])
def test_processes_leave_the_same_as_the_collection_alone(
    server: EmbeddedServer,
    template: str,
    sandbox: SandboxProcess,
    tmp_path: Path,
    fault: str | None,
) -> None:
    if fault:
        spoil(sandbox, fault, account="act_1002")
    ledgers, outcomes = [], []
    for processes in (1, 2):
        with database(server, template) as url:
            warehouse = Warehouse(url, tmp_path)
            for _ in range(2):
                collection = run(warehouse, sandbox, processes)
            ledgers.append(ledger_of(warehouse))
            outcomes.append(
                sorted((o.window.client_id, o.window.since, o.rows) for o in collection.outcomes)
            )
    assert ledgers[0] == ledgers[1]
    assert outcomes[0] == outcomes[1]


def test_an_answer_that_cannot_be_judged_fails_for_its_client_alone(
    warehouse: Warehouse, sandbox: SandboxProcess, caplog: pytest.LogCaptureFixture
) -> None:
    spoil(sandbox, "deep_field", account="act_1002")
    collection = run(warehouse, sandbox, 2)
    assert {outcome.window.client_id for outcome in collection.failed} == {"c1002"}
    assert collection.days_kept == DAYS * (len(CLIENTS) - 1)
    assert "an answer cannot be" in caplog.text


def test_what_a_killed_process_had_in_hand_is_asked_for_again_and_kept_once(
    warehouse: Warehouse, sandbox: SandboxProcess, suites: psutil.Process
) -> None:
    with ThreadPoolExecutor(1) as pool:
        collection = pool.submit(run, warehouse, sandbox, 2)
        assert eventually(lambda: bool(workers(suites)))
        kill_in_the_middle(warehouse, suites)
        ended = collection.result(60)
    assert ended.failed == []
    assert ended.days_kept == DAYS * len(CLIENTS)
    assert len({(o.window.client_id, o.window.since) for o in ended.outcomes}) == len(
        ended.outcomes
    )
    assert_whole(warehouse)


def test_an_answer_whose_process_ends_twice_is_recorded_as_failed_and_can_be_replayed(
    warehouse: Warehouse, sandbox: SandboxProcess, suites: psutil.Process
) -> None:
    spoil(sandbox, "slow", seconds=0.5, account="act_1002", path="insights")
    with ThreadPoolExecutor(1) as pool:
        collection = pool.submit(run, warehouse, sandbox, 2)
        for _ in range(2):
            assert eventually(lambda: bool(workers(suites)))
            kill_in_the_middle(warehouse, suites)
        ended = collection.result(60)
    reasons = {str(outcome.error) for outcome in ended.failed}
    assert reasons == {"the process that judged and kept the answer ended twice, without an error"}
    assert "c1002" in {outcome.window.client_id for outcome in ended.failed}
    assert warehouse.value("select count(*) from ops.collection_leases") == 0
    assert run(warehouse, sandbox, 2).failed == []
    assert (
        warehouse.value("select count(*) from ops.failed_collections where closed_at is null") == 0
    )


def test_a_process_whose_connection_breaks_ends_the_attempt_and_the_next_goes_on(
    warehouse: Warehouse, sandbox: SandboxProcess, suites: psutil.Process
) -> None:
    settings = warehouse.settings(api_url=sandbox.url, retry_delays=(0.1, 0.1), workers=2)
    with ThreadPoolExecutor(1) as pool:
        collection = pool.submit(collect, settings, CLIENTS, since=SINCE, until=UNTIL, run_id="run")
        with nobody_keeps(warehouse, "c1002"):
            assert eventually(lambda: bool(kept_back(warehouse)))
            end_sessions(warehouse, kept_back(warehouse))
        assert collection.result(60).failed == []
    assert_whole(warehouse)


def test_an_answer_that_cannot_be_handed_over_fails_alone(
    warehouse: Warehouse, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Fetcher.answer

    def too_deep(fetcher: Fetcher, client: Client, *about: Any) -> Answer:
        answer = whole(fetcher, client, *about)
        if client.client_id == "c1002":
            nested: list[Any] = []
            for _ in range(10_000):
                nested = [nested]
            answer.originals.append(("campaign", {"deep": nested}))
        return answer

    monkeypatch.setattr(Fetcher, "answer", too_deep)
    collection = run(warehouse, sandbox, 2)
    (failed,) = collection.failed
    assert failed.window.client_id == "c1002"
    assert "cannot be handed over (RecursionError" in str(failed.error)
    assert collection.days_kept == DAYS * (len(CLIENTS) - 1)


def test_without_the_process_to_copy_the_collection_settles_the_answers(
    warehouse: Warehouse, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suite_process, "_started", [])
    assert run(warehouse, sandbox, 2).failed == []
    assert_whole(warehouse)


def press_ctrl_c_in_the_middle(warehouse: Warehouse) -> None:
    if eventually(lambda: bool(kept_back(warehouse))):
        _thread.interrupt_main()


def test_ctrl_c_ends_processes_in_the_middle_and_the_next_run_goes_on(
    warehouse: Warehouse, sandbox: SandboxProcess, suites: psutil.Process
) -> None:
    with nobody_keeps(warehouse, "c1002"):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(press_ctrl_c_in_the_middle, warehouse)
            with pytest.raises(KeyboardInterrupt):
                run(warehouse, sandbox, 2)
        assert eventually(lambda: not workers(suites))
        assert warehouse.value("select count(*) from ops.collection_leases") == 0
    of_client = "select count(*) from staging.insights where client_id = 'c1002'"
    assert warehouse.value(of_client) == 0
    assert run(warehouse, sandbox, 2).failed == []
    assert_whole(warehouse)


def test_a_killed_collection_leaves_no_process_and_no_half_slice(
    demo: Warehouse, sandbox: SandboxProcess
) -> None:
    arguments = [META_ADS, "collect", "--since", "2026-09-01", "--until", str(UNTIL)]
    spoil(sandbox, "slow", seconds=0.2, path="insights")
    environment = demo.command_environment({"META_ADS_WORKERS": "2"})
    with (
        from_nothing(),
        subprocess.Popen(
            arguments,
            env=environment,
            cwd=demo.home,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process,
    ):
        try:
            kept = "select count(*) from ops.batches where state = 'kept'"
            assert eventually(lambda: bool(demo.value(kept)), 1200)
            family = psutil.Process(process.pid).children(recursive=True)
            assert sum("suite_process" in " ".join(child.cmdline()) for child in family) >= 2
        finally:
            process.send_signal(signal.SIGKILL)
    assert eventually(lambda: not any(is_alive(child) for child in family))
    whole = (
        "select count(*) from ops.slice_state as s where level = 'campaign' and state = 'received' "
        "and row_count <> (select count(*) from staging.insights as i where "
        "i.client_id = s.client_id and i.date_day = s.date_day and i.level = 'campaign')"
    )
    assert demo.value(whole) == 0
