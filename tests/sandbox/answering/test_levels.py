"""Account, campaign, ad set and ad: every level tells the same sums, and so do breakdowns."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests
from sandbox_levels import FIELDS, ask, period, rows
from sandbox_support import sums

from orchestration.sandbox.process import SandboxProcess
from orchestration.sandbox.world.model import LEVELS, Record
from orchestration.sandbox.world.sums import total
from orchestration.sandbox.world.world import seeded_accounts

ACCOUNTS = seeded_accounts(7)
WINDOWS = '["1d_click","7d_click","28d_click","1d_view"]'
STATES = ["ACTIVE", "PAUSED", "ARCHIVED", "DELETED", "CAMPAIGN_PAUSED", "ADSET_PAUSED"]
EVERY_STATE = json.dumps([*STATES, "DISAPPROVED", "WITH_ISSUES"])


def added(records: list[Record]) -> Record:
    """The additive part of a sum, with the conversions in the order of their types."""
    whole = total(records)
    return whole._replace(
        owner=records[0].owner.parent or records[0].owner,
        reach=None,
        conversions=tuple(sorted(whole.conversions)),
    )


@pytest.mark.parametrize("account", ["act_1001", "act_1003", "act_1007", "act_1012"])
def test_all_levels_add_up_to_the_same_sums(sandbox: SandboxProcess, account: str) -> None:
    query = {
        "time_range": period("2026-10-20", "2026-11-23"),
        "time_increment": 7,
        "action_attribution_windows": WINDOWS,
    }
    found = {
        level: rows(sandbox, account, level=level, effective_status=EVERY_STATE, **query)
        for level in LEVELS[1:]
    }
    found["account"] = rows(sandbox, account, level="account", **query)
    assert sums(found["account"]) == sums(found["campaign"])
    assert sums(found["account"]) == sums(found["adset"])
    assert sums(found["account"]) == sums(found["ad"])
    reach = [sum(int(row["reach"]) for row in found[level]) for level in LEVELS]
    assert reach == sorted(reach)
    assert len(set(reach)) == len(reach)


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 23, 59, tzinfo=UTC),
        datetime(2026, 3, 29, 12, tzinfo=UTC),
        datetime(2025, 12, 31, 10, tzinfo=UTC),
    ],
)
def test_the_sums_are_exact_at_every_moment(now: datetime) -> None:
    for account in ACCOUNTS.values():
        moment = account.moment(now)
        for age in (0, 1, 2, 3, 5, 27):
            day = date.fromordinal(moment.today.toordinal() - age)
            campaigns, adsets, ads = (
                list(account.source.records(day, moment, level)) for level in LEVELS[1:]
            )
            if campaigns:
                whole = added(campaigns)[1:]
                assert added(adsets)[1:] == whole
                assert added(ads)[1:] == whole
                assert all(len(set(_ids(found))) == len(found) for found in (adsets, ads))


def _ids(records: list[Record]) -> list[str]:
    return [record.owner.id for record in records]


def test_ad_rows_are_as_consistent_as_those_of_campaigns(sandbox: SandboxProcess) -> None:
    found = rows(
        sandbox,
        level="ad",
        time_increment=1,
        action_attribution_windows=WINDOWS,
        time_range=period("2026-10-25", "2026-11-23"),
    )
    assert len(found) > 1000
    for row in found:
        clicks = int(row.get("clicks", "0"))
        assert int(row["impressions"]) >= clicks >= int(row.get("inline_link_clicks", "0"))
        assert int(row["impressions"]) >= int(row["reach"]) > 0
        for entry in row.get("actions", ()):
            day, week, month = (int(entry.get(f"{n}d_click", 0)) for n in (1, 7, 28))
            assert day <= week <= month
            assert int(entry["value"]) > 0


def test_a_row_names_its_object_and_those_it_is_part_of(sandbox: SandboxProcess) -> None:
    names = [f"{level}_{part}" for level in LEVELS[1:] for part in ("id", "name")]
    query = {"fields": ",".join(names), "date_preset": "yesterday"}
    for depth, level in enumerate(LEVELS):
        for row in rows(sandbox, level=level, **query):
            assert list(row)[:-2] == names[: 2 * depth]
    for row in rows(sandbox, level="ad", **query):
        assert [row[f"{level}_id"][:4] for level in LEVELS[1:]] == ["1202", "1203", "1204"]
        assert row["ad_name"].startswith(row["campaign_name"].split(" | ")[0])


def test_ids_are_numbers_and_unique_across_everything() -> None:
    ids = [each.id for a in ACCOUNTS.values() for level in a.objects.values() for each in level]
    assert len(set(ids)) == len(ids) > 2000
    assert all(each.isdecimal() for each in ids)


def test_insights_of_an_object_are_its_part_of_the_accounts(sandbox: SandboxProcess) -> None:
    query = {"date_preset": "last_14d", "fields": f"{FIELDS},campaign_id,adset_id,ad_id"}
    everything = {
        level: rows(sandbox, level=level, effective_status=EVERY_STATE, **query)
        for level in LEVELS[1:]
    }
    for level in LEVELS[1:]:
        expected = everything[level][3]
        node = expected[f"{level}_id"]
        assert rows(sandbox, node, **query) == [expected]
        parts = [row for row in everything["ad"] if row[f"{level}_id"] == node]
        assert rows(sandbox, node, level="ad", effective_status=EVERY_STATE, **query) == parts


@pytest.mark.parametrize(
    "breakdowns", ["publisher_platform", "country", "age,gender", "device_platform,age"]
)
@pytest.mark.parametrize("level", ["account", "adset"])
def test_the_parts_of_a_breakdown_add_up_to_the_row(
    sandbox: SandboxProcess, breakdowns: str, level: str
) -> None:
    query = {"level": level, "date_preset": "last_3d", "action_attribution_windows": WINDOWS}
    whole = rows(sandbox, **query)
    parts = rows(sandbox, breakdowns=breakdowns, **query)
    assert sums(parts) == sums(whole)
    assert len(parts) > len(whole)
    assert all(set(breakdowns.split(",")) <= row.keys() for row in parts)


@pytest.mark.parametrize("breakdown", ["region", "hourly_stats_aggregated_by_advertiser_time_zone"])
def test_regions_and_hours_know_nothing_of_what_happens_off_meta(
    sandbox: SandboxProcess, breakdown: str
) -> None:
    query = {"time_range": period("2026-11-22", "2026-11-22")}
    whole, parts = sums(rows(sandbox, **query)), sums(rows(sandbox, breakdowns=breakdown, **query))
    assert parts["spend"] == whole["spend"]
    assert parts["actions.link_click.value"] == whole["actions.link_click.value"]
    assert "actions.purchase.value" in whole
    assert "actions.purchase.value" not in parts


def test_breakdowns_that_need_an_opt_in_are_empty_and_unknown_ones_are_refused(
    sandbox: SandboxProcess,
) -> None:
    for name in ("impression_device", "frequency_value"):
        assert ask(sandbox, "act_1001", breakdowns=name) == {"data": []}
    for name in ("dma", "shoe_size"):
        url = f"{sandbox.url}/v26.0/act_1001/insights?access_token=t&breakdowns={name}"
        assert requests.get(url, timeout=20).json()["error"]["code"] == 100


@pytest.mark.parametrize("level", ["campaign", "adset", "ad"])
def test_the_truth_of_each_level_equals_its_rows(sandbox: SandboxProcess, level: str) -> None:
    days = {"since": "2026-10-01", "until": "2026-11-23"}
    found = rows(
        sandbox,
        level=level,
        effective_status=EVERY_STATE,
        fields=f"{FIELDS},{level}_id,{level}_name",
        time_increment=1,
        time_range=json.dumps(days),
    )
    query = {"account": "act_1001", "level": level, "by_day": "true", **days}
    truth = requests.get(f"{sandbox.url}/sandbox/truth", params=query, timeout=20).json()
    assert Decimal(truth["spend"]) == sums(found)["spend"]
    for entry in truth[f"{level}s"]:
        own = sums([row for row in found if row[f"{level}_id"] == entry[f"{level}_id"]])
        assert Decimal(entry["spend"]) == own["spend"]
        assert entry["link_clicks"] == own["inline_link_clicks"]
        for kind, amounts in entry["actions"].items():
            assert amounts["count"] == own[f"actions.{kind}.value"]
            assert Decimal(amounts["value"]) == own.get(f"action_values.{kind}.value", 0)
    for entry in truth["days"]:
        own = sums([row for row in found if row["date_start"] == entry["day"]])
        assert Decimal(entry["spend"]) == own["spend"]
    assert {row["date_start"] for row in found} == {entry["day"] for entry in truth["days"]}


def test_the_summary_is_the_total_of_the_whole_result(sandbox: SandboxProcess) -> None:
    query: dict[str, Any] = {"level": "campaign", "date_preset": "last_7d", "time_increment": 1}
    whole = sums(rows(sandbox, **query))
    for written in ("spend,impressions", '["spend","impressions"]', "[spend,impressions]"):
        summary = ask(sandbox, "act_1001", summary=written, **{**query, "limit": 3})["summary"]
        assert Decimal(summary["spend"]) == whole["spend"]
        assert Decimal(summary["impressions"]) == whole["impressions"]
        assert summary.keys() == {"spend", "impressions", "date_start", "date_stop"}
        assert (summary["date_start"], summary["date_stop"]) == ("2026-11-16", "2026-11-22")
    default = ask(sandbox, "act_1001", default_summary="true", **query)["summary"]
    assert sums([default]) == whole


def test_rows_are_filtered_by_what_they_add_up_to_and_sorted_by_spend(
    sandbox: SandboxProcess,
) -> None:
    query = {"level": "ad", "date_preset": "last_7d"}
    everything = rows(sandbox, **query)
    many = [{"field": "ad.impressions", "operator": "GREATER_THAN", "value": 20000}]
    kept = rows(sandbox, filtering=json.dumps(many), **query)
    assert kept == [row for row in everything if int(row["impressions"]) > 20000]
    assert 0 < len(kept) < len(everything)
    spend = [Decimal(row["spend"]) for row in rows(sandbox, sort='["spend_descending"]', **query)]
    assert spend == sorted(spend, reverse=True)
    assert len(spend) == len(everything)


def test_pages_of_every_size_hold_each_row_once(sandbox: SandboxProcess) -> None:
    query: dict[str, Any] = {
        "level": "adset",
        "time_increment": 1,
        "date_preset": "last_14d",
        "limit": 41,
    }
    whole = rows(sandbox, **{**query, "limit": 5000})
    page = ask(sandbox, "act_1001", **query)
    found, addresses = list(page["data"]), []
    while "next" in page["paging"]:
        addresses.append(page["paging"]["next"])
        page = requests.get(addresses[-1], timeout=20).json()
        found += page["data"]
    assert found == whole
    assert requests.get(addresses[1], timeout=20).json()["data"] == whole[82:123]
