"""The main job for all clients, from the API to the marts, through HTTP and SQL only."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from subprocess import CompletedProcess
from typing import Any

import pytest
from analysts import asked
from places import (
    DumpedTables,
    Place,
    dump_all,
    published,
    receipts_that_disagree,
    truth,
)
from preloaded.choice import from_nothing
from scenes import python

from orchestration.cli.session import DEMO_CLIENTS
from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.embedded.server import EmbeddedServer

MARTS = ("monthly_client_summary", "monthly_campaign_performance", "daily_campaign_performance")


@dataclass
class Runs:
    """A run in an empty warehouse, then everything collected and built again, with what stood."""

    warehouse: Any
    sandbox: SandboxProcess
    first: "CompletedProcess[str]"
    again: "CompletedProcess[str]"
    built_anew: "CompletedProcess[str]"
    after_first: DumpedTables
    after_all: DumpedTables


@pytest.fixture(scope="module")
def runs(
    server: EmbeddedServer,
    template: str,
    sandbox: SandboxProcess,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Runs]:
    environment = {"META_API_URL": sandbox.url, "META_ADS_CLIENTS": str(DEMO_CLIENTS)}
    home = tmp_path_factory.mktemp("main_job")
    with Place(server, template).warehouse(home, environment) as warehouse:
        with from_nothing():
            # The installed script and all that it starts, imported as for a user.
            first = warehouse.run("run", "--json")
        after_first = dump_all(warehouse)
        again = warehouse.run("run", "--since", "2026-10-01")
        built_anew = warehouse.run("build", "--full-refresh")
        after_all = dump_all(warehouse)
        yield Runs(warehouse, sandbox, first, again, built_anew, after_first, after_all)


def test_the_first_run_publishes_every_client_and_ends_healthy(runs: Runs) -> None:
    assert runs.first.returncode == 0, runs.first.stderr
    clients = runs.warehouse.value("select count(*) from ops.clients")
    found = runs.warehouse.rows(
        "select month, count(*) from marts.monthly_client_summary group by 1"
    )
    assert clients == 16
    assert {(str(month), count) for month, count in found} == {
        ("2026-10-01", 16),
        ("2026-11-01", 16),
    }


def test_json_is_one_document_on_stdout_and_nothing_else_anywhere(runs: Runs) -> None:
    document = json.loads(runs.first.stdout)
    assert document["troubles"] == []
    assert {month["client_id"] for month in document["months"]} == {
        row[0] for row in runs.warehouse.rows("select client_id from ops.clients")
    }
    assert document["run"]["publication_id"] == 1
    (as_of,) = runs.first.stderr.splitlines()
    assert as_of.startswith("As of 2026-11-")


@pytest.mark.parametrize("mart", MARTS)
@pytest.mark.parametrize("month", ["2026-10-01", "2026-11-01"])
def test_published_sums_are_the_accounts_own_to_the_cent(runs: Runs, mart: str, month: str) -> None:
    due = runs.warehouse.rows(
        "select client_id, ad_account_id, least(ops.latest_due_day(timezone_name), "
        "(%s::date + interval '1 month')::date - 1) from ops.clients",
        [month],
    )
    expected = {
        client_id: truth(runs.sandbox.url, account_id, month, str(until))
        for client_id, account_id, until in due
    }
    assert published(runs.warehouse, mart, month) == expected


def test_analysts_see_what_each_campaign_is_for_and_what_it_may_spend(runs: Runs) -> None:
    campaigns = "marts.dim_campaigns"
    found = asked(
        runs.warehouse,
        "select distinct objective, effective_status is not null as has_state, "
        f"daily_budget > 0 as has_budget from {campaigns}",
    )
    assert {row["objective"] for row in found} >= {"OUTCOME_SALES", "OUTCOME_LEADS"}
    assert {row["has_state"] for row in found} == {True}
    assert True in {row["has_budget"] for row in found}
    # The currency of the budgets is the one of what is spent.
    unlike = (
        f"select d.campaign_id from {campaigns} as d "
        "inner join marts.monthly_campaign_metrics as m using (client_id, campaign_id) "
        "where d.budget_currency is distinct from m.currency"
    )
    assert asked(runs.warehouse, unlike) == []


def test_receipts_and_slices_agree_with_what_is_staged(runs: Runs) -> None:
    assert runs.warehouse.value("select count(*) from ops.slice_state") == 16 * 2 * 45
    assert receipts_that_disagree(runs.warehouse) == []
    assert runs.warehouse.value("select count(*) from ops.batches where state <> 'kept'") == 0


def test_everything_collected_and_built_again_changes_nothing_and_says_so(runs: Runs) -> None:
    for done in (runs.again, runs.built_anew):
        assert done.returncode == 0, done.stderr
        assert "nothing was published" in done.stdout
        assert "Traceback" not in done.stderr
    assert runs.after_all == runs.after_first


def test_a_run_starts_dagster_and_dbt_only_where_there_is_something_to_do(runs: Runs) -> None:
    warehouse = runs.warehouse

    def started() -> tuple[int, int]:
        dagster_runs = warehouse.value("select count(*) from dagster_records.runs")
        return dagster_runs, warehouse.value("select count(*) from ops.builds")

    dagster_runs, builds = started()
    idle = warehouse.run("run")
    assert idle.returncode == 0, idle.stderr
    assert "0 rows in 0 calls; nothing had changed, so nothing was published." in idle.stdout
    assert started() == (dagster_runs, builds)

    read_again = warehouse.run("run", "--client", "acme-outdoor", "--since", "2026-11-12")
    assert read_again.returncode == 0, read_again.stderr
    assert started() == (dagster_runs + 1, builds)

    warehouse.execute("update ops.builds set project_digest = 'the project of yesterday'")
    upgraded = warehouse.run("run")
    assert upgraded.returncode == 0, upgraded.stderr
    assert started() == (dagster_runs + 2, builds + 1)


def test_the_running_month_is_what_is_published_and_today_so_far(runs: Runs) -> None:
    before = dump_all(runs.warehouse)
    refreshed = runs.warehouse.run("refresh")
    assert refreshed.returncode == 0, refreshed.stderr
    assert "16 clients refreshed in 32 calls." in refreshed.stdout
    today = runs.warehouse.rows(
        "select client_id, ad_account_id, ops.local_day(timezone_name) from ops.clients"
    )
    expected = {
        client_id: truth(runs.sandbox.url, account_id, "2026-11-01", str(day))
        for client_id, account_id, day in today
    }
    names = ("spend", "impressions", "clicks", "link_clicks", "purchases", "purchase_value")
    found = runs.warehouse.rows(
        f"select client_id, {', '.join(names)}, publication_id, fresh_since - month, until "
        "from serving.current_month_cache"
    )
    assert {row[0]: dict(zip(names, row[1:7], strict=True)) for row in found} == {
        client_id: {name: figures[name] for name in names}
        for client_id, figures in expected.items()
    }
    # Only the days after the published ones were asked for.
    assert all(row[7] == 1 and row[8] >= 13 for row in found)
    assert dump_all(runs.warehouse) == before


CHECK_MARTS = """
import json
import dagster as dg
from orchestration.definitions import defs
result = defs.resolve_job_def("check_marts_thoroughly").execute_in_process(
    instance=dg.DagsterInstance.ephemeral(), raise_on_error=False
)
print(json.dumps({
    "success": result.success,
    "checks": {e.check_name: e.passed for e in result.get_asset_check_evaluations()},
}))
"""


def test_the_tests_of_whole_marts_are_checks_with_a_job_that_fails_with_them(runs: Runs) -> None:
    sound = json.loads(python(runs.warehouse, CHECK_MARTS).splitlines()[-1])
    assert sound["success"]
    assert len(sound["checks"]) > 150
    assert all(sound["checks"].values())
    with runs.warehouse.connect() as connection:
        connection.execute("select ops.begin_publishing()")
        connection.execute(
            "update published.daily_campaign_performance set spend = spend + 1 "
            "where client_id = 'acme-outdoor' and date_day = '2026-11-03'"
        )
    broken = json.loads(python(runs.warehouse, CHECK_MARTS).splitlines()[-1])
    assert not broken["success"]
    failed = [name for name, passed in broken["checks"].items() if not passed]
    assert failed == ["assert_published_months_equal_their_days"]
    assert len(broken["checks"]) == len(sound["checks"])
