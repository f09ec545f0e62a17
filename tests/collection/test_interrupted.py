"""Collections that are interrupted, and ranges that are gone on with or begun anew."""

import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from time import sleep

import pytest
from databases import Warehouse
from sandbox_support import put_back, spoil
from three_collected_days import SINCE, UNTIL, asked, client, run

from orchestration.collection.decisions import waive_days
from orchestration.progress import Silent
from orchestration.sandbox.process import SandboxProcess


def test_an_interrupted_collection_waits_for_nobody(
    demo: Warehouse, sandbox: SandboxProcess
) -> None:

    spoil(sandbox, "rate_limit", minutes=14)
    changes = {"META_API_URL": sandbox.url}
    with subprocess.Popen(
        [
            str(Path(sys.executable).with_name("meta-ads")),
            "collect",
            "--since",
            "2026-11-12",
            "--until",
            "2026-11-14",
        ],
        env=demo.command_environment(changes),
        cwd=demo.home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        while not asked(sandbox):
            assert process.poll() is None
            sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted" in said
    assert "Traceback" not in said


class Interrupting(Silent):
    """Presses Ctrl-C as soon as the first client is done."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def step(self, note: str, count: int = 1) -> None:
        if count > 1:
            raise KeyboardInterrupt

    def note(self, text: str) -> None:
        self.notes.append(text)


class Noting(Interrupting):
    def step(self, note: str, count: int = 1) -> None:
        pass


def rows_asked(sandbox: SandboxProcess) -> list[str]:
    return sorted({path for path, level in asked(sandbox) if level == "campaign"})


def test_a_range_that_was_interrupted_is_gone_on_with_and_one_that_ended_is_read_again(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    clients = [client(n) for n in (1001, 1002, 1003)]
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            run(warehouse, sandbox, clients, progress=Interrupting(), concurrency=1)
    kept = warehouse.rows(
        "select distinct client_id from ops.slice_state where state = 'received' order by 1"
    )
    assert kept == [("c1001",), ("c1002",)]
    put_back(sandbox)
    watching = Noting()
    run(warehouse, sandbox, clients, progress=watching)
    assert rows_asked(sandbox) == ["/act_1003/insights"]
    (note,) = watching.notes
    assert "6 client-days are there already" in note
    put_back(sandbox)
    run(warehouse, sandbox, clients, progress=(anew := Noting()))
    assert len(rows_asked(sandbox)) == 3
    assert anew.notes == []


def test_another_range_or_an_old_one_is_begun_anew(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    clients = [client(1001), client(1002)]
    with pytest.raises(KeyboardInterrupt):
        run(warehouse, sandbox, clients, progress=Interrupting(), concurrency=1)
    put_back(sandbox)
    run(warehouse, sandbox, clients, since=date(2026, 11, 13))
    assert len(rows_asked(sandbox)) == 2
    warehouse.execute("update ops.range_collections set begun_at = begun_at - interval '3 days'")
    put_back(sandbox)
    run(warehouse, sandbox, clients)
    assert len(rows_asked(sandbox)) == 2


def test_a_range_asks_for_waived_days_too(warehouse: Warehouse, sandbox: SandboxProcess) -> None:
    run(warehouse, sandbox, [client(1001)], since=UNTIL)
    with warehouse.connect() as connection:
        waive_days(connection, client(1001), SINCE, SINCE, "nothing to come")
    run(warehouse, sandbox, [client(1001)])
    days = "select date_day from ops.slice_state where state = 'received' and level = 'campaign'"
    assert len(warehouse.rows(days)) == 3
