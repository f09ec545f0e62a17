"""What is odd and not wrong is published; where somebody should know of it, it is a finding."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from client_months import SOUND, published_days
from databases import Warehouse
from dbt_runs import Dbt, Once
from factories import add_client, campaign, days, put_day, put_month
from three_days import FIRST, SECOND

TOTALS: dict[str, dict[str, Any]] = {
    "a-little-above": {"spend": Decimal("20.31")},
    "at-the-limit": {"spend": Decimal("20.32")},
    "below": {"spend": Decimal("10.00")},
    "few-impressions": {"impressions": 1031},
}
"""Totals of an account whose campaigns spent 20.01 and had 1000 impressions."""
ACCOUNTS: dict[str, tuple[Any, Any]] = {
    "fewer-conversions": (SOUND, {"actions": {}, "values": {}}),
    "no-conversions": (
        campaign("c1"),
        {"actions": {"link_click": 40, "landing_page_view": 30}, "values": {}},
    ),
}
"""Campaigns, and what the account says of their conversions."""
FINDINGS = 'select distinct "check", severity, date_day, detail from audit.audit_findings '
FINDINGS += "where client_id = %s order by date_day"


@pytest.fixture
def built(warehouse: Warehouse, dbt: Dbt, once: Once) -> Any:
    """A client for each oddity, built together: no test is red."""

    def make() -> None:
        for client_id in (*TOTALS, *ACCOUNTS, "gap", "empty"):
            add_client(warehouse, client_id)
        for client_id, totals in TOTALS.items():
            row = campaign("c1", spend=Decimal("20.01"))
            put_day(warehouse, client_id, FIRST, row, totals=totals)
        for client_id, (row, account) in ACCOUNTS.items():
            put_day(warehouse, client_id, FIRST, row, account=account)
        put_day(warehouse, "gap", FIRST, SOUND)
        put_month(warehouse, "empty", days(FIRST, date(2026, 11, 14)), SOUND)
        put_day(warehouse, "empty", SECOND, state="empty")
        assert dbt.build_hourly().exit_code == 0

    once("harmless_findings_built", make)
    return warehouse


@pytest.mark.parametrize("client_id", TOTALS)
def test_a_total_within_the_tolerance_or_below_its_parts_holds_nothing_back(
    built: Warehouse, client_id: str
) -> None:
    assert (client_id, FIRST) in published_days(built)


def test_an_account_with_fewer_conversions_than_its_campaigns_holds_nothing_back(
    built: Warehouse,
) -> None:
    assert ("fewer-conversions", FIRST) in published_days(built)


def test_families_that_are_no_conversions_never_split(built: Warehouse) -> None:
    assert ("no-conversions", FIRST) in published_days(built)


def test_a_gap_alone_is_published_and_told(built: Warehouse) -> None:
    assert ("gap", FIRST) in published_days(built)
    told = [row[:2] + row[3:] for row in built.rows(FINDINGS, ["gap"])]
    assert set(told) == {("gap", "warning", "not received: never asked")}
    assert built.rows(
        "select is_complete, days_owed, days_received, missing_days[1] "
        "from marts.monthly_client_summary where client_id = 'gap'"
    ) == [(False, 14, 1, SECOND)]


def test_an_empty_day_between_days_of_delivery_is_told_and_counts_as_zero(built: Warehouse) -> None:
    told = [row[:3] for row in built.rows(FINDINGS, ["empty"])]
    assert told == [("suspected_gap", "warning", SECOND)]
    complete = "select is_complete from marts.monthly_client_summary where client_id = 'empty'"
    assert built.value(complete) is True
