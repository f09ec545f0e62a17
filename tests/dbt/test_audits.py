"""What the audits find in the months in hand, how severe it is, and what becomes of the month."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from databases import Warehouse
from dbt_runs import Dbt
from factories import add_client, campaign, days, purchases, put_day, put_month, touch_month

FIRST, LAST_DUE = date(2026, 11, 1), date(2026, 11, 14)
FINDINGS = """
select "check", severity, month, date_day, detail from audit.audit_findings
where "check" not in ('gap', 'suspected_gap') order by 1, 3, 4, 5
"""
FINAL_MONTH = days(date(2026, 9, 1), date(2026, 9, 30))
"""Read for the last time on the 27th of October, before the tests' business time."""


@pytest.fixture
def client(warehouse: Warehouse) -> str:
    return add_client(warehouse, "acme", owed_since=date(2026, 8, 1))


def checks(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    """Check and severity of what was found beside gaps."""
    return sorted({row[:2] for row in warehouse.rows(FINDINGS)})


def test_sound_days_have_no_finding(warehouse: Warehouse, dbt: Dbt, client: str) -> None:
    put_month(warehouse, client, days(FIRST, LAST_DUE), campaign("c1", **purchases(2)))
    assert dbt.build().exit_code == 0
    assert warehouse.rows(FINDINGS) == []


def test_conversions_without_delivery_are_told_and_published(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    nothing = {"spend": Decimal(0), "impressions": 0, "clicks": 0, "link_clicks": 0, "reach": 0}
    put_day(warehouse, client, FIRST, campaign("c1", **nothing, **purchases(2)))
    assert dbt.build().exit_code == 0
    assert warehouse.rows(FINDINGS) == [
        (
            "idle_conversions",
            "warning",
            FIRST,
            FIRST,
            "2 conversions of campaigns without delivery that day (campaigns: 1)",
        )
    ]
    assert warehouse.value("select conversions from marts.monthly_client_summary") == 2


def test_ad_sets_unlike_their_campaigns_are_told_and_published(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    levels = ("account", "campaign", "adset", "ad")
    put_month(warehouse, client, days(FIRST, LAST_DUE), campaign("c1"), levels=levels)
    assert dbt.build().exit_code == 0
    assert warehouse.rows(FINDINGS) == []
    warehouse.execute("update staging.insights set spend = spend - 2 where level = 'adset'")
    touch_month(warehouse, client, FIRST)
    assert dbt.build().exit_code == 0
    (finding,) = warehouse.rows(FINDINGS)
    assert finding[:2] == ("levels", "warning")
    assert finding[4] == (
        "spend: the campaigns have 140.00, their ad sets 112.00; monthly marts use the campaigns"
    )
    assert warehouse.value("select sum(spend) from marts.daily_ad_set_performance") == 112
    assert warehouse.value("select sum(spend) from marts.daily_ad_performance") == 140


def test_a_currency_that_changes_with_the_month_is_told(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    put_month(warehouse, client, days(date(2026, 10, 1), date(2026, 10, 31)), campaign("c1"))
    assert dbt.build().exit_code == 0
    put_day(warehouse, client, FIRST, campaign("c1", currency="USD"))
    assert dbt.build().exit_code == 0
    (finding,) = warehouse.rows(FINDINGS)
    assert finding[:2] == ("currency_change", "warning")
    assert finding[4] == "amounts in USD; in 2026-10 they were in EUR"
    # Never added up: each currency has a line of its own.
    assert warehouse.rows(
        "select month, currency, spend, spend_change_to_previous_month "
        "from marts.monthly_client_summary order by 1"
    ) == [(date(2026, 10, 1), "EUR", 310, None), (FIRST, "USD", 10, None)]


def test_a_large_restatement_of_settled_days_is_told(warehouse: Warehouse, dbt: Dbt) -> None:
    settled = days(FIRST, date(2026, 11, 7))
    changes = {
        "half-as-much-again": (settled, 3),
        "as-before": (settled, 2),
        "young": ([LAST_DUE], 3),
    }
    for client_id in changes:
        add_client(warehouse, client_id, owed_since=date(2026, 8, 1))
        put_month(warehouse, client_id, days(FIRST, LAST_DUE), campaign("c1", **purchases(20)))
    assert dbt.build().exit_code == 0
    for client_id, (changed, now) in changes.items():
        for day in changed:
            put_day(warehouse, client_id, day, campaign("c1", **purchases(10 * now)))
    assert dbt.build().exit_code == 0
    (found,) = warehouse.rows(FINDINGS)
    assert found[:2] == ("restatement", "warning")
    assert found[4] == (
        "conversions of days that are a week old or older: 140 became 210; compare with Ads Manager"
    )
    assert warehouse.rows(
        "select client_id from audit.audit_findings where \"check\" = 'restatement'"
    ) == [("half-as-much-again",)]
    assert warehouse.rows(
        "select client_id, count(distinct publication_id) from ops.publication_manifest "
        "group by 1 order by 1"
    ) == [("as-before", 1), ("half-as-much-again", 2), ("young", 2)]


def test_a_month_without_conversions_after_months_with_many_is_told(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    for month in (8, 9, 10):
        put_month(
            warehouse,
            client,
            days(date(2026, month, 1), date(2026, month, 30)),
            campaign("c1", **purchases(2)),
        )
    assert dbt.build().exit_code == 0
    put_month(warehouse, client, days(FIRST, LAST_DUE), campaign("c1"))
    assert dbt.build().exit_code == 0
    assert warehouse.rows(FINDINGS) == [
        (
            "split_month",
            "high",
            FIRST,
            None,
            "no purchase in the whole month; at the rate of the three months before there would be "
            "28.0: check the pixel and the goals of the campaigns",
        )
    ]
    assert warehouse.value("select max(month) from marts.monthly_client_summary") == FIRST
    warehouse.execute("update ops.clients set expects_conversions = false")
    touch_month(warehouse, client, FIRST)
    assert dbt.build().exit_code == 0
    assert warehouse.rows(FINDINGS) == []


def test_a_gap_tells_how_many_campaigns_went_on(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    for day in (date(2026, 10, 1), date(2026, 10, 3)):
        put_day(warehouse, client, day, campaign("c1"), campaign("c2"))
    put_day(warehouse, client, date(2026, 10, 5), campaign("c1"))
    assert dbt.build().exit_code == 0
    found = dict(
        warehouse.rows(
            "select date_day, detail from audit.audit_findings where date_day < '2026-10-07'"
        )
    )
    went_on = "not received: never asked; campaigns that delivered before and after"
    assert found == {
        date(2026, 10, 2): f"{went_on}: 2",
        date(2026, 10, 4): f"{went_on}: 1",
        date(2026, 10, 6): "not received: never asked",
    }


def test_findings_stay_until_their_month_is_built_again(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    put_day(warehouse, client, FIRST, campaign("c1", currency="USD"), campaign("c2"))
    dbt.build()
    assert checks(warehouse) == [("currency", "blocking")]
    put_day(warehouse, client, date(2026, 10, 1), campaign("c1"))
    dbt.build()
    assert checks(warehouse) == [("currency", "blocking")]
    put_day(warehouse, client, FIRST, campaign("c1"))
    assert dbt.build().exit_code == 0
    assert checks(warehouse) == []


def test_months_are_open_then_provisional_then_final(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    put_month(warehouse, client, FINAL_MONTH, campaign("c1"))
    october = days(date(2026, 10, 1), date(2026, 10, 31))
    put_month(warehouse, client, october, campaign("c1"))
    put_month(warehouse, client, days(FIRST, LAST_DUE), campaign("c1"))
    assert dbt.build().exit_code == 0
    states = "select month, month_state from marts.monthly_client_summary order by 1"
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
    assert warehouse.value("select conversions from marts.monthly_client_summary") == 63
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
    assert warehouse.value("select spend from marts.monthly_client_summary") == Decimal("300.01")
    assert checks(warehouse) == []
    assert warehouse.value("select count(*) from ops.reopenings") == 0


def test_a_final_month_that_other_rules_change_is_a_reopening_too(
    warehouse: Warehouse, dbt: Dbt, final_month: str
) -> None:
    warehouse.execute("update ops.clients set conversion_families = '{lead}'")
    assert dbt.build("--full-refresh").exit_code == 0
    assert warehouse.value("select conversions from marts.monthly_client_summary") == 0
    assert warehouse.value("select purchases from marts.monthly_client_summary") == 60
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
