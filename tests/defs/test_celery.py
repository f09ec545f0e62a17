"""Shards on Celery's workers, by the dagster.yaml of deploy/celery alone; one worker is killed."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from brokers import broker, kill, worker
from databases import Warehouse
from factories import write_clients
from parsed_projects import bring_parsed_project
from sandbox_support import put_back, spoil, steer
from scenes import PRELUDE, python

from orchestration.sandbox.process import SandboxProcess

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "celery" / "dagster.yaml"
SCENE = """
from datetime import timedelta
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._core.launcher import LaunchRunContext
from dagster._core.utils import make_new_run_id
from orchestration.defs.ingestion import runs

runs.SHORTEST_PAUSE = timedelta(0)
pointer = ModuleCodePointer("orchestration.definitions", "defs", None)

def launch(request):
    \"""What Dagster's daemon does with a request.\"""
    job = ReconstructableRepository(pointer).get_reconstructable_job(request.job_name)
    given = dg.DagsterRun(
        job_name=request.job_name, run_id=make_new_run_id(), run_config=request.run_config,
        tags={**request.tags, "dagster/run_key": request.run_key},
        job_code_origin=job.get_python_origin(),
    )
    instance.add_run(given)
    instance.run_launcher.launch_run(LaunchRunContext(given, None))
    return given.run_id

done = evaluate(sensors.collect_owed_days)
told["skip"] = done.skip_message
for request in done.run_requests or []:
    told[request.tags.get("meta_ads/shard", request.job_name)] = launch(request)
print(json.dumps(told))
"""
STANDING = "select count(*) from ops.slice_state where client_id = any(%s) and state <> 'none'"
DAYS = 5
LEVELS = 2


@dataclass
class Machines:
    """Workers with state folders of their own, and one warehouse."""

    warehouse: Warehouse
    variables: dict[str, str]
    groups: dict[str, int] = field(default_factory=dict)

    def environment(self, name: str) -> dict[str, str]:
        home = self.warehouse.home / name
        (home / "dagster").mkdir(parents=True, exist_ok=True)
        shutil.copy(CONFIGURATION, home / "dagster")
        return {
            **self.variables,
            "META_ADS_HOME": str(home),
            "DAGSTER_HOME": str(home / "dagster"),
            "META_ADS_SHARD_CLIENTS": "2",
            "META_ADS_WORKERS": "1",
        }

    def tick(self) -> Any:
        """The requests of the sensor, handed to the launcher: run ids by shard."""
        printed = python(self.warehouse, PRELUDE + SCENE, **self.environment("daemon"))
        return json.loads(printed.splitlines()[-1])

    def standing(self, *clients: str) -> int:
        found: int = self.warehouse.value(STANDING, [list(clients)])
        return found

    def owner(self, client: str) -> str | None:
        """The worker that has days of the client in hand."""
        rows = self.warehouse.rows(
            "select distinct owner from ops.collection_leases where client_id = %s", [client]
        )
        for (owner,) in rows:
            group = os.getpgid(int(owner.split("/")[1]))
            return next(name for name, number in self.groups.items() if number == group)
        return None


@pytest.fixture
def machines(warehouse: Warehouse, sandbox: SandboxProcess) -> Iterator[Machines]:
    entries = (
        f"client_id: {name}, name: {name}, ad_account_id: act_{number}, starts_on: 2026-11-10"
        for name, number in zip("abcd", (1001, 1002, 1003, 1004), strict=True)
    )
    clients = write_clients(warehouse.home / "clients.yml", *entries)
    warehouse.environment = {"META_API_URL": sandbox.url, "META_ADS_CLIENTS": str(clients)}
    with ExitStack() as stack:
        machines = Machines(warehouse, stack.enter_context(broker(warehouse.home)))
        ask = PRELUDE + "evaluate(sensors.collect_owed_days)"
        python(warehouse, ask, **machines.environment("daemon"))
        # What the first collection of all would write.
        warehouse.execute("update ops.clients set timezone_name = 'UTC', owed_since = '2026-11-10'")
        for name in ("one", "two"):
            environment = warehouse.command_environment(machines.environment(name))
            bring_parsed_project(warehouse.url, warehouse.home / name)
            group = worker(name, warehouse.home, environment)
            machines.groups[name] = stack.enter_context(group)
        yield machines
        put_back(sandbox)


def wait_for(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 240
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def test_a_killed_worker_delays_its_own_shard_alone(
    machines: Machines, sandbox: SandboxProcess
) -> None:
    # The account of `a` never answers: its shard is in mid-run for as long as the test wants.
    hanging = spoil(sandbox, "slow", seconds=100, account="1001", path="insights")
    first = machines.tick()
    assert first.keys() == {"skip", "a..b", "c..d"}
    lost = wait_for(lambda: machines.owner("a"))
    kill(machines.groups[lost])
    whole = 2 * DAYS * LEVELS
    wait_for(lambda: machines.standing("c", "d") == whole)
    assert machines.standing("a") == 0

    steer(sandbox, f"faults/{hanging['id']}", "DELETE")
    again = wait_for(lambda: {k: v for k, v in machines.tick().items() if k.startswith("a")})
    assert again["a..b"] != first["a..b"]
    wait_for(lambda: machines.standing("a", "b") == whole)
    twice = (
        "select client_id, level, date_day from ops.receipts where state = 'received' "
        "group by 1, 2, 3 having count(*) > 1"
    )
    assert machines.warehouse.rows(twice) == []
    wait_for(lambda: not machines.warehouse.rows("select 1 from ops.collection_leases"))
    wait_for(lambda: "build_only" in machines.tick())
