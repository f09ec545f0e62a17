"""What Meta loses is lost alike at the levels that lose it, for those days only and for a while."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sandbox_support import Rows, call, rows, spoil, steer, sums

from orchestration.sandbox.process import SandboxProcess
from orchestration.sandbox.world.model import LEVELS

ASKED = {"since": "2026-11-16", "until": "2026-11-20"}
LOST = {"since": "2026-11-17", "until": "2026-11-19"}
IDS = "campaign_id,adset_id,ad_id"
FIELDS = f"{IDS},spend,impressions,clicks,inline_link_clicks,reach,actions,action_values"
WINDOWS = '["1d_click","7d_click","28d_click","1d_view"]'
STATES = ["ACTIVE", "PAUSED", "ARCHIVED", "DELETED", "CAMPAIGN_PAUSED", "ADSET_PAUSED"]
EVERY_STATE = json.dumps([*STATES, "DISAPPROVED", "WITH_ISSUES"])

PURCHASE = {"omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase"}
ON_PLATFORM = {"link_click", "landing_page_view"}
Sums = dict[str, Decimal]

GONE: dict[tuple[str, str | None], Callable[[str, str], bool]] = {
    ("actions", None): lambda _field, _kind: True,
    ("offsite", None): lambda _field, kind: kind not in ON_PLATFORM,
    ("family", None): lambda _field, kind: kind in PURCHASE,
    ("family", "add_to_cart"): lambda _field, kind: "add_to_cart" in kind,
    ("values", None): lambda field, _kind: field == "action_values",
    ("values", "purchase"): lambda field, kind: field == "action_values" and kind in PURCHASE,
}
"""Which entries are lost, by `what` and `family`."""

LEVEL_SETS = [LEVELS, ("account", "campaign"), ("campaign",), ("adset", "ad")]


def ask(sandbox: SandboxProcess, level: str, **params: Any) -> Rows:
    states = {} if level == "account" else {"effective_status": EVERY_STATE}
    query = {
        "level": level,
        "fields": FIELDS,
        "limit": "5000",
        "time_range": json.dumps(ASKED),
        "action_attribution_windows": WINDOWS,
        **states,
        **params,
    }
    found: Rows = rows(sandbox, **query).json()["data"]
    return found


def within(found: Rows) -> Rows:
    """The rows of the days that lose something."""
    return [row for row in found if LOST["since"] <= row["date_start"] <= LOST["until"]]


def beside(found: Rows) -> Rows:
    return [row for row in found if row not in within(found)]


def entries(told: Sums) -> Sums:
    return {key: number for key, number in told.items() if key.startswith("action")}


def left_of(told: Sums, gone: Callable[[str, str], bool]) -> Sums:
    """The sums without the entries that are gone."""

    def is_gone(key: str) -> bool:
        field, _, kind = key.rpartition(".")[0].partition(".")
        return gone(field, kind)

    return {k: n for k, n in told.items() if not (k in entries(told) and is_gone(k))}


@pytest.fixture(scope="module")
def truth(running: SandboxProcess) -> Callable[[str], Rows]:
    """The rows of each level without any fault."""
    return cache(lambda level: ask(running, level))


@pytest.fixture(scope="module", autouse=True)
def known_before(truth: Callable[[str], Rows]) -> None:
    for level in LEVELS:
        named = {entry["action_type"] for row in within(truth(level)) for entry in row["actions"]}
        assert named >= PURCHASE


@pytest.mark.parametrize("levels", LEVEL_SETS, ids=",".join)
@pytest.mark.parametrize(("what", "family"), GONE)
def test_what_vanishes_is_gone_at_its_levels_and_all_else_stays(
    sandbox: SandboxProcess,
    truth: Callable[[str], Rows],
    what: str,
    family: str | None,
    levels: tuple[str, ...],
) -> None:
    spoil(sandbox, "vanish", what=what, family=family, levels=",".join(levels), **LOST)
    for level in LEVELS:
        found, true = ask(sandbox, level), truth(level)
        assert beside(found) == beside(true)
        if level not in levels:
            assert found == true
        else:
            expected = left_of(sums(within(true)), GONE[what, family])
            assert expected != sums(within(true))
            assert sums(within(found)) == expected
            assert all(row.get("actions") != [] for row in found)
    steer(sandbox, "faults", "DELETE")
    assert all(ask(sandbox, level) == truth(level) for level in LEVELS)


@pytest.mark.parametrize("levels", LEVEL_SETS, ids=",".join)
def test_whole_days_vanish(
    sandbox: SandboxProcess, truth: Callable[[str], Rows], levels: tuple[str, ...]
) -> None:
    spoil(sandbox, "vanish", what="rows", levels=",".join(levels), **LOST)
    for level in LEVELS:
        expected = beside(truth(level)) if level in levels else truth(level)
        assert ask(sandbox, level) == expected
        whole = ask(sandbox, level, time_increment="all_days")
        assert sums(whole) == sums(expected)


@pytest.mark.parametrize("what", ["actions", "offsite", "family", "values", "delivery"])
@pytest.mark.parametrize("share", [0.37, 0.9])
def test_the_share_that_stays_adds_up_at_all_levels(
    sandbox: SandboxProcess, truth: Callable[[str], Rows], what: str, share: float
) -> None:
    spoil(sandbox, "vanish", what=what, share=share, **LOST)
    found = {level: sums(within(ask(sandbox, level))) for level in LEVELS}
    assert found["account"] == found["campaign"] == found["adset"] == found["ad"]
    true = sums(within(truth("account")))
    lost = "action_values" if what == "values" else "actions"
    purchases, whole = (told[f"{lost}.purchase.value"] for told in (found["account"], true))
    assert purchases / whole == pytest.approx(Decimal(share), rel=Decimal("0.1"))
    spent = Decimal(share if what == "delivery" else 1)
    assert found["account"]["spend"] / true["spend"] == pytest.approx(spent, rel=Decimal("0.01"))
    if what == "values":
        assert {**found["account"], **entries(true)} == {**true}


@pytest.mark.parametrize("fields", [{"what": "delivery"}, {"share": 0.3}])
def test_what_is_left_of_a_row_is_as_consistent_as_the_row_was(
    sandbox: SandboxProcess, fields: dict[str, Any]
) -> None:
    spoil(sandbox, "vanish", **fields, **LOST)
    for level in LEVELS:
        for row in within(ask(sandbox, level)):
            clicks = int(row.get("clicks", "0"))
            assert int(row["impressions"]) >= clicks >= int(row.get("inline_link_clicks", "0"))
            assert int(row["impressions"]) >= int(row.get("reach", "0"))
            counts = {e["action_type"]: int(e["value"]) for e in row.get("actions", ())}
            assert all(0 < count <= clicks for count in counts.values())
            assert {e["action_type"] for e in row.get("action_values", ())} <= counts.keys()
            for entry in row.get("actions", ()):
                day, week, month = (int(entry.get(f"{n}d_click", 0)) for n in (1, 7, 28))
                assert day <= week <= month


def test_delivery_falls_to_a_fifth_unless_told_otherwise(
    sandbox: SandboxProcess, truth: Callable[[str], Rows]
) -> None:
    spoil(sandbox, "vanish", what="delivery", **LOST)
    found, true = (sums(within(told)) for told in (ask(sandbox, "account"), truth("account")))
    for name in ("spend", "impressions", "clicks", "actions.link_click.value"):
        assert found[name] / true[name] == pytest.approx(Decimal("0.2"), rel=Decimal("0.02"))


@pytest.mark.parametrize("what", ["actions", "family", "values", "delivery", "rows"])
def test_the_upper_levels_lose_what_ad_sets_and_ads_keep(
    sandbox: SandboxProcess, truth: Callable[[str], Rows], what: str
) -> None:
    spoil(sandbox, "upper_levels_lose", what=what, account="act_1001", **LOST)
    assert ask(sandbox, "adset") == truth("adset")
    assert ask(sandbox, "ad") == truth("ad")
    account, campaign = (sums(ask(sandbox, level)) for level in ("account", "campaign"))
    assert account == campaign
    assert account != sums(truth("account"))


def test_other_accounts_and_totals_over_days_are_as_they_would_be(sandbox: SandboxProcess) -> None:
    query = {"level": "campaign", "fields": FIELDS, "time_range": json.dumps(ASKED)}
    other = call(sandbox, "act_1002/insights", params=query).json()
    spoil(sandbox, "vanish", what="family", account="act_1001", **LOST)
    assert call(sandbox, "act_1002/insights", params=query).json() == other
    daily = ask(sandbox, "account")
    assert sums(ask(sandbox, "account", time_increment="all_days")) == sums(daily)
    (campaign, *_) = ask(sandbox, "campaign", time_increment="all_days")
    alone = call(sandbox, f"{campaign['campaign_id']}/insights", params=query).json()["data"]
    assert sums(alone)["impressions"] == Decimal(campaign["impressions"])


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[SandboxProcess]:
    """A recorded account of two campaigns with prices that do not divide evenly."""
    path = tmp_path / "shop.csv"
    lines = ["date,campaign_name,spend,impressions,clicks,purchases,purchase_value"]
    lines += [f"2026-11-17,{name},10.05,1000,50,7,100.01" for name in ("one", "two")]
    path.write_text("\n".join(lines), encoding="utf-8")
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    with SandboxProcess(now=now, replay=path, account_id="5") as process:
        yield process


def test_a_recorded_account_loses_alike_too(recorded: SandboxProcess) -> None:
    spoil(recorded, "vanish", share=0.5)
    query = {"fields": FIELDS, "time_range": json.dumps(ASKED)}
    told = [
        sums(call(recorded, "act_5/insights", params={**query, "level": level}).json()["data"])
        for level in LEVELS
    ]
    assert told[0] == told[1] == told[2] == told[3]
    assert told[0]["impressions"] == 2000
    assert 6 <= told[0]["actions.purchase.value"] <= 8
    assert 80 <= told[0]["action_values.purchase.value"] <= 120
