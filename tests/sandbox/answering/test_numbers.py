"""The demo accounts over HTTP: the shape of rows, totals that agree, determinism."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests
from sandbox_support import NOW, sums

from orchestration.sandbox.process import SandboxProcess

FIELDS = (
    "account_id,account_currency,campaign_id,campaign_name,impressions,clicks,inline_link_clicks,"
    "spend,reach,actions,action_values"
)
EVERY_STATE = '["ACTIVE","PAUSED","ARCHIVED","DELETED"]'
WINDOWS = '["1d_click","7d_click","28d_click","1d_view"]'


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers["Authorization"] = "Bearer token"
        yield session


def period(since: str, until: str) -> str:
    return json.dumps({"since": since, "until": until})


def paged(
    http: requests.Session, sandbox: SandboxProcess, account: str, **params: Any
) -> list[dict[str, Any]]:
    url = f"{sandbox.url}/v26.0/{account}/insights"
    if params.get("level") == "campaign":
        params = {"effective_status": EVERY_STATE, **params}
    reply = http.get(url, params={"fields": FIELDS, "limit": 500, **params}, timeout=20)
    rows = list(reply.json()["data"])
    while "next" in reply.json().get("paging", {}):
        reply = http.get(reply.json()["paging"]["next"], timeout=20)
        rows += reply.json()["data"]
    return rows


def test_a_row_is_made_of_strings_and_leaves_out_what_is_empty(
    http: requests.Session, sandbox: SandboxProcess
) -> None:
    rows = paged(
        http,
        sandbox,
        "act_1001",
        level="campaign",
        time_increment=1,
        fields=f"{FIELDS},conversions,video_play_actions",
        time_range=period("2026-10-01", "2026-10-31"),
    )
    assert len(rows) > 300
    for row in rows:
        flat = [value for name, value in row.items() if not name.startswith("action")]
        assert all(isinstance(value, str) for value in flat)
        assert row["date_start"] == row["date_stop"]
        assert {"spend", "impressions"} <= row.keys()
        assert not {"conversions", "video_play_actions"} & row.keys()
        assert row.get("clicks") != "0"
    assert any("action_values" not in row for row in rows)


@pytest.mark.parametrize("account", ["act_1001", "act_1005", "act_1007", "act_1016"])
def test_ordinary_rows_are_consistent(
    http: requests.Session, sandbox: SandboxProcess, account: str
) -> None:
    rows = paged(
        http,
        sandbox,
        account,
        level="campaign",
        time_increment=1,
        action_attribution_windows=WINDOWS,
        time_range=period("2026-05-01", "2026-11-23"),
    )
    for row in rows:
        clicks = int(row.get("clicks", "0"))
        assert Decimal(row["spend"]) > 0
        assert int(row["impressions"]) >= clicks >= int(row.get("inline_link_clicks", "0"))
        assert int(row["impressions"]) >= int(row["reach"]) > 0
        counts = {entry["action_type"]: entry for entry in row.get("actions", ())}
        values = {entry["action_type"]: entry for entry in row.get("action_values", ())}
        assert len(counts) == len(row.get("actions", ()))
        for entry in counts.values():
            assert all(0 < int(entry[key]) <= clicks for key in entry.keys() - {"action_type"})
        for kind, entry in values.items():
            assert entry.keys() <= counts[kind].keys()
        if "purchase" in counts:
            assert counts["purchase"]["value"] == counts["omni_purchase"]["value"]
            assert values["purchase"]["value"] == values["omni_purchase"]["value"]


def test_attribution_windows_come_only_when_asked_for(
    http: requests.Session, sandbox: SandboxProcess
) -> None:
    silent, asked = (
        sums(paged(http, sandbox, "act_1001", **windows))
        for windows in ({}, {"action_attribution_windows": "7d_click,28d_view"})
    )
    assert {key.rpartition(".")[2] for key in silent if "." in key} == {"value"}
    assert {key.rpartition(".")[2] for key in asked if "." in key} == {"value", "7d_click"}
    assert silent.items() <= asked.items()


def test_a_yen_account_has_no_decimals(http: requests.Session, sandbox: SandboxProcess) -> None:
    rows = paged(http, sandbox, "act_1007", level="campaign", time_increment=1)
    assert not any("." in row["spend"] for row in rows)
    assert not any("." in e["value"] for row in rows for e in row.get("action_values", ()))
    assert {row["account_currency"] for row in rows} == {"JPY"}


def test_the_traffic_account_never_converts(
    http: requests.Session, sandbox: SandboxProcess
) -> None:
    rows = paged(http, sandbox, "act_1016", date_preset="maximum")
    assert {e["action_type"] for e in rows[0]["actions"]} == {"link_click", "landing_page_view"}
    assert "action_values" not in rows[0]


@pytest.mark.parametrize("account", ["act_1001", "act_1005", "act_1007", "act_1015", "act_1016"])
@pytest.mark.parametrize(
    ("since", "until", "increment"),
    [
        ("2026-11-22", "2026-11-22", "1"),
        ("2026-09-20", "2026-11-05", "monthly"),
        ("2026-10-20", "2026-11-23", "7"),
        ("2026-08-01", "2026-10-31", "all_days"),
    ],
)
def test_the_account_total_is_the_exact_sum_of_its_campaigns(
    http: requests.Session,
    sandbox: SandboxProcess,
    account: str,
    since: str,
    until: str,
    increment: str,
) -> None:
    query = {
        "time_range": period(since, until),
        "time_increment": increment,
        "action_attribution_windows": WINDOWS,
    }
    total = paged(http, sandbox, account, level="account", **query)
    campaigns = paged(http, sandbox, account, level="campaign", **query)
    assert sums(total) == sums(campaigns)
    reach = sum(int(row["reach"]) for row in campaigns)
    assert sum(int(row["reach"]) for row in total) < reach


@pytest.mark.parametrize("account", ["act_1001", "act_1012", "act_1013"])
def test_the_truth_equals_the_paged_rows(
    http: requests.Session, sandbox: SandboxProcess, account: str
) -> None:
    days = {"since": "2026-09-15", "until": "2026-11-10"}
    rows = paged(
        http,
        sandbox,
        account,
        level="campaign",
        time_increment=1,
        time_range=json.dumps(days),
        limit=333,
    )
    url = f"{sandbox.url}/sandbox/truth"
    truth = http.get(url, params={"account": account, "level": "campaign", **days}).json()
    found = sums(rows)
    for part in (truth, *truth["months"]):
        assert {"spend", "impressions", "clicks", "link_clicks", "actions"} <= part.keys()
    assert Decimal(truth["spend"]) == found["spend"]
    assert truth["link_clicks"] == found["inline_link_clicks"]
    assert truth["days_with_delivery"] == len({row["date_start"] for row in rows}) == 57
    for kind, entry in truth["actions"].items():
        assert entry["count"] == found[f"actions.{kind}.value"]
        assert Decimal(entry["value"]) == found.get(f"action_values.{kind}.value", 0)
    by_campaign = {entry["campaign_id"]: Decimal(entry["spend"]) for entry in truth["campaigns"]}
    assert by_campaign.keys() == {row["campaign_id"] for row in rows}
    assert sum(by_campaign.values()) == found["spend"]
    assert sum(Decimal(month["spend"]) for month in truth["months"]) == found["spend"]


def test_today_is_a_part_and_tomorrow_is_nothing(
    http: requests.Session, sandbox: SandboxProcess
) -> None:
    days = [
        paged(http, sandbox, "act_1001", time_range=period(day, day))
        for day in ("2026-11-22", "2026-11-23", "2026-11-24")
    ]
    assert 0 < Decimal(days[1][0]["spend"]) < Decimal(days[0][0]["spend"])
    assert days[2] == []


def test_two_processes_agree_on_final_days_whatever_their_clocks_say(
    http: requests.Session, sandbox: SandboxProcess
) -> None:
    query = {
        "level": "campaign",
        "time_increment": 1,
        "time_range": period("2026-08-01", "2026-08-20"),
        "fields": FIELDS.replace(",campaign_name", ""),
    }
    with SandboxProcess(now=datetime(2026, 9, 20, tzinfo=UTC)) as other:
        assert paged(http, other, "act_1009", **query) == paged(http, sandbox, "act_1009", **query)
    with SandboxProcess(now=NOW, seed=8) as another:
        assert paged(http, another, "act_1009", **query) != paged(
            http, sandbox, "act_1009", **query
        )


def test_results_outside_of_actions_come_in_fields_of_their_own(
    http: requests.Session, sandbox: SandboxProcess
) -> None:
    fields = f"{FIELDS},conversions,conversion_values,catalog_segment_actions,catalog_segment_value"
    asked = {"time_increment": 1, "time_range": period("2026-10-01", "2026-10-31")}

    def named(account: str, field: str, level: str = "campaign") -> dict[str, Decimal]:
        found: dict[str, Decimal] = {}
        for row in paged(http, sandbox, account, level=level, fields=fields, **asked):
            for entry in row.get(field, []):
                kind = entry["action_type"]
                found[kind] = found.get(kind, Decimal(0)) + Decimal(entry["value"])
        return found

    booked = named("act_1010", "conversions")
    assert set(booked) == {"schedule_total", "schedule_website"}
    assert booked == named("act_1010", "conversions", "account")
    assert not {*booked} & {*named("act_1010", "actions")}
    for field, whole in (
        ("actions", "catalog_segment_actions"),
        ("action_values", "catalog_segment_value"),
    ):
        shared, all_sold = named("act_1001", whole), named("act_1001", field)
        assert 0 < shared["omni_purchase"] < all_sold["omni_purchase"]
