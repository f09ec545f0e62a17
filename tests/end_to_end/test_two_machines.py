"""Two machines, one warehouse: state folders of their own, and clocks that are 90 seconds apart.

One is 45 seconds ahead of the warehouse, the other 45 behind it. All that there may be one of at a
time is there once, nothing is lost and nothing is doubled.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import requests
from databases import Warehouse, database
from factories import write_clients
from places import NOW, clear_faults, published, receipts_that_disagree, set_fault, truth
from receivers import HttpReceiver
from scenes import told
from servers import eventually, refreshing

from benchmarks.chaos.promises import DOUBLED, UNTOLD
from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.embedded.server import EmbeddedServer
from orchestration.warehouse.schema.files import shipped_schema

CLOCKS = {"ahead": 45, "behind": -45}
SKEWED = Path(__file__).parents[1] / "support" / "skewed_clock"
CLIENTS = {"c1001": "act_1001", "c1004": "act_1004"}
BARE = "template1"
"""A database without anything in it, to copy."""
SECONDS = 900.0
"""The most that two commands at once may take: both parse the project and build, from nothing."""


class Machines:
    """Both of them, with what they share."""

    def __init__(self, url: str, folder: Path, environment: dict[str, str], sandbox: str) -> None:
        self.sandbox = sandbox
        self.all: list[Warehouse] = []
        for name, seconds in CLOCKS.items():
            (folder / name).mkdir()
            clock = {"PYTHONPATH": str(SKEWED), "CLOCK_AHEAD": str(seconds)}
            self.all.append(Warehouse(url, folder / name, environment | clock))
        self.ahead, self.behind = self.all
        self.warehouse = self.ahead

    def at_once(self, *command: str) -> Sequence["CompletedProcess[str]"]:
        """The command on both, begun in the same moment."""
        with ThreadPoolExecutor(2) as pool:
            return [*pool.map(lambda machine: machine.run_within(SECONDS, *command), self.all)]

    def calls(self, account: str) -> int:
        """How often Meta was asked for insights of an account."""
        log = requests.get(f"{self.sandbox}/sandbox/log", timeout=20).json()["requests"]
        return sum(entry["path"] == f"/{account}/insights" for entry in log)


@pytest.fixture(scope="module")
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def machines(
    server: EmbeddedServer, receiver: HttpReceiver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machines]:
    """A database that nobody has made anything in yet, and two machines that know it."""
    folder = tmp_path_factory.mktemp("machines")
    entries = [
        f"client_id: {name}, name: {name}, ad_account_id: {account}, starts_on: 2026-11-01"
        for name, account in CLIENTS.items()
    ]
    clients = write_clients(folder / "clients.yml", *entries)
    with (
        database(server, BARE) as url,
        SandboxProcess(now=datetime.fromisoformat(NOW)) as sandbox,
    ):
        environment = {
            "META_API_URL": sandbox.url,
            "META_ADS_CLIENTS": str(clients),
            "META_ADS_WEBHOOK_URL": receiver.url,
            "META_ADS_WEBHOOK_SECRET": "secret",
            "META_ADS_ALERT_PENDING_MINUTES": "0",
            "META_ADS_ALERT_FAILED_MINUTES": "0",
        }
        yield Machines(url, folder, environment, sandbox.url)


def test_the_machines_do_not_agree_on_the_time(machines: Machines) -> None:
    import subprocess

    program = (
        "import time; from orchestration.alerting.operators import muting;"
        "print(muting.datetime.now().timestamp(), time.time())"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", program],
            env=machine.command_environment({}),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for machine in machines.all
    ]
    for ahead, behind in zip(*said, strict=True):
        assert 80 < float(ahead) - float(behind) < 95


def test_two_first_runs_make_one_warehouse_and_collect_and_publish_each_day_once(
    machines: Machines,
) -> None:
    set_fault(machines.sandbox, kind="slow", seconds=0.3, path="insights")
    done = machines.at_once("collect")
    clear_faults(machines.sandbox)
    done = [*done, *machines.at_once("build")]
    assert {run.returncode for run in done} == {0}, [run.stderr for run in done]
    warehouse = machines.warehouse
    applied = warehouse.rows("select number from ops.migrations order by number")
    assert applied == [(migration.number,) for migration in shipped_schema().migrations]
    for state in ("asked", "received"):
        receipts = "select client_id, date_day from ops.receipts where level = %s and state = %s"
        found = warehouse.rows(receipts, ["campaign", state])
        assert len(found) == len(set(found)) == 14 * len(CLIENTS)
    overlapping = (
        "select a.build_id, b.build_id from ops.builds as a inner join ops.builds as b "
        "on a.build_id < b.build_id and b.started_at < a.finished_at"
    )
    assert warehouse.rows(overlapping) == []
    assert receipts_that_disagree(warehouse) == []
    expected = {
        client: truth(machines.sandbox, account, "2026-11-01", "2026-11-14")
        for client, account in CLIENTS.items()
    }
    assert published(warehouse, "monthly_client_summary", "2026-11-01") == expected


def test_an_alert_that_both_find_opens_once_and_is_told_once(
    machines: Machines, receiver: HttpReceiver
) -> None:
    warehouse = machines.warehouse
    set_fault(machines.sandbox, kind="permission", account="act_1001")
    days = ("--since", "2026-11-13", "--until", "2026-11-14")
    assert warehouse.run("collect", "--client", "c1001", *days).returncode != 0
    machines.at_once("alerts", "evaluate")
    machines.at_once("alerts", "deliver")
    clear_faults(machines.sandbox)
    assert warehouse.value("select count(*) from ops.alerts") > 0
    assert warehouse.rows(UNTOLD) == []
    for question in DOUBLED.values():
        assert warehouse.rows(question) == []
    sent = warehouse.rows("select message_key::text from ops.alert_messages where state = 'sent'")
    received = [request.headers["webhook-id"] for request in receiver.requests]
    assert sorted(received) == sorted(key for (key,) in sent) != []


def test_a_request_for_fresh_figures_is_answered_by_one_refresher_and_each_new_one_again(
    machines: Machines,
) -> None:
    warehouse = machines.warehouse
    request = (
        "insert into serving.cache_refreshes as r (client_id, requested_at) "
        "values ('c1004', clock_timestamp()) "
        "on conflict (client_id) do update set requested_at = excluded.requested_at"
    )
    answered = (
        "select attempted_at >= requested_at or error is not null "
        "from serving.cache_refreshes where client_id = 'c1004'"
    )
    set_fault(machines.sandbox, kind="slow", seconds=1, path="insights")
    with refreshing(machines.ahead), refreshing(machines.behind):
        for _ in range(2):
            requests.delete(f"{machines.sandbox}/sandbox/log", timeout=20)
            warehouse.execute(request)
            warehouse.execute("select pg_notify('meta_ads_refresh_requested', 'c1004')")
            assert eventually(lambda: machines.calls("act_1004") > 0)
            assert eventually(lambda: warehouse.value(answered))
            # One answer is two calls: the account's row and the campaigns' rows.
            assert machines.calls("act_1004") == 2
            assert warehouse.value("select max(error) from serving.cache_refreshes") is None
    clear_faults(machines.sandbox)


OWED = """
import os
from orchestration.defs.runs.instance import ensure_dagster_home
os.environ["DAGSTER_HOME"] = str(ensure_dagster_home(load_settings()))
instance = dg.DagsterInstance.get()
told["tick"] = tick()
"""
AND_RUN = OWED + 'run(told["tick"])\n'


def test_the_sensor_of_either_asks_for_the_same_work_and_once(machines: Machines) -> None:
    for table in ("ops.slice_state", "staging.insights", "staging.control_totals"):
        machines.warehouse.execute(
            f"delete from {table} where client_id = 'c1004' and date_day = '2026-11-07'"
        )
    with ThreadPoolExecutor(2) as pool:
        both: list[Any] = [*pool.map(lambda machine: told(machine, OWED), machines.all)]
    keys = {json.dumps(found["tick"]["key"]) for found in both}
    assert len(keys) == 1
    assert told(machines.ahead, AND_RUN)["tick"]["key"] == both[0]["tick"]["key"]
    assert told(machines.behind, OWED)["tick"]["skip"].startswith("Nothing is due now")


def test_a_run_that_succeeds_makes_good_what_failed_before_it_by_the_warehouses_clock(
    machines: Machines,
) -> None:
    warehouse = machines.warehouse
    # By the clock of the machine that is behind, it is still to come.
    warehouse.execute(
        "insert into ops.run_failures (run_id, job, error, reason, failed_at) "
        "values ('failed', 'daily_refresh', 'E', 'r', clock_timestamp() - interval '1 second')"
    )
    assert machines.behind.run("run").returncode in (0, 1)
    left = warehouse.rows("select run_id from ops.run_failures where closed_at is null")
    assert left == []
