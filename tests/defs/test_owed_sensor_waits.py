"""The sensor asks for nothing while a run collects, and says why where it cannot ask."""

from databases import Warehouse
from scenes import told

UNDER_WAY = """
import os
from datetime import UTC, datetime, timedelta
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from orchestration.defs.ingestion import runs
from orchestration.defs.ingestion.runs import TO_BEGIN, AT_MOST
from orchestration.defs.runs.execute import OWNER_TAG
from orchestration.process.owner import build_owner

@dg.op
def nothing(): ...

here = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("here"), "__repository__")

def put(name, status, **tags):
    if status == "QUEUED":
        origin = RemoteJobOrigin(here, name)
        run = dg.DagsterRun(name, status=dg.DagsterRunStatus.QUEUED, remote_job_origin=origin)
        return instance.add_run(run).run_id
    job = dg.GraphDefinition(name=name, node_defs=[nothing]).to_job()
    run = instance.create_run_for_job(job, tags=tags)
    event = {"STARTING": "PIPELINE_STARTING", "STARTED": "PIPELINE_START"}.get(status)
    if event is not None:
        instance.report_dagster_event(dg.DagsterEvent(event, name, message="x"), run.run_id)
    assert instance.get_run_by_id(run.run_id).status.value == status
    return run.run_id

def end(run_id):
    instance.report_run_failed(instance.get_run_by_id(run_id), "ended")

for name in ("daily_refresh", "collect_only", "recover_failed"):
    for status in ("QUEUED", "NOT_STARTED", "STARTING", "STARTED"):
        run_id = put(name, status)
        told[f"{name} {status}"] = tick().get("skip", "")
        end(run_id)
put("build_only", "STARTED")
told["another job"] = "key" in tick()

of_the_dead = build_owner().replace(f"/{os.getpid()}/", "/999999999/")
dead = put("daily_refresh", "STARTED", **{OWNER_TAG: of_the_dead})
told["dead"] = ["key" in tick(), instance.get_run_by_id(dead).status.value]

def later(delta):
    # The clock of the sensor goes on, that of the instance does not.
    class Clock(datetime):
        @classmethod
        def now(cls, zone=None):
            return datetime.now(zone) + delta
    runs.datetime = Clock

hung = put("daily_refresh", "STARTED", **{OWNER_TAG: build_owner()})
later(AT_MOST - timedelta(minutes=1))
told["long"] = "key" in tick()
later(AT_MOST + timedelta(minutes=1))
told["hung"] = "key" in tick()
end(hung)
for status in ("NOT_STARTED", "STARTING", "STARTED"):
    later(timedelta(0))
    silent = put("daily_refresh", status)
    later(TO_BEGIN - timedelta(minutes=1))
    before = "key" in tick()
    later(TO_BEGIN + timedelta(minutes=1))
    told[f"silent {status}"] = [before, "key" in tick()]
    end(silent)
later(timedelta(0))
queued = put("daily_refresh", "QUEUED")
later(timedelta(days=3))
told["queued for days"] = "key" in tick()
"""


def test_nothing_is_requested_while_a_run_collects_unless_its_process_is_gone(
    demo: Warehouse,
) -> None:
    found = told(demo, UNDER_WAY)
    for name in ("daily_refresh", "collect_only", "recover_failed"):
        for status in ("QUEUED", "NOT_STARTED", "STARTING", "STARTED"):
            assert f"of {name} is {status.lower()}" in found[f"{name} {status}"]
    assert found["another job"]
    assert found["dead"] == [True, "FAILURE"]
    assert (found["long"], found["hung"]) == (False, True)
    for status in ("NOT_STARTED", "STARTING", "STARTED"):
        assert found[f"silent {status}"] == [False, True]
    assert not found["queued for days"]


SENTENCES = """
import os, sys
os.environ["META_ADS_CLIENTS"], kept = "/nowhere.yml", os.environ["META_ADS_CLIENTS"]
told["no clients"] = tick()["skip"]
os.environ["META_ADS_CLIENTS"] = kept
os.environ["META_API_URL"] = "https://graph.facebook.com"
told["no token"] = tick()["skip"]
os.environ["META_ACCESS_TOKEN"] = "a-token-for-this-test"
told["owed"] = "key" in tick()
os.environ["META_ADS_DUE_HOUR"] = "77"
told["setting"] = tick()["skip"]
del os.environ["META_ADS_DUE_HOUR"]
os.environ["WAREHOUSE_URL"] = "postgresql://someone:a-password@127.0.0.1:1/nowhere"
told["no warehouse"] = tick()["skip"]
told["heavy"] = [name for name in ("great_expectations", "pandas") if name in sys.modules]
"""


def test_a_tick_that_cannot_ask_says_why_in_a_sentence_without_a_secret_and_loads_little(
    demo: Warehouse,
) -> None:
    found = told(demo, SENTENCES)
    assert found["no clients"].startswith("The clients file /nowhere.yml cannot be read")
    assert found["no token"].startswith("No token: set META_ACCESS_TOKEN")
    assert found["owed"]
    assert "META_ADS_DUE_HOUR" in found["setting"]
    assert found["no warehouse"].startswith("The warehouse cannot be reached")
    assert "a-password" not in str(found)
    assert found["heavy"] == []
