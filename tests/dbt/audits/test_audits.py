"""What the audits find in the months in hand, how severe it is, and what becomes of the month.

Each test asks about clients of its own; three builds in turn judge them all.
"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from databases import Warehouse
from dbt_runs import Dbt, Once
from factories import add_client, campaign, days, purchases, put_day, put_month, touch_month
from findings import FINDINGS, FIRST, LAST_DUE, SUMMARY, checks

OCTOBER = days(date(2026, 10, 1), date(2026, 10, 31))
SETTLED = days(FIRST, date(2026, 11, 7))
LEVELS = ("account", "campaign", "adset", "ad")
RESTATED = {"half-as-much-again": (SETTLED, 3), "as-before": (SETTLED, 2), "young": ([LAST_DUE], 3)}
"""Clients with twenty purchases a day, the days that are read anew, and the tens that came then."""
CLIENTS = ("sound", "idle", "levels", "currency", "few", "gaps", "wrong", *RESTATED)


@pytest.fixture
def first(warehouse: Warehouse, dbt: Dbt, once: Once) -> Any:
    """All of the clients, built."""

    def make() -> None:
        for client_id in CLIENTS:
            add_client(warehouse, client_id, owed_since=date(2026, 8, 1))
        november = days(FIRST, LAST_DUE)
        put_month(warehouse, "sound", november, campaign("c1", **purchases(2)))
        nothing = {"spend": Decimal(0), "impressions": 0, "clicks": 0, "link_clicks": 0, "reach": 0}
        put_day(warehouse, "idle", FIRST, campaign("c1", **nothing, **purchases(2)))
        put_month(warehouse, "levels", november, campaign("c1"), levels=LEVELS)
        put_month(warehouse, "currency", OCTOBER, campaign("c1"))
        for month in (8, 9, 10):
            whole = days(date(2026, month, 1), date(2026, month, 30))
            put_month(warehouse, "few", whole, campaign("c1", **purchases(2)))
        for day in (OCTOBER[0], OCTOBER[2]):
            put_day(warehouse, "gaps", day, campaign("c1"), campaign("c2"))
        put_day(warehouse, "gaps", OCTOBER[4], campaign("c1"))
        put_day(warehouse, "wrong", FIRST, campaign("c1", currency="USD"), campaign("c2"))
        for client_id in RESTATED:
            put_month(warehouse, client_id, november, campaign("c1", **purchases(20)))
        assert dbt.build().exit_code == 0

    once("audits_first", make)
    return warehouse


@pytest.fixture
def second(first: Warehouse, dbt: Dbt, once: Once) -> Any:
    """Days of most clients are other ones."""

    def make() -> None:
        first.execute(
            "update staging.insights set spend = spend - 2 "
            "where level = 'adset' and client_id = 'levels'"
        )
        touch_month(first, "levels", FIRST)
        put_day(first, "currency", FIRST, campaign("c1", currency="USD"))
        put_month(first, "few", days(FIRST, LAST_DUE), campaign("c1"))
        put_day(first, "wrong", OCTOBER[0], campaign("c1"))
        for client_id, (changed, tens) in RESTATED.items():
            put_month(first, client_id, changed, campaign("c1", **purchases(10 * tens)))
        assert dbt.build().exit_code == 0

    once("audits_second", make)
    return first


@pytest.fixture
def third(second: Warehouse, dbt: Dbt, once: Once) -> Any:
    """What was found of some is mended."""

    def make() -> None:
        second.execute("update ops.clients set expects_conversions = false where client_id = 'few'")
        touch_month(second, "few", FIRST)
        put_day(second, "wrong", FIRST, campaign("c1"))
        assert dbt.build().exit_code == 0

    once("audits_third", make)
    return second


def test_sound_days_have_no_finding(first: Warehouse) -> None:
    for client_id in ("sound", "levels", *RESTATED):
        assert checks(first, client_id) == []


def test_conversions_without_delivery_are_told_and_published(first: Warehouse) -> None:
    assert first.rows(FINDINGS, ["idle"]) == [
        (
            "idle_conversions",
            "warning",
            FIRST,
            FIRST,
            "2 conversions of campaigns without delivery that day (campaigns: 1)",
        )
    ]
    assert first.value(f"select conversions from {SUMMARY} and client_id = 'idle'") == 2


def test_ad_sets_unlike_their_campaigns_are_told_and_published(second: Warehouse) -> None:
    (finding,) = second.rows(FINDINGS, ["levels"])
    assert finding[:2] == ("levels", "warning")
    assert finding[4] == (
        "spend: the campaigns have 140.00, their ad sets 112.00; monthly marts use the campaigns"
    )
    spent = "select sum(spend) from marts.daily_{}_performance where client_id = 'levels'"
    assert second.value(spent.format("ad_set")) == 112
    assert second.value(spent.format("ad")) == 140


def test_a_currency_that_changes_with_the_month_is_told(second: Warehouse) -> None:
    (finding,) = second.rows(FINDINGS, ["currency"])
    assert finding[:2] == ("currency_change", "warning")
    assert finding[4] == "amounts in USD; in 2026-10 they were in EUR"
    # Never added up: each currency has a line of its own.
    assert second.rows(
        f"select month, currency, spend, spend_change_to_previous_month from {SUMMARY} "
        "and client_id = 'currency' order by 1"
    ) == [(OCTOBER[0], "EUR", 310, None), (FIRST, "USD", 10, None)]


def test_a_large_restatement_of_settled_days_is_told(second: Warehouse) -> None:
    (found,) = second.rows(FINDINGS, ["half-as-much-again"])
    assert found[:2] == ("restatement", "warning")
    assert found[4] == (
        "conversions of days that are a week old or older: 140 became 210; compare with Ads Manager"
    )
    assert second.rows(
        "select client_id from audit.audit_findings where \"check\" = 'restatement'"
    ) == [("half-as-much-again",)]
    assert second.rows(
        "select client_id, count(distinct publication_id) from ops.publication_manifest "
        "where client_id = any(%s) group by 1 order by 1",
        [[*RESTATED]],
    ) == [("as-before", 1), ("half-as-much-again", 2), ("young", 2)]


def test_a_month_without_conversions_after_months_with_many_is_told(second: Warehouse) -> None:
    assert second.rows(FINDINGS, ["few"]) == [
        (
            "split_month",
            "high",
            FIRST,
            None,
            "no purchase in the whole month; at the rate of the three months before there would be "
            "28.0: check the pixel and the goals of the campaigns",
        )
    ]
    assert second.value(f"select max(month) from {SUMMARY} and client_id = 'few'") == FIRST


def test_a_client_that_expects_no_conversions_may_have_a_month_without(third: Warehouse) -> None:
    assert third.rows(FINDINGS, ["few"]) == []


def test_a_gap_tells_how_many_campaigns_went_on(first: Warehouse) -> None:
    found = dict(
        first.rows(
            "select date_day, detail from audit.audit_findings "
            "where client_id = 'gaps' and date_day < '2026-10-07'"
        )
    )
    went_on = "not received: never asked; campaigns that delivered before and after"
    assert found == {
        date(2026, 10, 2): f"{went_on}: 2",
        date(2026, 10, 4): f"{went_on}: 1",
        date(2026, 10, 6): "not received: never asked",
    }


def test_a_wrong_month_has_a_blocking_finding(first: Warehouse) -> None:
    assert checks(first, "wrong") == [("currency", "blocking")]


def test_findings_stay_where_another_month_is_built(second: Warehouse) -> None:
    assert checks(second, "wrong") == [("currency", "blocking")]


def test_findings_are_gone_once_their_month_is_built_again(third: Warehouse) -> None:
    assert checks(third, "wrong") == []
