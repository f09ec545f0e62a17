"""The code location: what the Dagster UI shows, loaded as Dagster loads it."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlparse

import requests
from databases import Warehouse
from sandbox_support import spoil

from orchestration.sandbox.process import SandboxProcess

NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)

PROGRAM = """
import json
from orchestration.definitions import defs
graph = defs.resolve_asset_graph()
print(json.dumps({
    "parents": {
        key.to_user_string(): [parent.to_user_string() for parent in graph.get(key).parent_keys]
        for key in graph.get_all_asset_keys()
    },
    "undescribed": [
        key.to_user_string() for key in graph.get_all_asset_keys() if not graph.get(key).description
    ],
    "checks": sorted(f"{c.asset_key.to_user_string()}:{c.name}" for c in graph.asset_check_keys),
    "jobs": sorted(job.name for job in defs.resolve_all_job_defs()),
    "steps": {
        name: sorted(node.name for node in defs.resolve_job_def(name).nodes)
        for name in ("daily_refresh", "collect_only", "build_only")
    },
    "schedules": {
        schedule.name: [schedule.cron_schedule, schedule.job_name, schedule.default_status.value]
        for schedule in defs.schedules
    },
    "sensors": {sensor.name: sensor.default_status.value for sensor in defs.sensors},
    "asks for": [job.name for job in defs.resolve_sensor_def("collect_owed_days").jobs],
}))
"""

EXECUTE = """
import sys
import dagster as dg
from orchestration.definitions import defs
result = defs.resolve_job_def("collect_only").execute_in_process(
    instance=dg.DagsterInstance.ephemeral(),
    tags={
        "dagster/asset_partition_range_start": "2026-11-03",
        "dagster/asset_partition_range_end": "2026-11-05",
    },
    run_config={"ops": {"collect_insights": {"config": {"clients": ["acme-outdoor"]}}}},
)
sys.exit(0 if result.success else 1)
"""

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


def python(warehouse: Warehouse, program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env=warehouse.command_environment({}),
        cwd=warehouse.home,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_the_lineage_reaches_from_the_api_to_every_mart(demo: Warehouse) -> None:
    found = json.loads(python(demo, PROGRAM).splitlines()[-1])
    parents = found["parents"]

    def ancestors(key: str) -> set[str]:
        above = set(parents[key])
        return above.union(*(ancestors(parent) for parent in above)) if above else above

    for name in ("insights", "conversions", "control_totals"):
        assert parents[f"meta_ads/{name}"] == ["meta/insights_api"]
        assert parents[f"staging/stg_meta_ads__{name}"] == [f"meta_ads/{name}"]
    marts = [key for key in parents if key.startswith("marts/") and key != "marts/publications"]
    assert len(marts) == 16
    for mart in marts:
        assert {"meta/insights_api", "meta_ads/insights", "meta_ads/conversions"} <= ancestors(mart)
    assert found["undescribed"] == []
    jobs = {"daily_refresh", "collect_only", "recover_failed", "build_only"}
    jobs |= {"refresh_current_month", "check_data_health"}
    assert jobs <= set(found["jobs"])
    # Neither the running month nor the health checks belong to the main job.
    assert found["steps"] == {
        "daily_refresh": ["build_marts", "collect_insights"],
        "collect_only": ["collect_insights"],
        "build_only": ["build_marts"],
    }
    assert found["schedules"] == {
        "refresh_current_month_hourly": ["20 * * * *", "refresh_current_month", "RUNNING"],
        "check_data_health_hourly": ["50 * * * *", "check_data_health", "RUNNING"],
    }
    assert found["sensors"].keys() == {
        "collect_owed_days",
        "alert_on_findings",
        "alert_on_run_failure",
        "note_run_success",
        "deliver_alerts",
    }
    assert set(found["sensors"].values()) == {"RUNNING"}
    assert found["asks for"] == ["daily_refresh", "build_only"]
    assert {
        "meta_ads/insights:batch_is_complete",
        "meta_ads/insights:expectations_hold",
        "meta_ads/insights:standing_data_hold",
        "meta_ads/control_totals:control_totals_agree",
        "audit/left_out_client_months:is_empty_left_out_client_months_",
        "marts/monthly_campaign_performance:assert_published_months_equal_their_days",
        "meta_ads/insights:no_split_data",
        "marts/monthly_client_summary:collected_data_are_published",
        "serving/current_month_cache:current_month_is_fresh",
    } <= set(found["checks"])


def test_a_range_of_partitions_is_collected_as_one_run(demo: Warehouse) -> None:
    python(demo, EXECUTE)
    days = demo.rows(
        "select distinct client_id, date_day::text from staging.control_totals order by 2"
    )
    assert days == [("acme-outdoor", f"2026-11-0{day}") for day in (3, 4, 5)]
    assert demo.value("select count(distinct run_id) from ops.batches") == 1


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
        assert "acme-outdoor 2026-11-13: not_split" in reasons["control_totals_agree"]
        assert "nordlicht-living 2026-11-13: formats" in reasons["expectations_hold"]
        assert "zielona-kuchnia 2026-11-12..2026-11-14: failed" in reasons["batch_is_complete"]
        page = Path(urlparse(checks["expectations_hold"][1]["data_docs"]).path)
        assert "not_split" in page.read_text("utf-8")

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
    assert found["reasons"][0].startswith("acme-outdoor 2026-11-13: standing_data_vanished: ")
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
    assert notes[0].startswith("acme-outdoor 2026-11-13: not_split")
    assert {status for status, *_ in by_name.values()} == {"pass", "warning", "fail"}
    for status, passed, severity, *_ in by_name.values():
        assert passed == (status == "pass")
        assert severity == ("ERROR" if status == "fail" else "WARN")
    statuses = [found["status"] for name, found in answer["checks"].items() if name != "warehouse"]
    assert sorted(statuses) == sorted(status for status, *_ in by_name.values())


def test_a_build_that_fails_says_why_in_the_ledger_and_in_the_list_until_one_succeeds(
    demo: Warehouse,
) -> None:
    demo.execute("alter table staging.insights rename column spend to spent")
    failed = demo.run("build")
    assert failed.returncode == 4, failed.stderr
    reason = demo.value("select reason from ops.builds where state = 'failed'")
    assert 'column "spend" does not exist' in reason
    assert "\n" not in reason
    run_id = demo.value("select run_id from ops.run_failures where job = 'build_only'")
    listed = demo.run("recover", "--list")
    assert listed.returncode == 1
    assert f"build-1: failed: {reason}" in listed.stdout
    assert f"run-{run_id}: MetaAdsError: The build failed, nothing was published." in listed.stdout
    assert listed.stdout.count("    meta-ads build\n") == 2
    lines = (demo.home / "logs" / "recovery.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["entry"] for line in lines] == ["build-1", f"run-{run_id}"]

    demo.execute("alter table staging.insights rename column spent to spend")
    assert demo.run("build").returncode == 0
    mended = demo.run("recover", "--list", "--json")
    assert (mended.returncode, json.loads(mended.stdout)) == (0, {"open": []})
