"""What the clock changes: late conversions, credits, slivers, today's hours, names, presets."""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from orchestration.sandbox.process import SandboxProcess
from orchestration.sandbox.world.model import Account, Record
from orchestration.sandbox.world.sums import total
from orchestration.sandbox.world.world import seeded_accounts

DAY = date(2026, 9, 15)
AT_ONCE = {("link_click",), ("landing_page_view",)}
ACCOUNTS = seeded_accounts(7)
SHOPS = [ACCOUNTS[number] for number in ("1001", "1002", "1006", "1007", "1009")]


def spend_of(records: Iterable[Record]) -> Decimal:
    """The spend of all records together."""
    spend = total(list(records)).spend
    assert spend is not None
    return Decimal(spend)


def seen(account: Account, day: date, age: int, level: str = "campaign") -> dict[str, Any]:
    """The day as it is known so many days later, at noon of the account, by object."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(account.timezone_name))
    moment = account.moment(noon + timedelta(days=age))
    return {record.owner.id: record for record in account.source.records(day, moment, level)}


def late(record: Record) -> dict[tuple[str, ...], tuple[Any, ...]]:
    """The conversions that take their time."""
    return {c.types: c.counts for c in record.conversions if c.types not in AT_ONCE}


def test_conversions_arrive_over_four_weeks_and_never_go() -> None:
    for account in SHOPS:
        for before, after in pairwise(seen(account, DAY, age) for age in range(1, 30)):
            for campaign, record in before.items():
                known = late(after[campaign]) if campaign in after else {}
                for types, counts in late(record).items():
                    assert all(old <= new for old, new in zip(counts, known[types], strict=True))


@pytest.mark.parametrize(("age", "low", "high"), [(1, 0.65, 0.75), (7, 0.90, 0.96), (28, 1, 1)])
def test_the_share_that_has_arrived_follows_the_curve(age: int, low: float, high: float) -> None:
    def conversions(at: int) -> int:
        return sum(
            sum(counts[0] for counts in late(record).values())
            for account in SHOPS
            for offset in range(10)
            for record in seen(account, DAY + timedelta(days=offset), at).values()
        )

    assert low <= conversions(age) / conversions(60) <= high


def test_after_28_days_nothing_changes_any_more() -> None:
    for account in ACCOUNTS.values():
        assert seen(account, DAY, 28) == seen(account, DAY, 29) == seen(account, DAY, 200)
    for account in SHOPS:
        assert seen(account, DAY, 14) != seen(account, DAY, 28)


def test_traffic_does_not_wait_and_spend_is_settled_after_three_days() -> None:
    for account in SHOPS:
        first, third, last = (seen(account, DAY, age) for age in (1, 3, 28))
        for campaign, record in last.items():
            assert third[campaign].spend == record.spend
            assert record.spend <= first[campaign].spend <= record.spend * Decimal("1.007")
            assert first[campaign].impressions == record.impressions
            assert first[campaign].link_clicks == record.link_clicks
        assert spend_of(first.values()) > spend_of(last.values())


def test_slivers_of_paused_campaigns_are_rare_and_vanish_on_the_third_day() -> None:
    found = days = 0
    for account in ACCOUNTS.values():
        for offset in range(60):
            day = DAY - timedelta(days=offset)
            early, second, third = (seen(account, day, age) for age in (1, 2, 3))
            days += len(early)
            for campaign in early.keys() - third.keys():
                found += 1
                sliver = early[campaign]
                assert second[campaign] == sliver
                assert 0 < sliver.impressions < 10
                assert 0 < sliver.spend < 10
                assert not sliver.conversions
    assert 0 < found < days / 200


def test_today_grows_by_the_hour_and_is_never_more_than_the_whole_day() -> None:
    for account in (ACCOUNTS["1001"], ACCOUNTS["1007"], ACCOUNTS["1013"]):
        midnight = datetime(2026, 11, 23, tzinfo=ZoneInfo(account.timezone_name))
        hours: list[Decimal] = []
        for hour in range(24):
            moment = account.moment(midnight.astimezone(UTC) + timedelta(hours=hour, minutes=20))
            records = account.source.records(moment.today, moment)
            hours.append(spend_of(records) if records else Decimal(0))
        assert hours[0] == 0
        assert all(before < after for before, after in pairwise(hours))
        whole = spend_of(seen(account, date(2026, 11, 23), 1).values())
        assert hours[12] / whole == pytest.approx(Decimal("0.5"), abs=Decimal("0.01"))
        assert hours[-1] < whole


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_a_day_on_which_the_clocks_change_delivers_for_its_hours(
    monkeypatch: pytest.MonkeyPatch, day: date, hours: int
) -> None:
    berlin = ACCOUNTS["1001"]
    end = datetime(day.year, day.month, day.day, 23, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    _spend(berlin, day)
    assert berlin.moment(end).elapsed == Fraction(hours - 1, hours)
    assert (ACCOUNTS["1007"].moment(end).elapsed * 24).denominator == 1
    monkeypatch.setattr("orchestration.sandbox.world.days.hours_of", lambda day, zone: 24)
    usual = _spend(seeded_accounts(7)["1001"], day)
    assert float(_spend(berlin, day) / usual) == pytest.approx(hours / 24, abs=0.001)


def _spend(account: Account, day: date) -> Decimal:
    return Decimal(total(list(seen(account, day, 30).values())).spend or 0)


def test_another_process_tells_the_same_story() -> None:
    other = seeded_accounts(7)["1003"]
    for level in ("campaign", "ad"):
        here = seen(ACCOUNTS["1003"], DAY, 4, level)
        there = seen(other, DAY, 4, level)
        assert [record[1:] for record in here.values()] == [r[1:] for r in there.values()]


def test_a_renamed_campaign_has_its_new_name_on_all_days() -> None:
    account = ACCOUNTS["1001"]
    renamed = next(
        each
        for each in account.campaigns
        if each.life.renamed and date(2026, 2, 1) <= each.life.renamed <= date(2026, 11, 1)
    )
    names = []
    assert renamed.life.renamed is not None
    for today in (renamed.life.renamed - timedelta(days=1), renamed.life.renamed):
        state = account.source.states(today)[renamed.id]
        names.append(state.name)
    assert state.updated == renamed.life.renamed
    assert names == [renamed.name, f"{renamed.name} | 2nd edition"]


def test_rows_show_the_name_as_of_now(sandbox: SandboxProcess) -> None:
    days = json.dumps({"since": "2025-11-01", "until": "2026-11-20"})
    query: dict[str, Any] = {
        "access_token": "t",
        "fields": "campaign_id,campaign_name",
        "level": "campaign",
        "time_increment": "monthly",
        "time_range": days,
        "limit": 1000,
    }
    url = f"{sandbox.url}/v26.0/act_1001/insights"
    found = requests.get(url, params=query, timeout=20).json()["data"]
    names = {(row["campaign_id"], row["campaign_name"]) for row in found}
    assert len(names) == len({campaign for campaign, _ in names})
    assert any(name.endswith("2nd edition") for _, name in names)


@pytest.mark.parametrize(
    ("preset", "since", "until"),
    [
        ("today", "2026-11-23", "2026-11-23"),
        ("yesterday", "2026-11-22", "2026-11-22"),
        ("last_3d", "2026-11-20", "2026-11-22"),
        ("last_90d", "2026-08-25", "2026-11-22"),
        ("this_month", "2026-11-01", "2026-11-23"),
        ("last_month", "2026-10-01", "2026-10-31"),
        ("this_quarter", "2026-10-01", "2026-11-23"),
        ("last_quarter", "2026-07-01", "2026-09-30"),
        ("this_year", "2026-01-01", "2026-11-23"),
        ("last_year", "2025-01-01", "2025-12-31"),
        ("this_week_mon_today", "2026-11-23", "2026-11-23"),
        ("this_week_sun_today", "2026-11-22", "2026-11-23"),
        ("last_week_mon_sun", "2026-11-16", "2026-11-22"),
        ("last_week_sun_sat", "2026-11-15", "2026-11-21"),
        ("maximum", "2023-10-23", "2026-11-23"),
        ("data_maximum", "2023-10-23", "2026-11-23"),
    ],
)
def test_presets_are_days_of_the_account(
    sandbox: SandboxProcess, preset: str, since: str, until: str
) -> None:
    url = f"{sandbox.url}/v26.0/act_1001/insights?access_token=t&date_preset={preset}"
    (row,) = requests.get(url, timeout=20).json()["data"]
    assert (row["date_start"], row["date_stop"]) == (since, until)


def test_without_parameters_there_is_one_row_for_thirty_days(sandbox: SandboxProcess) -> None:
    url = f"{sandbox.url}/v26.0/act_1001/insights?access_token=t"
    (row,) = requests.get(url, timeout=20).json()["data"]
    assert row.keys() == {"account_id", "impressions", "spend", "date_start", "date_stop"}
    assert (row["date_start"], row["date_stop"]) == ("2026-10-24", "2026-11-22")
