"""A month beside the ones before it, under the client's name, with the ratios that it has."""

from datetime import date
from typing import Any

import pytest
from analysts import asked
from databases import Warehouse
from dbt_runs import Dbt, Once
from factories import campaign, days, purchases, put_day, put_month
from three_days import FIRST

from orchestration.clients.model import Client
from orchestration.warehouse.ledger.clients import sync_clients

DUE = days(FIRST, date(2026, 11, 14))
OCTOBER = days(date(2026, 10, 1), date(2026, 10, 31))


@pytest.fixture
def reported(warehouse: Warehouse, dbt: Dbt, once: Once) -> Any:
    """October and the running November: a shop that got another name, and a firm with leads, whose
    2nd of October is missing. Each has a better first half of October than the second."""

    def make() -> None:
        with warehouse.connect() as connection:
            for now, name in (("2026-10-20", "First"), ("2026-11-10", "Second")):
                connection.execute("select set_config('meta_ads.now', %s, true)", [now])
                sync_clients(connection, [client("shop", name), client("firm", "Firm")])
            connection.execute("update ops.clients set timezone_name = 'UTC', currency = 'EUR'")
        for day in OCTOBER:
            spend = 20 if day.day <= 14 else 10
            put_day(warehouse, "shop", day, campaign("c1", spend=spend, **purchases(4)))
            if day.day != 2:
                put_day(warehouse, "firm", day, campaign("c1", spend=spend, **leads(4)))
        put_month(warehouse, "shop", DUE, campaign("c1", spend=15), campaign("c2", **purchases(1)))
        put_month(warehouse, "firm", DUE, campaign("c1", spend=15, **leads(1)))
        for noted_at, status, amount in (
            ("2026-11-02", "ACTIVE", 50),
            ("2026-11-12", "PAUSED", 60),
        ):
            warehouse.execute(
                "insert into staging.campaigns (client_id, campaign_id, noted_at, objective, "
                "effective_status, daily_budget, currency) "
                "values ('shop', 'c1', %s, 'OUTCOME_SALES', %s, %s, 'EUR')",
                [noted_at, status, amount],
            )
        assert dbt.build().exit_code == 0

    once("readers_monthly_reports", make)
    return warehouse


def client(client_id: str, name: str) -> Client:
    return Client(
        client_id=client_id,
        name=name,
        ad_account_id=f"act_{len(client_id)}{ord(client_id[0])}",
        starts_on=OCTOBER[0],
    )


def leads(count: int) -> dict[str, Any]:
    return {"actions": {"lead": count}}


def test_a_month_keeps_the_name_that_the_client_had_at_its_end(reported: Warehouse) -> None:
    for mart in (
        "monthly_client_summary",
        "monthly_campaign_performance",
        "monthly_campaign_metrics",
        "monthly_conversion_metrics",
        "monthly_action_metrics",
        "client_month_states",
    ):
        found = asked(
            reported, f"select month, client_name from marts.{mart} where client_id = 'shop'"
        )
        names = {(row["month"], row["client_name"]) for row in found}
        assert names == {("2026-10-01", "First"), ("2026-11-01", "Second")}, mart


def test_the_days_so_far_are_compared_with_the_same_days(reported: Warehouse) -> None:
    found = asked(
        reported,
        "select client_id, spend, spend_change_to_previous_month_percent, "
        "spend_previous_month_same_days, spend_change_to_previous_month_same_days, "
        "spend_change_to_previous_month_same_days_percent, conversions_previous_month_same_days, "
        "conversions_change_to_previous_month_same_days_percent "
        "from marts.monthly_client_summary where month = '2026-11-01'",
    )
    assert {row["client_id"]: [*row.values()][1:] for row in found} == {
        # October had 14 days with 20 and 17 with 10.
        "shop": [350, -22.222222, 280, 70, 25, 56, -75],
        # A day is missing among the same ones of October: not comparable.
        "firm": [210, -51.162791, None, None, None, None, None],
    }


def test_a_client_without_purchases_has_no_return_on_them(reported: Warehouse) -> None:
    per_row = "marts.monthly_campaign_performance where month = '2026-11-01'"
    found = asked(reported, f"select client_id, campaign_id, purchases, roas from {per_row}")
    assert {(row["client_id"], row["campaign_id"]): row["roas"] for row in found} == {
        ("shop", "c1"): 0,
        ("shop", "c2"): 1,
        ("firm", "c1"): None,
    }
    reported.execute("update ops.clients set conversion_families = '{purchase}'")
    found = asked(reported, f"select roas from {per_row} and client_id = 'firm'")
    assert found == [{"roas": 0}]
    reported.execute("update ops.clients set expects_conversions = false")
    found = asked(reported, "select roas from marts.daily_campaign_performance")
    assert {row["roas"] for row in found} == {None, 1, 2, 4}


def test_campaigns_are_described_as_meta_last_did_and_as_it_did_on_a_day(
    reported: Warehouse,
) -> None:
    # The days are of November, the publication is of today.
    reported.execute("update ops.publications set published_at = '2026-11-01'")
    described = "objective, effective_status, daily_budget, lifetime_budget, budget_currency"
    query = f"select campaign_id, {described} from {{}}.dim_campaigns where client_id = 'shop'"
    nothing = dict.fromkeys(described.split(", "))

    def by_campaign(schema: str, *options: str) -> dict[str, Any]:
        return {
            row.pop("campaign_id"): row for row in asked(reported, query.format(schema), *options)
        }

    latest = dict(zip(nothing, ("OUTCOME_SALES", "PAUSED", 60, None, "EUR"), strict=True))
    assert by_campaign("marts") == {"c1": latest, "c2": nothing}
    earlier = latest | {"effective_status": "ACTIVE", "daily_budget": 50}
    as_of = by_campaign("marts_as_of", "--as-of", "2026-11-10")
    assert as_of == {"c1": earlier, "c2": nothing}
    assert by_campaign("marts_as_of", "--as-of", "2026-11-01")["c1"] == nothing
