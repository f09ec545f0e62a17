"""The sensor that asks for what is owed: exactly that, once at a time, and not for ever."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import requests
import yaml
from databases import Warehouse
from sandbox_support import put_back, spoil
from scenes import told

from orchestration.cli.session import DEMO_CLIENTS
from orchestration.clients.model import load_clients
from orchestration.collection.collection import collect
from orchestration.sandbox.process import SandboxProcess

NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)
HOLE = date(2026, 11, 7)


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxProcess]:
    with SandboxProcess(now=NOW) as process:
        yield process


@pytest.fixture
def collected(demo: Warehouse, running: SandboxProcess) -> Iterator[tuple[Any, SandboxProcess]]:
    """All 16 demo accounts with every owed day received, and an empty log of calls."""
    demo.environment["META_API_URL"] = running.url
    settings = demo.settings(api_url=running.url)
    collect(settings, load_clients(DEMO_CLIENTS), run_id="before")
    put_back(running)
    yield demo, running
    put_back(running)


def forget(warehouse: Warehouse, client_id: str, day: date = HOLE) -> None:
    """A day that was never collected."""
    for table in ("ops.slice_state", "staging.insights", "staging.control_totals"):
        warehouse.execute(
            f"delete from {table} where client_id = %s and date_day = %s", [client_id, day]
        )


def calls(sandbox: SandboxProcess) -> list[tuple[str, str, Any]]:
    """The path, level and days of every call so far."""
    log = requests.get(f"{sandbox.url}/sandbox/log", timeout=20).json()["requests"]
    return [
        (entry["path"], entry.get("level"), json.loads(entry.get("time_range", "{}")))
        for entry in log
    ]


ONE_HOLE = """
told["ticks"] = [tick(), tick()]
result = run(told["ticks"][0])
told["owner"] = instance.get_run_by_id(result.run_id).tags["meta_ads/owner"]
told["then"] = tick()
sql("delete from ops.slice_state where client_id = 'acme-outdoor' and date_day = '2026-11-07'")
told["same work"] = tick()
from datetime import timedelta
from orchestration.defs.ingestion import runs
runs.SHORTEST_PAUSE = timedelta(0)
told["after the pause"] = tick()
"""


def test_exactly_the_missing_client_day_is_asked_for_and_once(
    collected: tuple[Any, SandboxProcess],
) -> None:
    warehouse, sandbox = collected
    forget(warehouse, "acme-outdoor")
    found = told(warehouse, ONE_HOLE)
    first, again = found["ticks"]
    assert first == again
    config = {"owed": {"acme-outdoor": ["2026-11-07"]}, "due_only": True}
    assert first["config"] == {"ops": {"collect_insights": {"config": config}}}
    assert (first["tags"]["meta_ads/clients"], first["tags"]["meta_ads/client_days"]) == ("1", "1")
    day = {"since": str(HOLE), "until": str(HOLE)}
    path = "/act_1001/insights"
    assert calls(sandbox) == [(path, "account", day), (path, "campaign", day)]
    # The process that did the work is known, so that its death would be noticed.
    assert found["owner"].count("/") == 2
    assert found["then"]["skip"].startswith("Nothing is due now")
    # Dagster launches no key twice: work that a run of it left undone gets another, after a pause.
    assert "ended without having tried what is due" in found["same work"]["skip"]
    assert found["after the pause"]["key"] == f"{first['key']}-2"


ATTEMPTS = """
found = tick()
told["first"] = owed(found)
run(found)
told["then"] = tick()
keys = [found["key"]]
for attempts in range(1, 9):
    sql("update ops.slice_state set last_attempt_at = last_attempt_at - interval '13 hours' "
        "where last_attempt = 'refused'")
    found = tick()
    keys.append(found["key"])
    told[f"after {attempts}"] = owed(found)
    if attempts in (1, 8):
        run(found)
    else:
        sql("update ops.slice_state set failed_attempts = failed_attempts + 1 "
            "where last_attempt = 'refused'")
told["keys"] = keys
sql("update ops.slice_state set last_attempt_at = last_attempt_at - interval '90 days' "
    "where last_attempt = 'refused'")
told["left to a person"] = tick()
sql("update ops.failed_collections set failed_at = failed_at - interval '25 hours'")
sql("update ops.slice_state set last_attempt_at = last_attempt_at - interval '25 hours' "
    "where last_attempt = 'failed'")
told["a day later"] = owed(tick())
"""


def test_a_refused_day_pauses_and_is_left_to_a_person_and_a_dead_token_is_asked_once_a_day(
    collected: tuple[Any, SandboxProcess],
) -> None:
    warehouse, sandbox = collected
    for client_id in ("acme-outdoor", "nordlicht-living"):
        forget(warehouse, client_id)
    forget(warehouse, "nordlicht-living", date(2026, 11, 8))
    spoil(sandbox, "split", account="act_1001", since=str(HOLE), until=str(HOLE))
    listed = yaml.safe_load(DEMO_CLIENTS.read_text("utf-8"))
    listed["clients"][1]["token_env"] = "DEAD_TOKEN"
    clients_file = warehouse.home / "clients.yml"
    clients_file.write_text(yaml.safe_dump(listed), "utf-8")
    found = told(
        warehouse, ATTEMPTS, META_ADS_CLIENTS=str(clients_file), DEAD_TOKEN="dead-and-gone"
    )
    refused = {"acme-outdoor": ["2026-11-07"]}
    held = {"nordlicht-living": ["2026-11-07..2026-11-08"]}
    assert found["first"] == refused | held
    assert found["then"]["skip"].startswith("Nothing is due now")
    assert [found[f"after {attempts}"] for attempts in range(1, 9)] == [refused] * 8
    assert len(set(found["keys"])) == 9
    assert found["left to a person"]["skip"].startswith("Nothing is due now")
    assert found["a day later"] == held
    dead = [path for path, *_ in calls(sandbox) if path.startswith("/act_1002")]
    assert len(dead) == 1
    attempts = "select failed_attempts from ops.slice_state where client_id = 'acme-outdoor' "
    assert warehouse.value(f"{attempts} and level = 'campaign' and failed_attempts > 0") == 9


UNPUBLISHED = """
told["young"] = tick()
sql("update ops.client_months set changed_at = changed_at - interval '6 minutes'")
first = tick()
told["first"] = first
sql("insert into ops.builds (owner, invocation_id, is_full, as_of, state, finished_at) "
    "values ('gone', 'x', false, now(), 'failed', now())")
told["pausing"] = tick()
sql("update ops.builds set finished_at = finished_at - interval '16 minutes'")
told["again"] = tick()["key"]
sql("update ops.client_months set published_version = version")
told["published"] = tick()
"""


def test_what_was_collected_and_not_published_is_built_again_after_pauses(
    collected: tuple[Any, SandboxProcess],
) -> None:
    """The run that brought it was killed between its two halves, or its build failed."""
    warehouse, _ = collected
    found = told(warehouse, UNPUBLISHED)
    assert found["young"]["skip"].startswith("Nothing is due now")
    key = found["first"]["key"]
    assert key.startswith("build-")
    assert key.endswith("-0")
    assert found["first"]["tags"]["meta_ads/owed"] == key
    assert found["pausing"]["skip"].startswith("Nothing is due now")
    assert found["again"] == f"{key.removesuffix('0')}1"
    assert found["published"]["skip"].startswith("Nothing is due now")


DEAD_TOKEN = """
found = tick()
try:
    run(found)
except Exception as error:
    told["error"] = str(error)
told["held"] = tick()
ago = " - interval '31 minutes'"
sql("update ops.failed_collections set failed_at = failed_at" + ago)
told["still dead"] = tick()
import requests
requests.delete(load_settings().api_url + "/sandbox/faults", timeout=20)
sql("update ops.token_checks set checked_at = checked_at" + ago)
told["alive"] = owed(tick())
"""


def test_a_refused_token_is_asked_about_by_itself_and_its_days_are_requested_once_it_works(
    collected: tuple[Any, SandboxProcess],
) -> None:
    warehouse, sandbox = collected
    forget(warehouse, "acme-outdoor")
    spoil(sandbox, "token_dead")
    found = told(warehouse, DEAD_TOKEN)
    assert found["held"]["skip"].startswith("Nothing is due now")
    assert found["still dead"]["skip"].startswith("Nothing is due now")
    assert found["alive"] == {"acme-outdoor": ["2026-11-07"]}
    asked = [path for path, *_ in calls(sandbox)]
    assert asked == ["/act_1001/insights", "/me", "/me", "/me"]
