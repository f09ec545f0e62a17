"""The code location: what the Dagster UI shows, loaded as Dagster loads it."""

import json
import subprocess
import sys
from typing import Any

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


def python(warehouse: Any, program: str) -> str:
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


def test_the_lineage_reaches_from_the_api_to_every_mart(demo: Any) -> None:
    found = json.loads(python(demo, PROGRAM).splitlines()[-1])
    parents = found["parents"]

    def ancestors(key: str) -> set[str]:
        above = set(parents[key])
        return above.union(*(ancestors(parent) for parent in above)) if above else above

    for name in ("insights", "conversions", "control_totals"):
        assert parents[f"meta_ads/{name}"] == ["meta/insights_api"]
        assert parents[f"staging/stg_meta_ads__{name}"] == [f"meta_ads/{name}"]
    marts = [key for key in parents if key.startswith("marts/") and key != "marts/publications"]
    assert len(marts) == 6
    for mart in marts:
        assert {"meta/insights_api", "meta_ads/insights", "meta_ads/conversions"} <= ancestors(mart)
    assert found["undescribed"] == []
    assert {"daily_refresh", "collect_only", "build_only"} <= set(found["jobs"])
    assert {
        "meta_ads/insights:batch_is_complete",
        "meta_ads/insights:expectations_hold",
        "meta_ads/control_totals:control_totals_agree",
        "audit/left_out_client_months:is_empty_left_out_client_months_",
        "marts/monthly_campaign_performance:assert_published_months_equal_their_days",
    } <= set(found["checks"])


def test_a_range_of_partitions_is_collected_as_one_run(demo: Any) -> None:
    python(demo, EXECUTE)
    days = demo.rows(
        "select distinct client_id, date_day::text from staging.control_totals order by 2"
    )
    assert days == [("acme-outdoor", f"2026-11-0{day}") for day in (3, 4, 5)]
    assert demo.value("select count(distinct run_id) from ops.batches") == 1
