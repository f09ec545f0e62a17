"""A build publishes what staging holds, and only what changed."""

from datetime import date
from typing import Any

import pytest
from databases import Warehouse
from dbt_runs import Dbt, Once
from factories import campaign, days, purchases, put_day, put_month
from mart_rows import EVERY, MARTS, rows_with_xmin
from three_days import FIRST, MONTH, SECOND, THIRD


@pytest.fixture
def changed(warehouse: Warehouse, dbt: Dbt, two_clients: None, once: Once) -> Any:
    """A day of acme has more purchases; what was there before, with the first publication."""
    before = rows_with_xmin(warehouse)

    def make() -> None:
        put_day(warehouse, "acme", SECOND, campaign("c1", **purchases(5)), levels=EVERY)
        assert dbt.build().exit_code == 0

    once("publication_changed", make)
    return before


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
    warehouse: Warehouse, changed: Any
) -> None:
    before, after = changed, rows_with_xmin(warehouse)
    first, second = (
        number
        for (number,) in warehouse.rows("select publication_id from ops.publications order by 1")
    )
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
    warehouse: Warehouse, changed: Any
) -> None:
    rows = warehouse.rows(
        "select mart, client_id, month, row_count, sums ->> 'spend' from ops.publication_manifest "
        "where client_id = 'borealis' order by mart"
    )
    assert rows == [
        ("client_months", "borealis", MONTH, 1, None),
        ("daily_account_performance", "borealis", MONTH, 3, "30.00"),
        ("daily_ad_performance", "borealis", MONTH, 3, "30.00"),
        ("daily_ad_set_performance", "borealis", MONTH, 3, "30.00"),
        ("daily_campaign_performance", "borealis", MONTH, 3, "30.00"),
        ("entity_names", "borealis", MONTH, 3, None),
        ("monthly_action_metrics", "borealis", MONTH, 1, None),
        ("monthly_campaign_metrics", "borealis", MONTH, 1, "30.00"),
        ("monthly_conversion_metrics", "borealis", MONTH, 1, None),
    ]
    assert warehouse.rows(
        "select distinct client_id from ops.publication_manifest where publication_id = "
        "(select max(publication_id) from ops.publications)"
    ) == [("acme",)]
    manifest = warehouse.value("select manifest from marts.publications order by 1 desc limit 1")
    assert {entry["mart"] for entry in manifest} <= set(MARTS)


def test_a_changed_number_carries_the_publication_that_changed_it(
    warehouse: Warehouse, changed: Any
) -> None:
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
