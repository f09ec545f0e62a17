"""Pages, cursors, filters and the nodes beside insights."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from orchestration.sandbox.server import SandboxProcess

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FIELDS = "campaign_id,spend,actions"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess(now=NOW) as process:
        yield process


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers["Authorization"] = "Bearer token"
        yield session


def get(http: requests.Session, sandbox: SandboxProcess, path: str, **params: Any) -> Any:
    reply = http.get(f"{sandbox.url}/v26.0/{path}", params=params, timeout=20)
    assert reply.status_code == 200, reply.text
    return reply.json()


def period(since: str, until: str) -> str:
    return json.dumps({"since": since, "until": until})


def paged(
    http: requests.Session, sandbox: SandboxProcess, account: str, **params: Any
) -> list[dict[str, Any]]:
    page = get(http, sandbox, f"{account}/insights", **{"fields": FIELDS, "limit": 500, **params})
    rows = list(page["data"])
    while "next" in page.get("paging", {}):
        page = http.get(page["paging"]["next"], timeout=20).json()
        rows += page["data"]
    return rows


@pytest.mark.parametrize("limit", [7, 25, 100])
def test_paging_yields_each_row_once(
    http: requests.Session, sandbox: SandboxProcess, limit: int
) -> None:
    query = {
        "level": "campaign",
        "time_increment": 1,
        "time_range": period("2026-11-01", "2026-11-15"),
    }
    whole = paged(http, sandbox, "act_1001", limit=5000, **query)
    parts = paged(http, sandbox, "act_1001", limit=limit, **query)
    assert parts == whole
    assert len({(row["campaign_id"], row["date_start"]) for row in whole}) == len(whole) > 100


def test_the_last_page_has_cursors_and_no_next_and_beyond_it_is_nothing(
    http: requests.Session, sandbox: SandboxProcess
) -> None:
    first = get(http, sandbox, "me/adaccounts", limit=8)
    assert first["paging"]["cursors"]["before"] == "MAZDZD"
    assert first["paging"]["next"].startswith(sandbox.url)
    assert "token" not in first["paging"]["next"]
    last = http.get(first["paging"]["next"], timeout=20).json()
    assert len(last["data"]) == 8
    assert "next" not in last["paging"]
    beyond = get(http, sandbox, "me/adaccounts", after=last["paging"]["cursors"]["after"])
    assert beyond == {"data": []}


def test_a_token_in_the_query_stays_in_next(sandbox: SandboxProcess) -> None:
    page = requests.get(f"{sandbox.url}/v26.0/me/adaccounts?limit=1&access_token=abc", timeout=20)
    assert "access_token=abc" in page.json()["paging"]["next"]


def test_filters_narrow_rows_and_campaigns(http: requests.Session, sandbox: SandboxProcess) -> None:
    campaigns = get(http, sandbox, "act_1001/campaigns", limit=100, fields="effective_status")
    assert len(campaigns["data"]) == 25
    chosen = [entry["id"] for entry in campaigns["data"][:2]]
    by_id = json.dumps([{"field": "campaign.id", "operator": "IN", "value": chosen}])
    rows = paged(http, sandbox, "act_1001", level="campaign", filtering=by_id)
    assert {row["campaign_id"] for row in rows} <= set(chosen)
    active = get(http, sandbox, "act_1001/campaigns", limit=100, effective_status='["ACTIVE"]')
    assert {entry["id"] for entry in active["data"]} == {
        entry["id"] for entry in campaigns["data"] if entry["effective_status"] == "ACTIVE"
    }


def test_the_accounts_differ_in_zone_and_currency(
    http: requests.Session, sandbox: SandboxProcess
) -> None:
    accounts = get(http, sandbox, "me/adaccounts", limit=50, fields="id,currency,timezone_name")
    assert len(accounts["data"]) == 16
    assert len({entry["timezone_name"] for entry in accounts["data"]}) >= 8
    assert len({entry["currency"] for entry in accounts["data"]}) >= 6
    account = get(http, sandbox, "act_1001/", fields="name,timezone_offset_hours_utc,created_time")
    assert account["timezone_offset_hours_utc"] == 1
    assert account["created_time"].endswith("+0100")
