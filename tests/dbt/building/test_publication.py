"""A build publishes what staging holds: all of it or nothing, and only what changed."""

import os
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from databases import Warehouse
from dbt_runs import Dbt, Once
from factories import add_client, campaign, days, purchases, put_day, put_month

from orchestration.transformation.project import PROJECT_DIR, dbt_executable

MONTH = date(2026, 11, 1)
FIRST, SECOND, THIRD = days(MONTH, date(2026, 11, 3))
MARTS = (
    "client_months",
    "daily_account_performance",
    "daily_campaign_performance",
    "daily_ad_set_performance",
    "daily_ad_performance",
    "monthly_campaign_metrics",
    "monthly_conversion_metrics",
    "monthly_action_metrics",
    "entity_names",
)
FINER = ("campaign", "adset", "ad")
EVERY = ("account", *FINER)
TIMEOUT_SECONDS = 120


@pytest.fixture
def two_clients(warehouse: Warehouse, dbt: Dbt, once: Once) -> None:
    """Two clients with three days each at every level, published."""

    def make() -> None:
        for client_id in ("acme", "borealis"):
            add_client(warehouse, client_id, levels=list(FINER))
            put_month(
                warehouse,
                client_id,
                (FIRST, SECOND, THIRD),
                campaign("c1", **purchases(2)),
                levels=EVERY,
            )
        assert dbt.build().exit_code == 0

    once("publication_two_clients", make)


def rows_with_xmin(warehouse: Warehouse) -> dict[str, list[Any]]:
    """Every published row with the transaction that wrote it."""
    return {
        mart: sorted(
            map(
                str,
                warehouse.rows(f"select xmin::text, client_id, p::text from published.{mart} p"),
            )
        )
        for mart in MARTS
    }


def test_a_build_publishes_what_staging_holds(
    warehouse: Warehouse, dbt: Dbt, two_clients: None
) -> None:
    query = (
        "select client_id, campaigns, spend, impressions, clicks, conversions, conversion_value, "
        "days_received from marts.monthly_client_summary order by 1"
    )
    assert warehouse.rows(query) == [
        ("acme", 1, 30, 3000, 150, 6, 60, 3),
        ("borealis", 1, 30, 3000, 150, 6, 60, 3),
    ]
    assert warehouse.rows(
        "select client_id, campaign_id, count(*), sum(conversions), min(reach) "
        "from marts.daily_campaign_performance group by 1, 2 order by 1"
    ) == [("acme", "c1", 3, 6, 800), ("borealis", "c1", 3, 6, 800)]
    assert warehouse.value("select count(*) from marts.publications") == 1


def test_all_tests_of_the_project_pass_on_consistent_rows(
    warehouse: Warehouse, dbt: Dbt, two_clients: None
) -> None:
    put_month(warehouse, "acme", days(date(2026, 11, 4), date(2026, 11, 14)), campaign("c2"))
    put_month(warehouse, "borealis", days(FIRST, date(2026, 11, 14)), campaign("c3"))
    ended = dbt("build")
    assert ended.those("fail", "error", "skipped", "warn") == set()
    assert ended.exit_code == 0


def test_a_second_build_with_nothing_changed_publishes_nothing(
    warehouse: Warehouse, dbt: Dbt, two_clients: None
) -> None:
    before = rows_with_xmin(warehouse)
    assert dbt.build().exit_code == 0
    assert rows_with_xmin(warehouse) == before
    assert warehouse.value("select count(*) from ops.publications") == 1
    assert warehouse.value("select state from ops.builds order by build_id desc") == "unchanged"
    assert (
        warehouse.value(
            "select count(*) from ops.publication_manifest "
            "where publication_id > (select max(publication_id) from ops.publications)"
        )
        == 0
    )


def test_a_full_build_with_nothing_changed_touches_no_row(
    warehouse: Warehouse, dbt: Dbt, two_clients: None
) -> None:
    before = rows_with_xmin(warehouse)
    assert dbt.build("--full-refresh").exit_code == 0
    latest = "(select max(build_id) from ops.builds)"
    assert (
        warehouse.value(f"select count(*) from ops.build_client_months where build_id = {latest}")
        == 2
    )
    assert rows_with_xmin(warehouse) == before
    assert warehouse.value("select count(*) from ops.publications") == 1


def test_one_changed_client_day_rewrites_only_the_rows_that_changed(
    warehouse: Warehouse, dbt: Dbt, two_clients: None
) -> None:
    before = rows_with_xmin(warehouse)
    first = warehouse.value("select max(publication_id) from ops.publications")
    put_day(warehouse, "acme", SECOND, campaign("c1", **purchases(5)), levels=EVERY)
    assert dbt.build().exit_code == 0
    second = warehouse.value("select max(publication_id) from ops.publications")
    after = rows_with_xmin(warehouse)
    gone = {mart: len(set(before[mart]) - set(after[mart])) for mart in MARTS}
    new = {mart: len(set(after[mart]) - set(before[mart])) for mart in MARTS}
    # The month's delivery is the same: only the day and the month's purchases changed.
    assert (
        gone
        == new
        == {
            "client_months": 0,
            "daily_account_performance": 1,
            "daily_campaign_performance": 1,
            "daily_ad_set_performance": 1,
            "daily_ad_performance": 1,
            "monthly_campaign_metrics": 0,
            "monthly_conversion_metrics": 1,
            "monthly_action_metrics": 1,
            "entity_names": 0,
        }
    )
    assert [row for row in after["daily_campaign_performance"] if "borealis" in row] == [
        row for row in before["daily_campaign_performance"] if "borealis" in row
    ]
    assert warehouse.rows(
        "select client_id, date_day, conversions, publication_id, ended_publication_id "
        "from history.daily_campaign_performance"
    ) == [("acme", SECOND, 2, first, second)]
    assert warehouse.rows(
        "select conversions, publication_id, ended_publication_id "
        "from history.monthly_conversion_metrics"
    ) == [(6, first, second)]
    assert warehouse.rows(
        "select client_months, rows_inserted, rows_ended from ops.publications "
        "where publication_id = %s",
        [second],
    ) == [(1, 6, 6)]


def test_a_row_that_vanished_is_moved_to_history(
    warehouse: Warehouse, dbt: Dbt, two_clients: None
) -> None:
    put_day(warehouse, "acme", SECOND, state="empty")
    assert dbt.build().exit_code == 0
    assert warehouse.rows(
        "select date_day from marts.daily_campaign_performance where client_id = 'acme' order by 1"
    ) == [(FIRST,), (THIRD,)]
    assert warehouse.rows("select date_day, spend from history.daily_campaign_performance") == [
        (SECOND, 10)
    ]
    assert warehouse.value(
        "select empty_days from marts.client_month_states where client_id = 'acme'"
    ) == [SECOND]


def test_the_manifest_says_what_the_changed_client_months_held(
    warehouse: Warehouse, dbt: Dbt, two_clients: None
) -> None:
    rows = warehouse.rows(
        "select mart, client_id, month, row_count, sums ->> 'spend' from ops.publication_manifest "
        "where client_id = 'acme' order by mart"
    )
    assert rows == [
        ("client_months", "acme", MONTH, 1, None),
        ("daily_account_performance", "acme", MONTH, 3, "30.00"),
        ("daily_ad_performance", "acme", MONTH, 3, "30.00"),
        ("daily_ad_set_performance", "acme", MONTH, 3, "30.00"),
        ("daily_campaign_performance", "acme", MONTH, 3, "30.00"),
        ("entity_names", "acme", MONTH, 3, None),
        ("monthly_action_metrics", "acme", MONTH, 1, None),
        ("monthly_campaign_metrics", "acme", MONTH, 1, "30.00"),
        ("monthly_conversion_metrics", "acme", MONTH, 1, None),
    ]
    put_day(warehouse, "borealis", SECOND, campaign("c1", **purchases(9)))
    assert dbt.build().exit_code == 0
    assert warehouse.rows(
        "select distinct client_id from ops.publication_manifest where publication_id = "
        "(select max(publication_id) from ops.publications)"
    ) == [("borealis",)]
    manifest = warehouse.value("select manifest from marts.publications order by 1 desc limit 1")
    assert {entry["mart"] for entry in manifest} <= set(MARTS)


def test_a_changed_number_carries_the_publication_that_changed_it(
    warehouse: Warehouse, dbt: Dbt, two_clients: None
) -> None:
    put_day(warehouse, "acme", SECOND, campaign("c1", **purchases(5)))
    assert dbt.build().exit_code == 0
    latest = warehouse.value("select max(publication_id) from ops.publications")
    for mart in (
        "monthly_campaign_performance",
        "monthly_client_summary",
        "monthly_conversion_metrics",
        "daily_campaign_performance",
    ):
        query = f"select publication_id, sum(conversions) from marts.{mart} "
        query += "where client_id = 'acme' group by 1 order by 1 desc limit 1"
        assert warehouse.rows(query)[0][0] == latest


@pytest.mark.parametrize("mart", MARTS)
def test_an_error_in_any_mart_leaves_all_marts_as_they_were(
    warehouse: Warehouse, dbt: Dbt, two_clients: None, mart: str
) -> None:
    before = rows_with_xmin(warehouse)
    history = {name: warehouse.value(f"select count(*) from history.{name}") for name in MARTS}
    warehouse.execute(
        f"alter table published.{mart} add constraint refuses check (client_id <> 'acme') not valid"
    )
    for client_id in ("acme", "borealis"):
        put_day(
            warehouse,
            client_id,
            date(2026, 11, 4),
            campaign("c1", **purchases(7)),
            campaign("c2"),
            levels=EVERY,
        )
    ended = dbt.build_with_views()
    assert ended.exit_code == 1
    assert ended.those("error") == {"publication"}
    assert "refuses" in ended.messages["publication"]
    assert {n for n in ended.those("skipped") if n.startswith("monthly_")} != set()
    assert rows_with_xmin(warehouse) == before
    assert {n: warehouse.value(f"select count(*) from history.{n}") for n in MARTS} == history
    assert warehouse.value("select state from ops.builds order by build_id desc") == "failed"
    assert warehouse.value("select count(*) from ops.publications") == 1
    unpublished = "select count(*) from ops.client_months where published_version <> version"
    assert warehouse.value(unpublished) == 2
    warehouse.execute(f"alter table published.{mart} drop constraint refuses")
    assert dbt.build().exit_code == 0
    assert warehouse.value(unpublished) == 0


@pytest.fixture
def copied(tmp_path: Path, dbt: Dbt) -> Any:
    """dbt over a copy of the project that a test may break."""
    folder = tmp_path / "project"
    shutil.copytree(PROJECT_DIR, folder, ignore=shutil.ignore_patterns("target", "logs"))
    dbt.project, dbt.target = folder, tmp_path / "target"
    return dbt


@pytest.mark.parametrize(
    "line",
    [
        "a_new_purchase,purchase,1,true,true",
        "omni_purchase,purchase,99,true,true",
        "brand_new_event,brand_new_family,1,true,true",
        "a_new_purchase,purchase,,true,true",
        "a_new_purchase,purchase,99,,true",
    ],
    ids=["precedence twice", "type twice", "unknown family", "no precedence", "no flag"],
)
def test_a_broken_seed_skips_the_publication(
    warehouse: Warehouse, two_clients: None, copied: Dbt, line: str
) -> None:
    before = rows_with_xmin(warehouse)
    publications = warehouse.value("select count(*) from ops.publications")
    put_day(warehouse, "acme", SECOND, campaign("c1", **purchases(5)))
    with (copied.project / "seeds" / "conversion_families.csv").open("a") as seed:
        seed.write(line + "\n")
    ended = copied("build")
    assert ended.exit_code == 1
    assert len(ended.those("fail")) == 1
    assert {"publication", "int_build_client_months"} <= ended.those("skipped")
    assert rows_with_xmin(warehouse) == before
    assert warehouse.value("select count(*) from ops.publications") == publications
    assert warehouse.value("select count(*) from ops.builds where state = 'running'") == 0


def test_a_column_with_another_type_than_the_contract_skips_the_publication(
    warehouse: Warehouse, two_clients: None, copied: Dbt
) -> None:
    before = rows_with_xmin(warehouse)
    put_day(warehouse, "acme", SECOND, campaign("c1", **purchases(5)))
    model = copied.project / "models/candidate/monthly/candidate_monthly_campaign_metrics.sql"
    model.write_text(model.read_text().replace("sum(clicks)::bigint", "sum(clicks)"))
    ended = copied.build()
    assert ended.exit_code == 1
    assert ended.those("error") == {"candidate_monthly_campaign_metrics"}
    assert "publication" in ended.those("skipped")
    assert rows_with_xmin(warehouse) == before
    assert warehouse.value("select state from ops.builds order by build_id desc") == "failed"


def test_plain_dbt_ends_with_a_code_other_than_0_when_the_publication_fails(
    warehouse: Warehouse, dbt: Dbt, two_clients: None
) -> None:
    warehouse.execute(
        "alter table published.monthly_conversion_metrics "
        "add constraint refuses check (client_id <> 'acme') not valid"
    )
    put_day(warehouse, "acme", SECOND, campaign("c1", **purchases(5)))
    done = subprocess.run(
        [dbt_executable(), "build", "--project-dir", str(PROJECT_DIR)],
        env=os.environ | dbt.variables(),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "refuses" in done.stdout


def test_a_column_that_a_mart_gains_is_published_and_the_rest_stays(
    warehouse: Warehouse, two_clients: None, copied: Dbt
) -> None:
    folder = copied.project / "models/candidate/monthly"
    model = folder / "candidate_monthly_campaign_metrics.sql"
    model.write_text(
        model.read_text().replace(
            "sum(spend) as spend,",
            "min(reach) as least_reach,\n        sum(spend) as spend,",
        )
    )
    contract = folder / "candidate_monthly_campaign_metrics.yml"
    contract.write_text(
        contract.read_text().replace(
            "      - {name: days_without_receipt,",
            "      - {name: least_reach, data_type: bigint, description: The least.}\n"
            "      - {name: days_without_receipt,",
        )
    )
    assert copied.build("--full-refresh").exit_code == 0
    assert warehouse.rows(
        "select client_id, least_reach, spend from published.monthly_campaign_metrics order by 1"
    ) == [("acme", 800, 30), ("borealis", 800, 30)]
    assert warehouse.value("select count(*) from history.monthly_campaign_metrics") == 2


def test_the_publication_alone_is_refused(
    warehouse: Warehouse, dbt: Dbt, two_clients: None
) -> None:
    ended = dbt("run", "-s", "publication")
    assert ended.exit_code == 1
    assert "Not built in this run, so not published" in ended.messages["publication"]


def test_a_build_that_left_out_a_node_is_not_published(
    warehouse: Warehouse, dbt: Dbt, two_clients: None
) -> None:
    before = rows_with_xmin(warehouse)
    put_day(warehouse, "acme", SECOND, campaign("c1", **purchases(5)))
    ended = dbt("run", "-s", "+publication", "--exclude", "audit_findings")
    assert ended.exit_code == 1
    assert (
        "Not built in this run, so not published: audit_findings" in ended.messages["publication"]
    )
    assert rows_with_xmin(warehouse) == before
