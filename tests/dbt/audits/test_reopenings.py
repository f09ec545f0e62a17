"""Months become final; a later change of one is published and recorded as a reopening.

Each test asks about a client of its own; three builds in turn judge them all.
"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from databases import Warehouse
from dbt_runs import Dbt, Once
from factories import add_client, campaign, days, purchases, put_day, put_month
from findings import FINAL_MONTH, FIRST, LAST_DUE, SUMMARY, checks

CLIENTS = ("changed", "tolerated", "other-rules", "wrong", "states")
REOPENINGS = "select publication_id, client_id, month, changes from ops.reopenings "
REOPENINGS += "where client_id = %s"


@pytest.fixture
def final(warehouse: Warehouse, dbt: Dbt, once: Once) -> Any:
    """September of each client is final and published; one has months that are not final, too."""

    def make() -> None:
        for client_id in CLIENTS:
            add_client(warehouse, client_id, owed_since=date(2026, 8, 1))
            put_month(warehouse, client_id, FINAL_MONTH, campaign("c1", **purchases(2)))
        october = days(date(2026, 10, 1), date(2026, 10, 31))
        put_month(warehouse, "states", [*october, *days(FIRST, LAST_DUE)], campaign("c1"))
        assert dbt.build().exit_code == 0

    once("reopenings_final", make)
    for client_id in CLIENTS:
        assert warehouse.value("select ops.is_final(%s, '2026-09-01')", [client_id]) is True
    return warehouse


def change_after_final(warehouse: Warehouse, client_id: str, *campaigns: Any) -> None:
    """A re-read of the 3rd of September brings something else, as promotion notes it."""
    put_day(warehouse, client_id, FINAL_MONTH[2], *campaigns)
    warehouse.execute(
        "update ops.client_months set was_final = true "
        "where client_id = %s and month = '2026-09-01'",
        [client_id],
    )


@pytest.fixture
def changed(final: Warehouse, dbt: Dbt, once: Once) -> Any:
    """A day of some was read anew."""

    def make() -> None:
        change_after_final(final, "changed", campaign("c1", **purchases(5)))
        row = campaign("c1", **purchases(2), spend=Decimal("10.01"))
        change_after_final(final, "tolerated", row)
        change_after_final(final, "wrong", campaign("c1", currency="USD"), campaign("c2"))
        assert dbt.build().exit_code == 0

    once("reopenings_changed", make)
    return final


@pytest.fixture
def built_anew(changed: Warehouse, dbt: Dbt, once: Once) -> Any:
    """One client counts something else, and what was wrong is mended."""

    def make() -> None:
        changed.execute(
            "update ops.clients set conversion_families = '{lead}' where client_id = 'other-rules'"
        )
        put_day(changed, "wrong", FINAL_MONTH[2], campaign("c1", **purchases(9)))
        assert dbt.build("--full-refresh").exit_code == 0

    once("reopenings_built_anew", make)
    return changed


def summary(warehouse: Warehouse, column: str, client_id: str) -> Any:
    return warehouse.value(f"select {column} from {SUMMARY} and client_id = %s", [client_id])


def test_months_are_open_then_provisional_then_final(final: Warehouse) -> None:
    states = f"select month, month_state from {SUMMARY} and client_id = 'states' order by 1"
    assert [row[1] for row in final.rows(states)] == ["final", "provisional", "open"]
    # A day that is missing was not read for the last time either.
    final.execute("delete from ops.slice_state where date_day = '2026-09-12'")
    assert [row[1] for row in final.rows(states)] == ["provisional", "provisional", "open"]


def test_a_change_to_a_final_month_is_published_and_recorded_as_a_reopening(
    changed: Warehouse,
) -> None:
    assert checks(changed, "changed") == [("final_month_changed", "high")]
    assert summary(changed, "conversions", "changed") == 63
    latest = changed.value("select max(publication_id) from ops.publications")
    changes = "conversion_value: 600 became 630; conversions: 60 became 63"
    assert changed.rows(REOPENINGS, ["changed"]) == [(latest, "changed", FINAL_MONTH[0], changes)]
    # Told once: the next change of the same month is not one of a final month until it is.
    was_final = "select bool_or(was_final) from ops.client_months where client_id = 'changed'"
    assert changed.value(was_final) is False


def test_a_change_within_the_tolerance_reopens_nothing(changed: Warehouse) -> None:
    assert summary(changed, "spend", "tolerated") == Decimal("300.01")
    assert checks(changed, "tolerated") == []
    assert changed.rows(REOPENINGS, ["tolerated"]) == []


def test_a_final_month_that_other_rules_change_is_a_reopening_too(built_anew: Warehouse) -> None:
    assert summary(built_anew, "conversions", "other-rules") == 0
    assert summary(built_anew, "purchases", "other-rules") == 60
    assert ("final_month_changed", "high") in checks(built_anew, "other-rules")
    assert len(built_anew.rows(REOPENINGS, ["other-rules"])) == 1


def test_a_client_month_left_out_is_no_reopening(changed: Warehouse) -> None:
    assert ("currency", "blocking") in checks(changed, "wrong")
    assert changed.rows(REOPENINGS, ["wrong"]) == []


def test_a_client_month_left_out_is_told_as_a_reopening_once_it_is_published(
    built_anew: Warehouse,
) -> None:
    assert len(built_anew.rows(REOPENINGS, ["wrong"])) == 1


def test_a_full_build_reopens_nothing_that_did_not_change(built_anew: Warehouse) -> None:
    reopened = "select client_id from ops.reopenings order by 1"
    assert built_anew.rows(reopened) == [("changed",), ("other-rules",), ("wrong",)]
