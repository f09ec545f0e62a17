"""What the audits find in the months in hand, how severe it is, and what becomes of the month."""

from datetime import date
from decimal import Decimal

from databases import Warehouse
from dbt_runs import Dbt
from factories import add_client, campaign, days, purchases, put_day, put_month, touch_month
from findings import FINDINGS, FIRST, LAST_DUE, SUMMARY, checks


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
    assert warehouse.value(f"select conversions from {SUMMARY}") == 2


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
        f"select month, currency, spend, spend_change_to_previous_month from {SUMMARY} order by 1"
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
