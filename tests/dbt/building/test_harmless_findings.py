"""What is odd and not wrong is published; where somebody should know of it, it is a finding."""

from datetime import date
from decimal import Decimal
from typing import Any

from client_months import SOUND, published_days
from databases import Warehouse
from dbt_runs import Dbt
from factories import add_client, campaign, days, put_day, put_month
from three_days import FIRST, SECOND


def test_a_total_within_the_tolerance_or_below_its_parts_holds_nothing_back(
    warehouse: Warehouse, dbt: Dbt
) -> None:
    totals: dict[str, tuple[dict[str, Any], bool]] = {
        "a-little-above": ({"spend": Decimal("20.31")}, True),
        "at-the-limit": ({"spend": Decimal("20.32")}, True),
        "below": ({"spend": Decimal("10.00")}, True),
        "few-impressions": ({"impressions": 1031}, True),
        "many-impressions": ({"impressions": 1100}, False),
    }
    for client_id, (total, _) in totals.items():
        add_client(warehouse, client_id)
        put_day(warehouse, client_id, FIRST, campaign("c1", spend=Decimal("20.01")), totals=total)
    dbt.build()
    assert published_days(warehouse) == sorted(
        (client_id, FIRST) for client_id, (_, is_published) in totals.items() if is_published
    )


def test_an_account_with_fewer_conversions_than_its_campaigns_holds_nothing_back(
    warehouse: Warehouse, dbt: Dbt
) -> None:
    add_client(warehouse, "acme")
    put_day(warehouse, "acme", FIRST, SOUND, account={"actions": {}, "values": {}})
    assert dbt.build().exit_code == 0
    assert published_days(warehouse) == [("acme", FIRST)]


def test_families_that_are_no_conversions_never_split(warehouse: Warehouse, dbt: Dbt) -> None:
    add_client(warehouse, "acme")
    account = {"actions": {"link_click": 40, "landing_page_view": 30}, "values": {}}
    put_day(warehouse, "acme", FIRST, campaign("c1"), account=account)
    assert dbt.build().exit_code == 0
    assert published_days(warehouse) == [("acme", FIRST)]


def test_a_gap_alone_is_published_and_told(
    warehouse: Warehouse, dbt: Dbt, clients: tuple[str, str]
) -> None:
    ended = dbt.build_hourly()
    assert ended.exit_code == 0
    assert published_days(warehouse) == [("acme", FIRST), ("borealis", FIRST)]
    rows = warehouse.rows('select distinct "check", severity, detail from audit.audit_findings')
    assert rows == [("gap", "warning", "not received: never asked")]
    assert warehouse.rows(
        "select is_complete, days_owed, days_received, missing_days[1] "
        "from marts.monthly_client_summary where client_id = 'acme'"
    ) == [(False, 14, 1, SECOND)]


def test_an_empty_day_between_days_of_delivery_is_told_and_counts_as_zero(
    warehouse: Warehouse, dbt: Dbt
) -> None:
    add_client(warehouse, "acme", owed_since=FIRST)
    put_month(warehouse, "acme", days(FIRST, date(2026, 11, 14)), SOUND)
    put_day(warehouse, "acme", SECOND, state="empty")
    assert dbt.build_hourly().exit_code == 0
    assert warehouse.rows('select "check", severity, date_day from audit.audit_findings') == [
        ("suspected_gap", "warning", SECOND)
    ]
    assert warehouse.value("select is_complete from marts.monthly_client_summary") is True
