"""Owed work in shards: so many at once, lost ones again, and one build when the round is over."""

from typing import Any

import pytest
from databases import Warehouse
from factories import write_clients
from scenes import told

from orchestration.sandbox.process import SandboxProcess

SCENE = """
from datetime import timedelta
from dagster._core.utils import make_new_run_id
from orchestration.defs.ingestion import runs
from orchestration.process.owner import build_owner

def requests():
    done = evaluate(sensors.collect_owed_days)
    told["skip"] = done.skip_message
    return {"build" if r.job_name == "build_only" else " ".join(sorted(owed_of(r))): r
            for r in done.run_requests or []}

def owed_of(request):
    return request.run_config["ops"]["collect_insights"]["config"]["owed"]

def begin(request):
    run = dg.DagsterRun(
        job_name=request.job_name, run_id=make_new_run_id(), run_config=request.run_config,
        tags={**request.tags, runs.OWNER_TAG: build_owner(), "dagster/run_key": request.run_key},
        status=dg.DagsterRunStatus.STARTED,
    )
    instance.add_run(run)
    return run

def collect(request):
    done = run({"config": request.run_config, "tags": request.tags, "key": request.run_key})
    instance.delete_run(done.run_id)

requests()
# What the first collection of all would write.
sql("update ops.clients set timezone_name = 'UTC', owed_since = '2026-11-10'")
first = requests()
told["first"] = {name: [r.job_name, dict(r.tags)] for name, r in first.items()}
under_way = {name: begin(r) for name, r in first.items()}
told["full"] = [[*requests()], told["skip"]]

collect(first["a b"])
instance.delete_run(under_way["a b"].run_id)
third = requests()
told["one ended"] = [*third]
begin(third["e"])
sql("update ops.client_months set changed_at = changed_at - interval '59 minutes'")
told["not yet"] = [*requests()]
sql("update ops.client_months set changed_at = changed_at - interval '2 minutes'")
told["too long"] = [*requests()]
sql("update ops.client_months set published_version = version")

runs.TO_BEGIN = timedelta(0)
told["lost"] = [[*requests()], told["skip"]]
runs.SHORTEST_PAUSE = timedelta(0)
again = requests()
told["again"] = {name: r.run_key.rpartition("-")[2] for name, r in again.items()}
collect(again["c d"])
told["round goes on"] = [*requests()]
collect(again["e"])
told["round is over"] = [*requests()]
"""


@pytest.fixture
def found(warehouse: Warehouse, sandbox: SandboxProcess) -> Any:
    entries = (
        f"client_id: {name}, name: {name}, ad_account_id: act_{number}, starts_on: 2026-11-10"
        for name, number in zip("abcde", (1001, 1002, 1003, 1004, 1005), strict=True)
    )
    clients = write_clients(warehouse.home / "clients.yml", *entries)
    warehouse.environment = {"META_API_URL": sandbox.url, "META_ADS_CLIENTS": str(clients)}
    return told(warehouse, SCENE, META_ADS_SHARD_CLIENTS="2")


def test_a_round_of_shards(found: Any) -> None:
    assert found["first"].keys() == {"a b", "c d"}
    job, tags = found["first"]["a b"]
    assert job == "collect_only"
    assert tags["meta_ads/shard"] == "a..b"
    assert tags["meta_ads/token"] == "META_ACCESS_TOKEN"
    assert found["full"] == [[], "2 shards are under way, and no other may begin."]
    # The next shard begins as soon as one ends. Nothing is built while shards are under way ...
    assert found["one ended"] == ["e"]
    assert found["not yet"] == []
    # ... unless what was collected waits for too long.
    assert found["too long"] == ["build"]
    # Shards whose processes are lost are asked for again, after a pause.
    assert found["lost"][0] == []
    assert "ended without having tried what is due" in found["lost"][1]
    assert found["again"] == {"c d": "2", "e": "2"}
    assert found["round goes on"] == ["e"]
    assert found["round is over"] == ["build"]
