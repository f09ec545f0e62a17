"""Conversions are counted once, by the client's own choice; what is not counted is visible.

Each test asks about a client of its own; one build judges them all.
"""

from collections.abc import Callable
from typing import Any

import pytest
from conversions import DAY, MONTHLY, SECOND, put
from databases import Warehouse
from dbt_runs import Dbt, Once
from factories import add_client, campaign, purchases, put_day

SHARED = "catalog_segment.omni_purchase"
NOTHING = {"actions": {"link_click": 40}, "values": {}}


def put_several_names_of_a_day(warehouse: Warehouse, client: str) -> None:
    put(warehouse, client, purchase=3, omni_purchase=4, onsite_web_purchase=3, lead=2)


def put_other_names_each_day(warehouse: Warehouse, client: str) -> None:
    put(warehouse, client, purchase={"value": 3, "7d_click": 2})
    put_day(
        warehouse,
        client,
        SECOND,
        campaign("c1", actions={"purchase": 1}, values={}),
        campaign("c2", actions={"purchase": 5, "omni_purchase": {"value": 6, "7d_click": 4}}),
    )


def put_two_names(warehouse: Warehouse, client: str) -> None:
    put(warehouse, client, purchase=3)
    row = campaign("c1", actions={"purchase": 5, "omni_purchase": 5, "lead": 1}, values={})
    put_day(warehouse, client, SECOND, row)


def put_a_name_that_only_the_account_has(warehouse: Warehouse, client: str) -> None:
    account = {"actions": {"omni_purchase": 5, "purchase": 5}, "values": {}}
    row = campaign("c1", actions={"purchase": 5}, values={})
    put_day(warehouse, client, DAY, row, account=account)


def put_value_that_only_the_account_has(warehouse: Warehouse, client: str) -> None:
    row = campaign("c1", **purchases(3, value=30))
    account = {"actions": {"omni_purchase": 3}, "values": {"omni_purchase": 45}}
    put_day(warehouse, client, DAY, row, account=account)


def put_totals_without_conversions(warehouse: Warehouse, client: str) -> None:
    put_day(warehouse, client, DAY, campaign("c1", **purchases(3)), account=NOTHING)
    put_day(warehouse, client, SECOND, campaign("c1"), account=NOTHING)


def put_shared_items(warehouse: Warehouse, client: str) -> None:
    put(warehouse, client, **{SHARED: 5})
    row = campaign("c1", actions={SHARED: 4, "omni_purchase": 6}, values={})
    put_day(warehouse, client, SECOND, row)


def put_a_value_without_a_count(warehouse: Warehouse, client: str) -> None:
    row = campaign("c1", actions={}, values={"omni_purchase": 30})
    put_day(warehouse, client, DAY, row)


def put_windows(warehouse: Warehouse, client: str) -> None:
    put(warehouse, client, omni_purchase={"value": 4, "1d_click": 1, "7d_click": 3})


CLIENTS: dict[str, Callable[[Warehouse, str], None]] = {
    "several": put_several_names_of_a_day,
    "other": put_other_names_each_day,
    "two": put_two_names,
    "account": put_a_name_that_only_the_account_has,
    "value": put_value_that_only_the_account_has,
    "totals": put_totals_without_conversions,
    "shared": put_shared_items,
    "uncounted": put_a_value_without_a_count,
    "windows": put_windows,
}


@pytest.fixture
def families(warehouse: Warehouse, dbt: Dbt, once: Once) -> Any:
    """All of the clients, built together."""

    def make() -> None:
        for client, put_days in CLIENTS.items():
            add_client(warehouse, client)
            put_days(warehouse, client)
        assert dbt.build().exit_code == 0

    once("families_built", make)
    return warehouse


def test_names_of_one_event_are_counted_once_by_precedence(families: Warehouse) -> None:
    assert families.rows(MONTHLY, ["several"]) == [
        ("lead", "lead", True, 2),
        ("purchase", "omni_purchase", True, 4),
    ]
    assert conversions_of(families, "several") == 6


def test_a_month_is_the_sum_of_its_days_whatever_each_of_them_names_the_event(
    families: Warehouse,
) -> None:
    both = "omni_purchase, purchase"
    assert families.rows(MONTHLY + ", campaign_id", ["other"]) == [
        ("purchase", both, True, 3),
        ("purchase", both, True, 6),
    ]
    assert families.rows(
        "select campaign_id, conversions from marts.monthly_conversion_metrics "
        "where attribution_window = '7d_click' and client_id = 'other' order by 1"
    ) == [("c1", 2), ("c2", 4)]
    days = "select sum(conversions), sum(purchases) from marts.daily_{}_performance "
    days += "where client_id = 'other'"
    assert families.rows(days.format("campaign")) == [(9, 9)]
    assert families.rows(days.format("account")) == [(9, 9)]
    assert conversions_of(families, "other") == 9


def test_a_month_of_two_names_says_on_which_days_it_counted_which(families: Warehouse) -> None:
    assert families.rows(
        "select severity, date_day, detail from audit.audit_findings "
        "where \"check\" = 'mixed_action_types' and client_id = 'two'"
    ) == [
        (
            "warning",
            None,
            "purchase is counted under several names: omni_purchase on 2026-11-02; "
            "purchase on 2026-11-01",
        )
    ]
    assert families.rows(
        "select action_type, is_counted from marts.monthly_action_metrics "
        "where client_id = 'two' order by 1"
    ) == [("lead", True), ("omni_purchase", True), ("purchase", True)]


def test_what_the_account_names_decides_for_its_campaigns_too(families: Warehouse) -> None:
    """Its campaigns came without what it has, so the day is a split and not another metric."""
    assert left_out_of(families, "account") == "split"


def test_value_that_the_account_has_and_its_campaigns_lack_is_a_split(families: Warehouse) -> None:
    assert left_out_of(families, "value") == "split"
    assert families.rows(
        "select detail from audit.audit_findings "
        "where severity = 'blocking' and client_id = 'value'"
    ) == [
        (
            "purchase conversion_value: the account has 45, its campaigns only 30; "
            "collect the day again",
        )
    ]


def test_a_total_that_names_no_conversions_is_not_zero_where_its_campaigns_have_some(
    families: Warehouse,
) -> None:
    assert families.rows(
        "select conversions, purchases, leads, roas, conversions_null_reason "
        "from marts.daily_account_performance where client_id = 'totals' order by date_day"
    ) == [
        (None, None, None, None, "the account total names no conversions"),
        (0, 0, 0, 0, None),
    ]
    assert conversions_of(families, "totals") == 3


def test_shared_items_count_only_where_no_other_purchase_came(families: Warehouse) -> None:
    names = f"omni_purchase, {SHARED}"
    assert families.rows(MONTHLY, ["shared"]) == [("purchase", names, True, 11)]


def test_a_value_without_a_count_is_kept(families: Warehouse) -> None:
    assert families.rows(
        "select conversions, conversion_value, purchase_value "
        "from marts.monthly_campaign_performance where client_id = 'uncounted'"
    ) == [(0, 30, 30)]
    daily = "select purchase_value from marts.daily_campaign_performance where client_id = %s"
    assert families.rows(daily, ["uncounted"]) == [(30,)]


def test_windows_stand_beside_one_another_and_are_never_added(families: Warehouse) -> None:
    assert families.rows(
        "select attribution_window, conversions from marts.monthly_conversion_metrics "
        "where client_id = 'windows' order by 1"
    ) == [("1d_click", 1), ("7d_click", 3), ("default", 4)]
    assert conversions_of(families, "windows") == 4


def conversions_of(warehouse: Warehouse, client: str) -> Any:
    query = "select conversions from marts.monthly_client_summary where client_id = %s"
    return warehouse.value(query, [client])


def left_out_of(warehouse: Warehouse, client: str) -> Any:
    query = "select left_out from ops.build_client_months where client_id = %s"
    return warehouse.value(query, [client])
