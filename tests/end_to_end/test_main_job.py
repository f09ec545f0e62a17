"""The main job for all clients, from the API to the marts, through HTTP and SQL only."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from subprocess import CompletedProcess
from typing import Any

import pytest
from places import (
    DumpedTables,
    Place,
    dump_all,
    published,
    receipts_that_disagree,
    truth,
)

from orchestration.cli.session import DEMO_CLIENTS
from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.embedded.server import EmbeddedServer

MARTS = ("monthly_client_summary", "monthly_campaign_performance", "daily_campaign_performance")


@dataclass
class TwoRuns:
    """A run in an empty warehouse and the next one, with what stood after each."""

    warehouse: Any
    sandbox: SandboxProcess
    first: "CompletedProcess[str]"
    second: "CompletedProcess[str]"
    after_first: DumpedTables
    after_second: DumpedTables


@pytest.fixture(scope="module")
def runs(
    server: EmbeddedServer,
    template: str,
    sandbox: SandboxProcess,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[TwoRuns]:
    environment = {"META_API_URL": sandbox.url, "META_ADS_CLIENTS": str(DEMO_CLIENTS)}
    home = tmp_path_factory.mktemp("main_job")
    with Place(server, template).warehouse(home, environment) as warehouse:
        first = warehouse.run("run", "--json")
        after_first = dump_all(warehouse)
        second = warehouse.run("run")
        yield TwoRuns(warehouse, sandbox, first, second, after_first, dump_all(warehouse))


def test_the_first_run_publishes_every_client_and_ends_healthy(runs: TwoRuns) -> None:
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


def test_json_is_one_document_on_stdout_and_nothing_else_anywhere(runs: TwoRuns) -> None:
    document = json.loads(runs.first.stdout)
    assert document["troubles"] == []
    assert {month["client_id"] for month in document["months"]} == {
        row[0] for row in runs.warehouse.rows("select client_id from ops.clients")
    }
    assert document["run"]["publication_id"] == 1
    assert runs.first.stderr == ""


@pytest.mark.parametrize("mart", MARTS)
@pytest.mark.parametrize("month", ["2026-10-01", "2026-11-01"])
def test_published_sums_are_the_accounts_own_to_the_cent(
    runs: TwoRuns, mart: str, month: str
) -> None:
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


def test_receipts_and_slices_agree_with_what_is_staged(runs: TwoRuns) -> None:
    assert runs.warehouse.value("select count(*) from ops.slice_state") == 16 * 2 * 45
    assert receipts_that_disagree(runs.warehouse) == []
    assert runs.warehouse.value("select count(*) from ops.batches where state <> 'kept'") == 0


def test_a_second_run_changes_nothing_and_says_so(runs: TwoRuns) -> None:
    assert runs.second.returncode == 0, runs.second.stderr
    assert "nothing was published" in runs.second.stdout
    assert runs.after_second == runs.after_first
    assert "Traceback" not in runs.second.stderr


def test_the_running_month_is_what_is_published_and_today_so_far(runs: TwoRuns) -> None:
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
