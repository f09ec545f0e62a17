"""Pages, cursors, filters and the nodes beside insights."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from sandbox_support import BEARER, rows, spoil, steer, walked

from orchestration.sandbox.process import SandboxProcess

FIELDS = "campaign_id,spend,actions"


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
    assert len(campaigns["data"]) > 15
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


def test_previous_leads_back_and_is_missing_on_the_first_page(
    http: requests.Session, sandbox: SandboxProcess
) -> None:
    first = get(http, sandbox, "me/adaccounts", limit=5)
    assert "previous" not in first["paging"]
    second = http.get(first["paging"]["next"], timeout=20).json()
    assert http.get(second["paging"]["previous"], timeout=20).json()["data"] == first["data"]


def test_links_lead_to_the_sandbox_itself(http: requests.Session, sandbox: SandboxProcess) -> None:
    page = get(http, sandbox, "act_1001/ads", limit=5)
    assert page["paging"]["next"].startswith(f"{sandbox.url}/v26.0/act_1001/ads?")
    assert "access_token" not in page["paging"]["next"]


@pytest.fixture
def spoiled(sandbox: SandboxProcess) -> Iterator[SandboxProcess]:
    yield sandbox
    steer(sandbox, "faults", "DELETE")


@pytest.mark.parametrize("kind", ["empty_page", "short_pages", "foreign_next"])
def test_every_odd_page_has_its_kind_of_oddity(spoiled: SandboxProcess, kind: str) -> None:
    honest = rows(spoiled, limit="10").json()
    spoil(spoiled, kind)
    odd = rows(spoiled, limit="10").json()
    assert len(odd["data"]) == {"empty_page": 0, "short_pages": 5}.get(kind, 10)
    assert odd["data"] == honest["data"][: len(odd["data"])]
    host = "https://evil.example/" if kind == "foreign_next" else spoiled.url
    assert odd["paging"]["next"].startswith(host)


@pytest.mark.parametrize("limit", ["10", "500"])
@pytest.mark.parametrize("kind", ["empty_page", "short_pages", "no_cursor"])
def test_pages_may_be_odd_without_losing_a_row(
    spoiled: SandboxProcess, kind: str, limit: str
) -> None:
    honest, _ = walked(spoiled, limit="500")
    spoil(spoiled, kind)
    assert walked(spoiled, limit=limit)[0] == honest


def test_a_duplicated_page_comes_again_under_another_cursor(spoiled: SandboxProcess) -> None:
    honest, pages = walked(spoiled, limit="10")
    spoil(spoiled, "duplicated_page")
    found, more = walked(spoiled, limit="10")
    assert more == 2 * pages
    assert sorted(map(str, found)) == sorted(map(str, honest * 2))


def test_overlapping_pages_begin_with_the_end_of_the_one_before(spoiled: SandboxProcess) -> None:
    honest, _ = walked(spoiled, limit="500")
    spoil(spoiled, "overlapping_pages")
    first = rows(spoiled, limit="10").json()
    second = requests.get(first["paging"]["next"], headers=BEARER, timeout=20).json()
    assert second["data"][:2] == first["data"][-2:]
    found, _ = walked(spoiled, limit="10")
    assert {str(row) for row in found} == {str(row) for row in honest}


@pytest.mark.parametrize("kind", ["repeated_cursor", "page_loop", "next_without_after"])
def test_a_cursor_may_lead_nowhere_for_ever(spoiled: SandboxProcess, kind: str) -> None:
    _, honest = walked(spoiled, limit="20")
    spoil(spoiled, kind)
    assert walked(spoiled, pages=30, limit="20")[1] == 30 > honest


def test_a_repeated_cursor_is_the_one_just_used(spoiled: SandboxProcess) -> None:
    spoil(spoiled, "repeated_cursor")
    after = rows(spoiled, limit="10").json()["paging"]["cursors"]["after"]
    assert rows(spoiled, limit="10", after=after).json()["paging"]["cursors"]["after"] == after


@pytest.mark.parametrize(("kind", "names"), [("no_cursor", True), ("next_without_after", False)])
def test_next_may_come_without_its_cursor(spoiled: SandboxProcess, kind: str, names: bool) -> None:
    spoil(spoiled, kind)
    paging = rows(spoiled, limit="10").json()["paging"]
    assert paging.keys() == {"next"}
    assert ("after=" in paging["next"]) == names


def test_the_last_page_may_be_lost_in_silence(spoiled: SandboxProcess) -> None:
    honest, pages = walked(spoiled, limit="10")
    spoil(spoiled, "after_ends_early")
    found, fewer = walked(spoiled, limit="10")
    assert fewer == pages - 1 > 1
    assert found == honest[: 10 * fewer]
