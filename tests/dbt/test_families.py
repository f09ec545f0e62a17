"""Conversions are counted once, by the client's own choice; what is not counted is visible."""

from datetime import date
from typing import Any

import pytest
from databases import Warehouse
from dbt_runs import Dbt
from factories import add_client, campaign, purchases, put_day

from orchestration.clients.model import Client
from orchestration.warehouse.ledger.clients import sync_clients

DAY, SECOND = date(2026, 11, 1), date(2026, 11, 2)
LEVELS = ("account", "campaign", "adset", "ad")
MONTHLY = """
select conversion_family, action_type, is_conversion, conversions
from marts.monthly_conversion_metrics where attribution_window = 'default' order by 1
"""


@pytest.fixture
def client(warehouse: Warehouse) -> str:
    return add_client(warehouse, "acme")


def put(warehouse: Warehouse, **actions: Any) -> None:
    put_day(warehouse, "acme", DAY, campaign("c1", actions=actions, values={}))


def test_names_of_one_event_are_counted_once_by_precedence(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    put(warehouse, purchase=3, omni_purchase=4, onsite_web_purchase=3, lead=2)
    assert dbt.build().exit_code == 0
    assert warehouse.rows(MONTHLY) == [
        ("lead", "lead", True, 2),
        ("purchase", "omni_purchase", True, 4),
    ]
    assert warehouse.value("select conversions from marts.monthly_client_summary") == 6


def test_a_month_is_the_sum_of_its_days_whatever_each_of_them_names_the_event(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    put(warehouse, purchase={"value": 3, "7d_click": 2})
    put_day(
        warehouse,
        "acme",
        SECOND,
        campaign("c1", actions={"purchase": 1}, values={}),
        campaign("c2", actions={"purchase": 5, "omni_purchase": {"value": 6, "7d_click": 4}}),
    )
    assert dbt.build().exit_code == 0
    both = "omni_purchase, purchase"
    assert warehouse.rows(MONTHLY + ", campaign_id") == [
        ("purchase", both, True, 3),
        ("purchase", both, True, 6),
    ]
    assert warehouse.rows(
        "select campaign_id, conversions from marts.monthly_conversion_metrics "
        "where attribution_window = '7d_click' order by 1"
    ) == [("c1", 2), ("c2", 4)]
    days = "select sum(conversions), sum(purchases) from marts.daily_{}_performance"
    assert warehouse.rows(days.format("campaign")) == [(9, 9)]
    assert warehouse.rows(days.format("account")) == [(9, 9)]
    assert warehouse.value("select conversions from marts.monthly_client_summary") == 9


def test_a_month_of_two_names_says_on_which_days_it_counted_which(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    put(warehouse, purchase=3)
    row = campaign("c1", actions={"purchase": 5, "omni_purchase": 5, "lead": 1}, values={})
    put_day(warehouse, "acme", SECOND, row)
    assert dbt.build().exit_code == 0
    assert warehouse.rows(
        "select severity, date_day, detail from audit.audit_findings "
        "where \"check\" = 'mixed_action_types'"
    ) == [
        (
            "warning",
            None,
            "purchase is counted under several names: omni_purchase on 2026-11-02; "
            "purchase on 2026-11-01",
        )
    ]
    assert warehouse.rows(
        "select action_type, is_counted from marts.monthly_action_metrics order by 1"
    ) == [("lead", True), ("omni_purchase", True), ("purchase", True)]


def test_what_the_account_names_decides_for_its_campaigns_too(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    """Its campaigns came without what it has, so the day is a split and not another metric."""
    account = {"actions": {"omni_purchase": 5, "purchase": 5}, "values": {}}
    row = campaign("c1", actions={"purchase": 5}, values={})
    put_day(warehouse, "acme", DAY, row, account=account)
    dbt.build()
    assert warehouse.value("select left_out from ops.build_client_months") == "split"


def test_value_that_the_account_has_and_its_campaigns_lack_is_a_split(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    row = campaign("c1", **purchases(3, value=30))
    account = {"actions": {"omni_purchase": 3}, "values": {"omni_purchase": 45}}
    put_day(warehouse, "acme", DAY, row, account=account)
    dbt.build()
    assert warehouse.rows("select left_out from ops.build_client_months") == [("split",)]
    assert warehouse.rows(
        "select detail from audit.audit_findings where severity = 'blocking'"
    ) == [
        (
            "purchase conversion_value: the account has 45, its campaigns only 30; "
            "collect the day again",
        )
    ]


def test_custom_and_unknown_types_are_kept_visible_and_never_counted(
    warehouse: Warehouse, dbt: Dbt, client: str
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


def test_a_total_that_names_no_conversions_is_not_zero_where_its_campaigns_have_some(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    nothing = {"actions": {"link_click": 40}, "values": {}}
    put_day(warehouse, "acme", DAY, campaign("c1", **purchases(3)), account=nothing)
    put_day(warehouse, "acme", SECOND, campaign("c1"), account=nothing)
    assert dbt.build().exit_code == 0
    assert warehouse.rows(
        "select conversions, purchases, leads, roas, conversions_null_reason "
        "from marts.daily_account_performance order by date_day"
    ) == [
        (None, None, None, None, "the account total names no conversions"),
        (0, 0, 0, 0, None),
    ]
    assert warehouse.value("select conversions from marts.monthly_client_summary") == 3


REASON = (
    "only custom conversions came, which no family names: custom_conversions in the clients file"
)
CUSTOM = "offsite_conversion.custom.77"


def test_a_month_of_nothing_but_custom_conversions_is_unknown_and_not_zero(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    row = campaign("c1", actions={CUSTOM: 5}, values={})
    put_day(warehouse, "acme", DAY, row, campaign("c2"), levels=LEVELS)
    put_day(warehouse, "acme", SECOND, campaign("c1"))
    assert dbt.build().exit_code == 0
    of = "select {}, conversions, purchase_value, conversions_null_reason from marts.{} order by 1"
    assert warehouse.rows(of.format("campaign_id", "monthly_campaign_performance")) == [
        ("c1", None, None, REASON),
        ("c2", 0, 0, None),
    ]
    assert warehouse.rows(of.format("client_id", "monthly_client_summary")) == [
        ("acme", None, None, REASON)
    ]
    for level in ("account", "ad_set", "ad"):
        rows = warehouse.rows(of.format("date_day", f"daily_{level}_performance"))
        assert rows[0] == (DAY, None, None, REASON)
    campaigns = f"{of.format('date_day', 'daily_campaign_performance')}, campaign_id"
    assert warehouse.rows(campaigns) == [
        (DAY, None, None, REASON),
        (DAY, 0, 0, None),
        (SECOND, 0, 0, None),
    ]
    # The month counts something, so that the custom conversions come on top and zero is zero.
    put_day(warehouse, "acme", SECOND, campaign("c2", **purchases(2)))
    assert dbt.build().exit_code == 0
    assert warehouse.rows(of.format("client_id", "monthly_client_summary")) == [
        ("acme", 2, 20, None)
    ]


def test_a_custom_conversion_counts_once_its_client_names_its_family(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    put(warehouse, **{CUSTOM: 5})
    second = {CUSTOM: 4, "lead": 3, "offsite_conversion.custom.8": 9}
    put_day(warehouse, "acme", SECOND, campaign("c1", actions=second, values={}))
    assert dbt.build().exit_code == 0
    assert warehouse.value("select conversions from marts.monthly_client_summary") == 3
    entry = {"client_id": "acme", "name": "Acme", "ad_account_id": "act_1"}
    with warehouse.connect() as connection:
        sync_clients(connection, [Client(**entry, custom_conversions={"77": "lead"})])
    assert dbt.build().exit_code == 0
    # On the second a reviewed name of the event came as well, and that one counts.
    assert warehouse.rows(MONTHLY) == [("lead", f"lead, {CUSTOM}", True, 8)]
    assert warehouse.rows(
        "select action_type, conversion_family, is_counted from marts.monthly_action_metrics "
        "where action_type like 'offsite%' order by 1"
    ) == [(CUSTOM, "lead", True), ("offsite_conversion.custom.8", "other", False)]


def test_a_custom_conversion_that_is_none_by_its_clients_word_leaves_true_zeros(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    put(warehouse, **{CUSTOM: 5})
    warehouse.execute('update ops.clients set custom_conversions = \'{"77": "other"}\'')
    assert dbt.build().exit_code == 0
    assert warehouse.value("select conversions from marts.monthly_client_summary") == 0


def test_shared_items_count_only_where_no_other_purchase_came(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    shared = "catalog_segment.omni_purchase"
    put(warehouse, **{shared: 5})
    put_day(
        warehouse,
        "acme",
        SECOND,
        campaign("c1", actions={shared: 4, "omni_purchase": 6}, values={}),
    )
    assert dbt.build().exit_code == 0
    assert warehouse.rows(MONTHLY) == [("purchase", f"omni_purchase, {shared}", True, 11)]


def test_a_value_without_a_count_is_kept(warehouse: Warehouse, dbt: Dbt, client: str) -> None:
    put_day(warehouse, "acme", DAY, campaign("c1", actions={}, values={"omni_purchase": 30}))
    assert dbt.build().exit_code == 0
    assert warehouse.rows(
        "select conversions, conversion_value, purchase_value "
        "from marts.monthly_campaign_performance"
    ) == [(0, 30, 30)]
    assert warehouse.value("select purchase_value from marts.daily_campaign_performance") == 30


def test_windows_stand_beside_one_another_and_are_never_added(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    put(warehouse, omni_purchase={"value": 4, "1d_click": 1, "7d_click": 3})
    assert dbt.build().exit_code == 0
    assert warehouse.rows(
        "select attribution_window, conversions from marts.monthly_conversion_metrics order by 1"
    ) == [("1d_click", 1), ("7d_click", 3), ("default", 4)]
    assert warehouse.value("select conversions from marts.monthly_client_summary") == 4


def test_a_client_may_name_what_counts_for_it_and_all_its_months_follow(
    warehouse: Warehouse, dbt: Dbt, client: str
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
    warehouse: Warehouse, dbt: Dbt, client: str
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
