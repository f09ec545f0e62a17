"""Custom and unknown conversions: visible, counted where the client names their family.

Each test asks about a client of its own; one build judges them all, and one what changed since.
"""

from datetime import date
from typing import Any

import pytest
from client_months import LATEST_BUILD
from conversions import DAY, MONTHLY, SECOND, put
from databases import Warehouse
from dbt_runs import Dbt, Once
from factories import add_client, campaign, purchases, put_day

from orchestration.clients.model import Client
from orchestration.warehouse.ledger.clients import sync_clients

LEVELS = ("account", "campaign", "adset", "ad")
REASON = (
    "only custom conversions came, which no family names: custom_conversions in the clients file"
)
CUSTOM = "offsite_conversion.custom.77"
OF_CLIENT = "select {}, conversions, purchase_value, conversions_null_reason from marts.{} "
OF_CLIENT += "where client_id = '{}' order by 1"
PUBLISHED = "select month from marts.monthly_client_summary "
PUBLISHED += "where client_id = 'torn' and publication_id is not null"
IN_HAND = f"select client_id from ops.build_client_months where build_id = {LATEST_BUILD}"
CART = {"actions": {"omni_add_to_cart": 8}, "values": {}}
CLIENTS = ("visible", "nothing", "named", "none", "chooses", "leaves", "torn", "imported")
CHANGES: dict[str, dict[str, Any]] = {
    "named": {"custom_conversions": {"77": "lead"}},
    "chooses": {"conversion_families": ("add_to_cart",)},
    "torn": {"conversion_families": ("add_to_cart",)},
    "none": {"custom_conversions": {"77": "other"}},
}
"""What the clients file says of some, after the first build."""


def sync(warehouse: Warehouse) -> None:
    """The clients file as it is after the first build."""
    clients = [
        Client(
            client_id=client,
            name=client.title(),
            ad_account_id=f"act_{number}",
            **CHANGES.get(client, {}),
        )
        for number, client in enumerate(CLIENTS, 1)
    ]
    with warehouse.connect() as connection:
        sync_clients(connection, clients)


@pytest.fixture
def first(warehouse: Warehouse, dbt: Dbt, once: Once) -> Any:
    """All of the clients, built; none has chosen anything yet."""

    def make() -> None:
        for number, client in enumerate(CLIENTS, 1):
            add_client(warehouse, client, ad_account_id=f"act_{number}")
        more = {CUSTOM: 5, "brand_new_event": 7, "post_reaction": 2}
        put(warehouse, "visible", omni_purchase=1, **more)
        row = campaign("c1", actions={CUSTOM: 5}, values={})
        put_day(warehouse, "nothing", DAY, row, campaign("c2"), levels=LEVELS)
        put_day(warehouse, "nothing", SECOND, campaign("c1"))
        put(warehouse, "named", **{CUSTOM: 5})
        second = {CUSTOM: 4, "lead": 3, "offsite_conversion.custom.8": 9}
        put_day(warehouse, "named", SECOND, campaign("c1", actions=second, values={}))
        put(warehouse, "none", **{CUSTOM: 5})
        for client in ("chooses", "leaves"):
            put(warehouse, client, omni_purchase=3, omni_add_to_cart=8)
        put_day(warehouse, "torn", DAY, campaign("c1"), account=CART)
        put_day(warehouse, "imported", DAY, campaign("c1", actions={}, values={}))
        put_day(warehouse, "imported", SECOND, campaign("c2", **purchases(2)))
        warehouse.execute(
            "insert into ops.imports select distinct batch_id, 'old.csv', 'digest', false, 'me' "
            "from ops.slice_state where client_id = 'imported' and date_day = %s",
            [DAY],
        )
        assert dbt.build().exit_code == 0

    once("custom_conversions_first", make)
    return warehouse


@pytest.fixture
def second(first: Warehouse, dbt: Dbt, once: Once) -> Any:
    """Some have chosen, and some have other days."""

    def make() -> None:
        sync(first)
        put_day(first, "nothing", SECOND, campaign("c2", **purchases(2)))
        put_day(first, "torn", date(2026, 10, 1), campaign("c1"), account=CART)
        assert dbt.build().exit_code == 0

    once("custom_conversions_second", make)
    return first


def conversions_of(warehouse: Warehouse, client: str) -> Any:
    query = "select conversions from marts.monthly_client_summary where client_id = %s"
    return warehouse.value(query, [client])


def test_custom_and_unknown_types_are_kept_visible_and_never_counted(first: Warehouse) -> None:
    assert conversions_of(first, "visible") == 1
    assert first.rows(
        "select action_type, conversion_family, is_counted, actions "
        "from marts.monthly_action_metrics where client_id = 'visible' order by 1"
    ) == [
        ("brand_new_event", None, False, 7),
        ("offsite_conversion.custom.77", "other", False, 5),
        ("omni_purchase", "purchase", True, 1),
        ("post_reaction", "other", False, 2),
    ]


def test_a_month_of_nothing_but_custom_conversions_is_unknown_and_not_zero(
    first: Warehouse,
) -> None:
    monthly = OF_CLIENT.format("campaign_id", "monthly_campaign_performance", "nothing")
    assert first.rows(monthly) == [("c1", None, None, REASON), ("c2", 0, 0, None)]
    summary = OF_CLIENT.format("client_id", "monthly_client_summary", "nothing")
    assert first.rows(summary) == [("nothing", None, None, REASON)]
    for level in ("account", "ad_set", "ad"):
        daily = OF_CLIENT.format("date_day", f"daily_{level}_performance", "nothing")
        assert first.rows(f"{daily}, conversions nulls first")[0] == (DAY, None, None, REASON)
    campaigns = OF_CLIENT.format("date_day", "daily_campaign_performance", "nothing")
    assert first.rows(f"{campaigns}, campaign_id") == [
        (DAY, None, None, REASON),
        (DAY, 0, 0, None),
        (SECOND, 0, 0, None),
    ]


def test_where_the_month_counts_something_custom_conversions_come_on_top(second: Warehouse) -> None:
    """So that zero is zero."""
    summary = OF_CLIENT.format("client_id", "monthly_client_summary", "nothing")
    assert second.rows(summary) == [("nothing", 2, 20, None)]


def test_a_custom_conversion_counts_not_before_its_client_names_its_family(
    first: Warehouse,
) -> None:
    assert conversions_of(first, "named") == 3


def test_a_custom_conversion_counts_once_its_client_names_its_family(second: Warehouse) -> None:
    # On the second a reviewed name of the event came as well, and that one counts.
    assert second.rows(MONTHLY, ["named"]) == [("lead", f"lead, {CUSTOM}", True, 8)]
    assert second.rows(
        "select action_type, conversion_family, is_counted from marts.monthly_action_metrics "
        "where client_id = 'named' and action_type like 'offsite%' order by 1"
    ) == [(CUSTOM, "lead", True), ("offsite_conversion.custom.8", "other", False)]


def test_a_custom_conversion_that_is_none_by_its_clients_word_leaves_true_zeros(
    second: Warehouse,
) -> None:
    assert conversions_of(second, "none") == 0


def test_a_client_may_name_what_counts_for_it_and_all_its_months_follow(
    second: Warehouse, dbt: Dbt
) -> None:
    assert second.rows(
        "select client_id, conversions, purchases from marts.monthly_client_summary "
        "where client_id in ('chooses', 'leaves') order by 1"
    ) == [("chooses", 8, 3), ("leaves", 3, 3)]
    assert {client for (client,) in second.rows(IN_HAND)} == {*CHANGES, "nothing"}
    # What a build left out is in hand at each.
    sync(second)
    assert dbt.build().exit_code == 0
    assert {client for (client,) in second.rows(IN_HAND)} == {"torn"}


def test_a_split_in_a_family_that_the_client_does_not_count_holds_nothing_back(
    first: Warehouse,
) -> None:
    assert first.rows(PUBLISHED) == [(DAY,)]


def test_a_split_in_a_family_that_the_client_counts_holds_its_month_back(
    second: Warehouse,
) -> None:
    assert second.rows(PUBLISHED) == [(DAY,)]
    held = f"select left_out from ops.build_client_months where build_id = {LATEST_BUILD} "
    held += "and client_id = 'torn' and month = '2026-10-01'"
    assert second.rows(held) == [("split",)]


def test_conversions_that_an_imported_file_does_not_name_are_unknown_and_not_zero(
    first: Warehouse,
) -> None:
    monthly = OF_CLIENT.format("campaign_id", "monthly_campaign_performance", "imported")
    assert first.rows(monthly) == [
        ("c1", None, None, "1 days of delivery without a receipt of conversions"),
        ("c2", 2, 20, None),
    ]
    assert conversions_of(first, "imported") is None
