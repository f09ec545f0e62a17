"""Refunds, invalid traffic and budget cuts tell one story of each day, at all levels and ages."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from sandbox_support import Rows, rows, spoil, steer, sums

from orchestration.sandbox.process import SandboxProcess
from orchestration.sandbox.world.model import LEVELS

DAY = date(2026, 10, 20)
AGES = (1, 2, 3, 4, 8, 15, 27, 28, 40)
FIELDS = "campaign_id,spend,impressions,clicks,inline_link_clicks,actions,action_values"
WINDOWS = '["1d_click","7d_click","28d_click","1d_view"]'
STATES = ["ACTIVE", "PAUSED", "ARCHIVED", "DELETED", "CAMPAIGN_PAUSED", "ADSET_PAUSED"]
EVERY_STATE = json.dumps([*STATES, "DISAPPROVED", "WITH_ISSUES"])
Sums = dict[str, Decimal]


def read(sandbox: SandboxProcess, age: int, level: str = "campaign", day: date = DAY) -> Rows:
    """The rows of the day as they are when it is so old."""
    now = datetime.combine(day + timedelta(days=age), datetime.min.time(), UTC)
    steer(sandbox, "clock", "POST", now=(now + timedelta(hours=12)).isoformat())
    states = {} if level == "account" else {"effective_status": EVERY_STATE}
    query = {
        "level": level,
        "fields": FIELDS,
        "limit": "5000",
        "time_range": json.dumps({"since": day.isoformat(), "until": day.isoformat()}),
        "action_attribution_windows": WINDOWS,
        **states,
    }
    found: Rows = rows(sandbox, **query).json()["data"]
    return found


def by_campaign(found: Rows) -> dict[str, Sums]:
    return {row["campaign_id"]: sums([row]) for row in found}


def lost(true: Rows, told: Rows) -> dict[tuple[str, str], Decimal]:
    """What is missing of the numbers of each campaign, where anything is."""
    left = by_campaign(told)
    found = {
        (campaign, name): number - left.get(campaign, {}).get(name, Decimal())
        for campaign, numbers in by_campaign(true).items()
        for name, number in numbers.items()
    }
    return {key: number for key, number in found.items() if number}


@pytest.mark.parametrize(
    ("kind", "fields"),
    [("refunds", {"rate": 0.2}), ("invalid_traffic", {}), ("budget_cut", {"share": 0.1})],
)
def test_all_levels_and_the_exact_totals_agree_at_every_age(
    sandbox: SandboxProcess, kind: str, fields: dict[str, Any]
) -> None:
    spoil(sandbox, kind, **fields)
    for age in (1, 2, 3, 9, 28):
        told = [sums(read(sandbox, age, level)) for level in LEVELS]
        assert told[0] == told[1] == told[2] == told[3]
        path = f"truth?account=act_1001&since={DAY}&until={DAY}"
        truth = steer(sandbox, path)
        assert Decimal(truth["spend"]) == told[0]["spend"]
        assert truth["impressions"] == told[0]["impressions"]
        bought = truth["actions"]["purchase"]
        assert bought["count"] == told[0]["actions.purchase.value"]
        assert Decimal(bought["value"]) == told[0]["action_values.purchase.value"]


def test_what_is_refunded_once_never_comes_back(sandbox: SandboxProcess) -> None:
    true = {age: read(sandbox, age) for age in AGES}
    spoil(sandbox, "refunds", rate=0.2)
    told = {age: read(sandbox, age) for age in AGES}
    assert told[1] == true[1]
    taken = [lost(true[age], told[age]) for age in AGES]
    for earlier, later in pairwise(taken):
        assert all(0 < number <= later[key] for key, number in earlier.items())
    assert taken[-1] == taken[-2]
    assert {name for _, name in taken[-1]} == {
        name for name in sums(true[40]) if "purchase" in name or "add_to_cart" in name
    }
    purchases = sum(n for (_, name), n in taken[-1].items() if name == "actions.purchase.value")
    share = purchases / sums(true[40])["actions.purchase.value"]
    assert Decimal("0.1") < share < Decimal("0.3")
    assert [read(sandbox, age) for age in AGES] == list(told.values())


def test_one_conversion_of_a_hundred_is_refunded_unless_told_otherwise(
    sandbox: SandboxProcess,
) -> None:
    days = [DAY - timedelta(days=n) for n in range(12)]

    def carts() -> Decimal:
        found = [row for day in days for row in read(sandbox, 30, "account", day)]
        return sums(found)["actions.add_to_cart.value"]

    true = carts()
    spoil(sandbox, "refunds")
    assert Decimal("0.003") < 1 - carts() / true < Decimal("0.02")


def test_invalid_traffic_is_found_by_the_third_day(sandbox: SandboxProcess) -> None:
    true = {age: read(sandbox, age) for age in AGES}
    spoil(sandbox, "invalid_traffic", rate=0.1)
    taken = {age: lost(true[age], read(sandbox, age)) for age in AGES}
    assert taken[1] == {}
    assert all(0 < number <= taken[3][key] for key, number in taken[2].items())
    for age in AGES[3:]:
        assert taken[age] == taken[3]
    kept = by_campaign(true[3])
    assert all(number <= kept[campaign][name] / 10 for (campaign, name), number in taken[3].items())
    assert {name for _, name in taken[3]} >= {"spend", "impressions", "clicks"}
    whole = sum(n for (_, name), n in taken[3].items() if name == "spend") / sums(true[3])["spend"]
    assert Decimal("0.02") < whole < Decimal("0.08")


def test_a_budget_is_cut_from_one_day_to_the_next(sandbox: SandboxProcess) -> None:
    true = {day: sums(read(sandbox, 5, day=day)) for day in (DAY - timedelta(days=1), DAY)}
    spoil(sandbox, "budget_cut", account="act_1001", since=DAY.isoformat())
    told = {day: sums(read(sandbox, 5, day=day)) for day in true}
    assert told[DAY - timedelta(days=1)] == true[DAY - timedelta(days=1)]
    for name in ("spend", "impressions", "clicks", "actions.link_click.value"):
        part = told[DAY][name] / true[DAY][name]
        assert part == pytest.approx(Decimal("0.1"), rel=Decimal("0.05"))
