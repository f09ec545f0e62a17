"""The code location: what the Dagster UI shows, loaded as Dagster loads it."""

import json

from databases import Warehouse
from scenes import python

PROGRAM = """
import json
from orchestration.definitions import defs
graph = defs.resolve_asset_graph()
print(json.dumps({
    "parents": {
        key.to_user_string(): [parent.to_user_string() for parent in graph.get(key).parent_keys]
        for key in graph.get_all_asset_keys()
    },
    "groups": sorted({graph.get(key).group_name for key in graph.get_all_asset_keys()}),
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
    # No line leads to what another line leads to anyway, and none is missing that a reader needs.
    for key, of_key in parents.items():
        assert not [p for p in of_key for other in of_key if p in ancestors(other)], key
    upstream = ancestors("marts/monthly_client_summary")
    assert {"audit/publication", "audit/audit_findings", "ops/clients"} <= upstream
    assert {*found["groups"]} == {
        *("ingestion", "ledger", "seeds", "staging", "intermediate", "candidate", "audit"),
        *("publication", "marts", "serving"),
    }
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
        "check_marts_weekly": ["10 3 * * 0", "check_marts_thoroughly", "RUNNING"],
    }
    assert found["sensors"].keys() == {
        "collect_owed_days",
        "mark_collected_days",
        "alert_on_findings",
        "alert_on_run_failure",
        "note_run_success",
        "deliver_alerts",
        "delete_old_records",
    }
    assert set(found["sensors"].values()) == {"RUNNING"}
    assert found["asks for"] == ["daily_refresh", "collect_only", "build_only"]
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
