"""Months become final; a later change of one is published and recorded as a reopening."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from databases import Warehouse
from dbt_runs import Dbt
from factories import campaign, days, purchases, put_day, put_month
from findings import FINAL_MONTH, FIRST, LAST_DUE, SUMMARY, checks


def test_months_are_open_then_provisional_then_final(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    put_month(warehouse, client, FINAL_MONTH, campaign("c1"))
    october = days(date(2026, 10, 1), date(2026, 10, 31))
    put_month(warehouse, client, october, campaign("c1"))
    put_month(warehouse, client, days(FIRST, LAST_DUE), campaign("c1"))
    assert dbt.build().exit_code == 0
    states = f"select month, month_state from {SUMMARY} order by 1"
    assert [row[1] for row in warehouse.rows(states)] == ["final", "provisional", "open"]
    # A day that is missing was not read for the last time either.
    warehouse.execute("delete from ops.slice_state where date_day = '2026-09-12'")
    assert [row[1] for row in warehouse.rows(states)] == ["provisional", "provisional", "open"]


@pytest.fixture
def final_month(warehouse: Warehouse, dbt: Dbt, client: str) -> str:
    """September is final and published."""
    put_month(warehouse, client, FINAL_MONTH, campaign("c1", **purchases(2)))
    assert dbt.build().exit_code == 0
    assert warehouse.value("select ops.is_final('acme', '2026-09-01')") is True
    return client


def change_after_final(warehouse: Warehouse, client_id: str, *campaigns: Any) -> None:
    """A re-read of the 3rd of September brings something else, as promotion notes it."""
    put_day(warehouse, client_id, FINAL_MONTH[2], *campaigns)
    warehouse.execute("update ops.client_months set was_final = true where month = '2026-09-01'")


def test_a_change_to_a_final_month_is_published_and_recorded_as_a_reopening(
    warehouse: Warehouse, dbt: Dbt, final_month: str
) -> None:
    change_after_final(warehouse, final_month, campaign("c1", **purchases(5)))
    assert dbt.build().exit_code == 0
    assert checks(warehouse) == [("final_month_changed", "high")]
    assert warehouse.value(f"select conversions from {SUMMARY}") == 63
    latest = warehouse.value("select max(publication_id) from ops.publications")
    assert warehouse.rows(
        "select publication_id, client_id, month, changes from ops.reopenings"
    ) == [
        (
            latest,
            final_month,
            FINAL_MONTH[0],
            "conversion_value: 600 became 630; conversions: 60 became 63",
        )
    ]
    # Told once: the next change of the same month is not one of a final month until it is.
    assert warehouse.value("select bool_or(was_final) from ops.client_months") is False


def test_a_change_within_the_tolerance_reopens_nothing(
    warehouse: Warehouse, dbt: Dbt, final_month: str
) -> None:
    row = campaign("c1", **purchases(2), spend=Decimal("10.01"))
    change_after_final(warehouse, final_month, row)
    assert dbt.build().exit_code == 0
    assert warehouse.value(f"select spend from {SUMMARY}") == Decimal("300.01")
    assert checks(warehouse) == []
    assert warehouse.value("select count(*) from ops.reopenings") == 0


def test_a_final_month_that_other_rules_change_is_a_reopening_too(
    warehouse: Warehouse, dbt: Dbt, final_month: str
) -> None:
    warehouse.execute("update ops.clients set conversion_families = '{lead}'")
    assert dbt.build("--full-refresh").exit_code == 0
    assert warehouse.value(f"select conversions from {SUMMARY}") == 0
    assert warehouse.value(f"select purchases from {SUMMARY}") == 60
    assert ("final_month_changed", "high") in checks(warehouse)
    assert warehouse.value("select count(*) from ops.reopenings") == 1


def test_a_client_month_left_out_is_told_as_a_reopening_once_it_is_published(
    warehouse: Warehouse, dbt: Dbt, final_month: str
) -> None:
    change_after_final(warehouse, final_month, campaign("c1", currency="USD"), campaign("c2"))
    dbt.build()
    assert warehouse.value("select count(*) from ops.reopenings") == 0
    put_day(warehouse, final_month, FINAL_MONTH[2], campaign("c1", **purchases(9)))
    assert dbt.build().exit_code == 0
    assert warehouse.value("select count(*) from ops.reopenings") == 1
