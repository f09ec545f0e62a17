"""Asset checks in Dagster: red with clients and reasons, as the health API says, and recovery."""

import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlparse

import requests
from databases import Warehouse
from sandbox_support import spoil
from scenes import python

from orchestration.sandbox.process import SandboxProcess

NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)
CHECKS = """
import json
import dagster as dg
from orchestration.definitions import defs
result = defs.resolve_job_def("collect_only").execute_in_process(
    instance=dg.DagsterInstance.ephemeral(),
    run_config={"ops": {"collect_insights": {"config": {
        "clients": ["acme-outdoor", "nordlicht-living", "zielona-kuchnia"],
        "since": "2026-11-12", "until": "2026-11-14",
    }}}},
)
print(json.dumps({
    e.check_name: [e.passed, {name: value.value for name, value in e.metadata.items()}]
    for e in result.get_asset_check_evaluations()
}))
"""

RECOVER = """
import dagster as dg
from orchestration.definitions import defs
job = defs.resolve_job_def("recover_failed")
result = job.execute_in_process(instance=dg.DagsterInstance.ephemeral(), raise_on_error=False)
failed = [e for e in result.all_events if e.event_type_value == "STEP_FAILURE"]
print(failed[0].step_failure_data.user_failure_data.description if failed else "healed")
"""

HEALTH = """
import json
import dagster as dg
from orchestration.definitions import defs
instance = dg.DagsterInstance.ephemeral()
refreshed = defs.resolve_job_def("refresh_current_month").execute_in_process(
    instance=instance,
    run_config={"ops": {"serving__current_month_cache": {"config": {"clients": ["acme-outdoor"]}}}},
)
event = refreshed.asset_materializations_for_node("serving__current_month_cache")[0]
checked = defs.resolve_job_def("check_data_health").execute_in_process(instance=instance)
print(json.dumps({
    "refreshed": event.metadata["clients_refreshed"].value,
    "checks": {
        e.metadata["detail"].value["status"] + " " + e.check_name: [
            e.passed, e.severity.value, e.metadata["summary"].value, e.metadata["notes"].value
        ]
        for e in checked.get_asset_check_evaluations()
    },
    "overall": {e.metadata["overall"].value for e in checked.get_asset_check_evaluations()}.pop(),
}))
"""


def test_red_checks_name_clients_and_reasons_and_the_job_replays_what_failed(
    demo: Warehouse,
) -> None:
    with SandboxProcess(now=NOW) as sandbox:
        demo.environment["META_API_URL"] = sandbox.url
        day = {"since": "2026-11-13", "until": "2026-11-13"}
        spoil(sandbox, "split", account="act_1001", **day)
        spoil(sandbox, "non_numeric", account="act_1002", **day)
        spoil(sandbox, "permission", account="act_1003", path="insights")
        checks = json.loads(python(demo, CHECKS).splitlines()[-1])
        broken = {name for name, (passed, _) in checks.items() if not passed}
        assert broken == checks.keys() - {"standing_data_hold"}
        reasons = {name: " ".join(found["reasons"]) for name, (_, found) in checks.items()}
        lack = "acme-outdoor 2026-11-13: The account's own total has conversions, or conversion"
        assert lack in reasons["control_totals_agree"]
        no_number = "nordlicht-living 2026-11-13: A value is not an id, a number or a date"
        assert no_number in reasons["expectations_hold"]
        failed = "zielona-kuchnia 2026-11-12 to 2026-11-14, 3 days: failed: "
        assert failed in reasons["batch_is_complete"]
        page = Path(urlparse(checks["expectations_hold"][1]["data_docs"]).path)
        assert "A value is not an id, a number or a date" in page.read_text("utf-8")

        said = python(demo, RECOVER).splitlines()[-1]
        assert said.startswith("Still failing: zielona-kuchnia 2026-11-12..2026-11-14: ")
        requests.delete(f"{sandbox.url}/sandbox/faults", timeout=20)
        assert python(demo, RECOVER).splitlines()[-1] == "healed"
        assert python(demo, RECOVER).splitlines()[-1] == "healed"
    open_records = "select count(*) from ops.failed_collections where closed_at is null"
    assert demo.value(open_records) == 0
    assert demo.value("select count(*) from ops.slice_state where last_attempt = 'refused'") == 4


def test_the_check_of_what_stands_is_red_where_a_new_reading_has_less(demo: Warehouse) -> None:
    with SandboxProcess(now=NOW) as sandbox:
        demo.environment["META_API_URL"] = sandbox.url
        days = ("--since", "2026-11-12", "--until", "2026-11-14")
        # The days of the month before these are owed still.
        assert demo.run("collect", "--client", "acme-outdoor", *days).returncode == 1
        day = {"since": "2026-11-13", "until": "2026-11-13"}
        spoil(sandbox, "vanish", what="family", account="act_1001", **day)
        checks = json.loads(python(demo, CHECKS).splitlines()[-1])
    passed, found = checks["standing_data_hold"]
    assert not passed
    assert found["count"] == 1
    assert found["reasons"][0].startswith("acme-outdoor 2026-11-13: Less came than stands ")
    assert "stands, 0 came" in found["reasons"][0]
    assert checks["batch_is_complete"][0] is False


def test_the_asset_checks_say_what_the_health_api_says(demo: Warehouse) -> None:
    with SandboxProcess(now=NOW) as sandbox:
        demo.environment["META_API_URL"] = sandbox.url
        day = {"since": "2026-11-13", "until": "2026-11-13"}
        spoil(sandbox, "split", account="act_1001", **day)
        collected = demo.run("collect", "--client", "acme-outdoor")
        assert collected.returncode == 1, collected.stderr
        told = json.loads(python(demo, HEALTH).splitlines()[-1])
        answer = json.loads(demo.run("health", "--json").stdout)
    assert told["refreshed"] == 1
    assert told["overall"] == answer["status"] == "unhealthy"
    assert len(told["checks"]) == 9
    by_name = {name.split()[1]: (name.split()[0], *rest) for name, rest in told["checks"].items()}
    status, passed, severity, summary, notes = by_name["no_split_data"]
    assert (status, passed, severity, summary) == ("fail", False, "ERROR", "1 issue")
    assert notes[0].startswith("acme-outdoor 2026-11-13: The account's own total has ")
    assert {status for status, *_ in by_name.values()} == {"pass", "warning", "fail"}
    for status, passed, severity, *_ in by_name.values():
        assert passed == (status == "pass")
        assert severity == ("ERROR" if status == "fail" else "WARN")
    statuses = [found["status"] for name, found in answer["checks"].items() if name != "warehouse"]
    assert sorted(statuses) == sorted(status for status, *_ in by_name.values())
