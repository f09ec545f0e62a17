"""Conversions are counted once, by the client's own choice; what is not counted is visible."""

from conversions import DAY, MONTHLY, SECOND, put
from databases import Warehouse
from dbt_runs import Dbt
from factories import campaign, purchases, put_day


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
