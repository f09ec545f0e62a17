"""Conversions are counted once, by the client's own choice; what is not counted is visible."""

from datetime import date
from typing import Any

import pytest
from factories import add_client, campaign, put_day

from orchestration.clients import Client
from orchestration.warehouse.ledger import sync_clients

DAY = date(2026, 11, 1)
MONTHLY = """
select conversion_family, action_type, is_conversion, conversions
from marts.monthly_conversion_metrics where attribution_window = 'default' order by 1
"""


@pytest.fixture
def client(warehouse: Any) -> str:
    return add_client(warehouse, "acme")


def put(warehouse: Any, **actions: Any) -> None:
    put_day(warehouse, "acme", DAY, campaign("c1", actions=actions, values={}))


def test_names_of_one_event_are_counted_once_by_precedence(warehouse, dbt, client) -> None:
    put(warehouse, purchase=3, omni_purchase=4, onsite_web_purchase=3, lead=2)
    assert dbt.build().exit_code == 0
    assert warehouse.rows(MONTHLY) == [
        ("lead", "lead", True, 2),
        ("purchase", "omni_purchase", True, 4),
    ]
    assert warehouse.value("select conversions from marts.monthly_client_summary") == 6


def test_one_member_is_chosen_for_the_whole_client_month(warehouse, dbt, client) -> None:
    put(warehouse, purchase=3)
    put_day(
        warehouse,
        "acme",
        date(2026, 11, 2),
        campaign("c2", actions={"purchase": 5, "omni_purchase": 5}, values={}),
    )
    assert dbt.build().exit_code == 0
    assert warehouse.rows(MONTHLY) == [("purchase", "omni_purchase", True, 5)]


def test_custom_and_unknown_types_are_kept_visible_and_never_counted(
    warehouse, dbt, client
) -> None:
    put(
        warehouse,
        omni_purchase=1,
        **{"offsite_conversion.custom.77": 5, "brand_new_event": 7, "post_reaction": 2},
    )
    assert dbt.build().exit_code == 0
    assert warehouse.value("select conversions from marts.monthly_client_summary") == 1
    assert warehouse.rows(
        "select action_type, conversion_family, is_counted, actions "
        "from marts.monthly_action_metrics order by 1"
    ) == [
        ("brand_new_event", None, False, 7),
        ("offsite_conversion.custom.77", "other", False, 5),
        ("omni_purchase", "purchase", True, 1),
        ("post_reaction", "other", False, 2),
    ]


def test_a_value_without_a_count_is_kept(warehouse, dbt, client) -> None:
    put_day(warehouse, "acme", DAY, campaign("c1", actions={}, values={"omni_purchase": 30}))
    assert dbt.build().exit_code == 0
    assert warehouse.rows(
        "select conversions, conversion_value, purchase_value "
        "from marts.monthly_campaign_performance"
    ) == [(0, 30, 30)]
    assert warehouse.value("select purchase_value from marts.daily_campaign_performance") == 30


def test_windows_stand_beside_one_another_and_are_never_added(warehouse, dbt, client) -> None:
    put(warehouse, omni_purchase={"value": 4, "1d_click": 1, "7d_click": 3})
    assert dbt.build().exit_code == 0
    assert warehouse.rows(
        "select attribution_window, conversions from marts.monthly_conversion_metrics order by 1"
    ) == [("1d_click", 1), ("7d_click", 3), ("default", 4)]
    assert warehouse.value("select conversions from marts.monthly_client_summary") == 4


def test_a_client_may_name_what_counts_for_it_and_all_its_months_follow(
    warehouse, dbt, client
) -> None:
    add_client(warehouse, "borealis")
    for client_id in ("acme", "borealis"):
        row = campaign("c1", actions={"omni_purchase": 3, "omni_add_to_cart": 8}, values={})
        put_day(warehouse, client_id, DAY, row)
    assert dbt.build().exit_code == 0
    entry = {"client_id": "acme", "name": "Acme", "ad_account_id": "act_1"}
    other = {"client_id": "borealis", "name": "Borealis", "ad_account_id": "act_2"}
    clients = [Client(**entry, conversion_families=("add_to_cart",)), Client(**other)]
    with warehouse.connect() as connection:
        sync_clients(connection, clients)
    assert dbt.build().exit_code == 0
    assert warehouse.rows(
        "select client_id, conversions, purchases from marts.monthly_client_summary order by 1"
    ) == [("acme", 8, 3), ("borealis", 3, 3)]
    latest = "(select max(build_id) from ops.builds)"
    in_hand = f"select client_id from ops.build_client_months where build_id = {latest}"
    assert warehouse.rows(in_hand) == [("acme",)]
    with warehouse.connect() as connection:
        sync_clients(connection, clients)
    assert dbt.build().exit_code == 0
    assert warehouse.rows(in_hand) == []


def test_a_split_in_a_family_that_the_client_counts_holds_its_month_back(
    warehouse, dbt, client
) -> None:
    account = {"actions": {"omni_add_to_cart": 8}, "values": {}}
    put_day(warehouse, "acme", DAY, campaign("c1"), account=account)
    assert dbt.build().exit_code == 0
    assert warehouse.value("select count(*) from marts.monthly_client_summary") == 1
    warehouse.execute("update ops.clients set conversion_families = '{add_to_cart}'")
    put_day(warehouse, "acme", date(2026, 10, 1), campaign("c1"), account=account)
    dbt.build()
    assert warehouse.value("select count(*) from marts.monthly_client_summary") == 1
    assert (
        warehouse.value("select left_out from ops.build_client_months where month = '2026-10-01'")
        == "split"
    )
