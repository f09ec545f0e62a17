"""Each kind of fault does what its description says, to the requests it is meant for."""

import json
from collections.abc import Callable
from decimal import Decimal
from time import monotonic
from typing import Any

import pytest
import requests
from sandbox_support import spoil

from orchestration.sandbox.faults.kinds import kinds
from orchestration.sandbox.process import SandboxProcess

DAYS = {"since": "2026-11-10", "until": "2026-11-12"}
FIELDS = "account_currency,campaign_id,spend,impressions,clicks,actions,action_values"
Rows = list[dict[str, Any]]


def ask(sandbox: SandboxProcess, account: str = "act_1001", **params: Any) -> requests.Response:
    query = {"time_increment": 1, "limit": 500, "time_range": json.dumps(DAYS), "fields": FIELDS}
    url = f"{sandbox.url}/v26.0/{account}/insights"
    headers = {"Authorization": "Bearer t"}
    return requests.get(url, params={**query, **params}, headers=headers, timeout=20)


def levels(sandbox: SandboxProcess) -> tuple[Rows, Rows]:
    """The campaign rows and the account rows of the three days."""
    campaign, account = (ask(sandbox, level=level) for level in ("campaign", "account"))
    return campaign.json()["data"], account.json()["data"]


@pytest.mark.parametrize(
    ("kind", "status", "code", "subcode"),
    [
        ("rate_limit", 400, 80000, 2446079),
        ("token_dead", 400, 190, 463),
        ("permission", 403, 200, None),
        ("unknown_error", 500, 1, 99),
        ("reduce_data", 500, 1, None),
        ("token_invalid", 400, 190, 460),
        ("missing_permission", 400, 100, None),
        ("object_missing", 400, 100, 33),
        ("version_retired", 400, 2635, None),
        ("bad_request", 400, 100, None),
        ("service_unavailable", 400, 2, None),
        ("transient_flag", 400, 4711, None),
        ("policy_block", 400, 368, None),
        ("summary_spurious", 400, 100, None),
        ("intermittent_104", 400, 104, None),
        ("app_limit", 400, 4, 1504022),
        ("user_limit", 400, 17, 2446079),
        ("buc_limit", 400, 80004, 2446079),
        ("custom_limit", 400, 613, 1487742),
    ],
)
def test_graph_errors_come_in_their_envelope(
    sandbox: SandboxProcess, kind: str, status: int, code: int, subcode: int | None
) -> None:
    spoil(sandbox, kind, times=1)
    reply = ask(sandbox)
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error.get("error_subcode")) == (status, code, subcode)
    assert ask(sandbox).status_code == 200


def test_a_rate_limit_says_in_the_headers_when_access_is_back(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "rate_limit", minutes=3)
    headers = ask(sandbox).headers
    usage = json.loads(headers["X-Business-Use-Case-Usage"])["1001"][0]
    assert usage["estimated_time_to_regain_access"] == 3
    assert json.loads(headers["X-FB-Ads-Insights-Throttle"])["acc_id_util_pct"] == 100


@pytest.mark.parametrize(
    ("kind", "app", "account", "business"),
    [
        ("user_limit", 1, 100, 100),
        ("app_limit", 100, 2, 2),
        ("buc_limit", 1, 100, 100),
        ("custom_limit", 1, 100, 100),
    ],
)
def test_a_limit_shows_in_its_own_headers_with_its_own_unit(
    sandbox: SandboxProcess, kind: str, app: int, account: int, business: int
) -> None:
    spoil(sandbox, kind, minutes=3)
    headers = ask(sandbox).headers
    used = json.loads(headers["X-Ad-Account-Usage"])
    (case,) = json.loads(headers["X-Business-Use-Case-Usage"])["1001"]
    assert json.loads(headers["X-App-Usage"])["call_count"] == app
    assert (used["acc_id_util_pct"], used["reset_time_duration"]) == (account, 180)
    assert (case["call_count"], case["estimated_time_to_regain_access"]) == (business, 3)
    assert case["type"] == ("ads_management" if kind == "buc_limit" else "ads_insights")


def test_a_limit_can_be_silent_about_usage(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "rate_limit", headers=False)
    assert not {name for name in ask(sandbox).headers if "usage" in name or "throttle" in name}


@pytest.mark.parametrize(
    ("scope", "header", "name"),
    [
        ("app", "X-App-Usage", "call_count"),
        ("account", "X-Ad-Account-Usage", "acc_id_util_pct"),
        ("account", "X-FB-Ads-Insights-Throttle", "acc_id_util_pct"),
    ],
)
def test_usage_rises_without_an_error(
    sandbox: SandboxProcess, scope: str, header: str, name: str
) -> None:
    honest = ask(sandbox).json()
    spoil(sandbox, "usage", percent=77, scope=scope, minutes=0)
    reply = ask(sandbox)
    assert reply.json() == honest
    assert json.loads(reply.headers[header])[name] == 77


def test_usage_of_the_business_is_its_own(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "usage", percent=77, scope="business", minutes=4)
    headers = ask(sandbox).headers
    (case,) = json.loads(headers["X-Business-Use-Case-Usage"])["1001"]
    assert (case["call_count"], case["estimated_time_to_regain_access"]) == (77, 4)
    assert json.loads(headers["X-Ad-Account-Usage"])["acc_id_util_pct"] == 2


def test_a_token_is_echoed_as_meta_does(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "token_echo")
    reply = ask(sandbox)
    assert reply.json()["error"]["message"] == "Malformed access token t"
    assert reply.json()["error"]["code"] == 190


def test_a_version_warning_comes_with_the_honest_answer(sandbox: SandboxProcess) -> None:
    honest = ask(sandbox).json()
    spoil(sandbox, "version_warning")
    reply = ask(sandbox)
    assert reply.json() == honest
    assert "v26.0" in reply.headers["X-Ad-Api-Version-Warning"]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("empty_body", b""),
        ("no_data", b'{"paging":{}}'),
        ("success_false", b'{"success":false}'),
        ("text_200", b"Service Unavailable"),
        ("json_array", b"[]"),
    ],
)
def test_a_good_status_may_have_a_bad_body(sandbox: SandboxProcess, kind: str, body: bytes) -> None:
    spoil(sandbox, kind)
    reply = ask(sandbox)
    assert (reply.status_code, reply.content) == (200, body)


def test_an_error_may_come_with_status_200(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "error_200")
    reply = ask(sandbox)
    assert (reply.status_code, reply.json()["error"]["code"]) == (200, 2)


@pytest.mark.parametrize("kind", ["dribble", "dribble_headers"])
def test_a_dribbled_answer_is_right_in_the_end(sandbox: SandboxProcess, kind: str) -> None:
    honest = ask(sandbox, level="account", fields="spend").json()
    spoil(sandbox, kind, seconds=0.0001)
    assert ask(sandbox, level="account", fields="spend").json() == honest


@pytest.mark.parametrize("kind", ["dribble", "dribble_headers"])
def test_whoever_leaves_a_dribble_is_rid_of_it(sandbox: SandboxProcess, kind: str) -> None:
    spoil(sandbox, kind, seconds=0.05, times=1)
    started = monotonic()
    with pytest.raises(requests.RequestException):
        requests.get(f"{sandbox.url}/v26.0/act_1001?access_token=t", timeout=0.01)
    assert ask(sandbox).status_code == 200
    assert monotonic() - started < 2


def test_a_body_may_end_in_its_middle(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "hang_after_half", times=1)
    with pytest.raises(requests.RequestException):
        ask(sandbox)
    assert ask(sandbox).status_code == 200


def test_a_page_too_large_is_refused_until_it_is_small_enough(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "reduce_data", rows=50)
    assert [ask(sandbox, limit=rows).status_code for rows in (51, 50)] == [500, 200]


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("reduce_data", {"limit": "many"}),
        ("too_many_days", {"time_range": "{"}),
        ("data_limit", {"filtering": "{"}),
    ],
)
def test_a_fault_of_size_leaves_unreadable_parameters_to_the_honest_answer(
    sandbox: SandboxProcess, kind: str, params: dict[str, str]
) -> None:
    spoil(sandbox, kind, **({"rows": 50} if kind == "reduce_data" else {}))
    reply = ask(sandbox, **params)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, 100)


def test_a_range_too_long_is_refused_until_it_is_short_enough(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "too_many_days", days=2)
    short = json.dumps({"since": "2026-11-10", "until": "2026-11-11"})
    assert [ask(sandbox, time_range=days).status_code for days in (json.dumps(DAYS), short)] == [
        500,
        200,
    ]
    several = json.dumps([DAYS])
    assert ask(sandbox, time_range="", time_ranges=several).status_code == 500


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("sync_too_heavy", (400, 500), (2, 1504038)),
        ("timeout_100", (400,), (100, 1504018)),
        ("data_limit", (400,), (100, 1487534)),
    ],
)
def test_what_is_too_much_says_so_in_its_code(
    sandbox: SandboxProcess, kind: str, status: tuple[int, ...], code: tuple[int, int]
) -> None:
    spoil(sandbox, kind)
    reply = ask(sandbox)
    error = reply.json()["error"]
    assert reply.status_code in status
    assert (error["code"], error["error_subcode"]) == code


@pytest.mark.parametrize(
    ("kind", "status"), [("http_500", 500), ("http_503", 503), ("html_502", 502)]
)
def test_server_errors_have_no_json(sandbox: SandboxProcess, kind: str, status: int) -> None:
    spoil(sandbox, kind)
    reply = ask(sandbox)
    assert reply.status_code == status
    with pytest.raises(requests.JSONDecodeError):
        reply.json()


def test_a_truncated_answer_is_half_of_the_json(sandbox: SandboxProcess) -> None:
    whole = ask(sandbox).content
    spoil(sandbox, "truncated")
    reply = ask(sandbox)
    assert reply.status_code == 200
    assert reply.content == whole[: len(whole) // 2]


def test_a_reset_closes_the_connection_and_the_next_one_is_fine(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "reset", times=1)
    with pytest.raises(requests.ConnectionError):
        ask(sandbox)
    assert ask(sandbox).status_code == 200


def test_a_slow_answer_is_late_and_right(sandbox: SandboxProcess) -> None:
    prompt = ask(sandbox).json()
    spoil(sandbox, "slow", seconds=0.3)
    started = monotonic()
    assert ask(sandbox).json() == prompt
    assert monotonic() - started >= 0.3


@pytest.mark.parametrize(
    ("kind", "gone"),
    [
        ("split", ("link_click", "purchase", "omni_purchase")),
        ("split_purchase", ("purchase", "omni_purchase", "offsite_conversion.fb_pixel_purchase")),
    ],
)
def test_split_conversions_are_known_to_the_account_only(
    sandbox: SandboxProcess, kind: str, gone: tuple[str, ...]
) -> None:
    before, total = levels(sandbox)
    spoil(sandbox, kind)
    after, same = levels(sandbox)
    types = {entry["action_type"] for row in after for entry in row.get("actions", ())}
    assert same == total
    assert len(after) == len(before)
    assert not types & set(gone)
    assert ("link_click" in types) == (kind == "split_purchase")


@pytest.mark.parametrize(
    ("kind", "left"), [("rows_dropped", lambda n: -(-n // 2)), ("empty_days", lambda n: 0)]
)
def test_lost_campaign_rows_leave_the_account_row_complete(
    sandbox: SandboxProcess, kind: str, left: Callable[[int], int]
) -> None:
    before, total = levels(sandbox)
    spoil(sandbox, kind, since="2026-11-11", until="2026-11-11")
    after, same = levels(sandbox)
    assert same == total
    for day in ("2026-11-10", "2026-11-11", "2026-11-12"):
        had, has = (sum(row["date_start"] == day for row in rows) for rows in (before, after))
        assert has == (left(had) if day == "2026-11-11" else had)


def test_holes_are_missing_at_every_level(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "holes", since="2026-11-11", until="2026-11-11")
    for rows in levels(sandbox):
        assert {row["date_start"] for row in rows} == {"2026-11-10", "2026-11-12"}


def test_duplicated_rows_come_twice_across_pages_too(sandbox: SandboxProcess) -> None:
    before, _ = levels(sandbox)
    spoil(sandbox, "duplicated")
    page = ask(sandbox, level="campaign", limit=7).json()
    rows = list(page["data"])
    while "next" in page["paging"]:
        headers = {"Authorization": "Bearer t"}
        page = requests.get(page["paging"]["next"], headers=headers, timeout=20).json()
        rows += page["data"]
    assert rows == [row for row in before for _ in range(2)]


@pytest.mark.parametrize(
    ("kind", "spoiled"),
    [
        ("wrong_dates", lambda row: row["date_start"].startswith("2025-11-")),
        ("negative", lambda row: Decimal(row["spend"]) < 0),
        ("non_numeric", lambda row: row["spend"] == "n/a"),
        ("spend_without_impressions", lambda row: row["impressions"] == "0"),
        ("wrong_currency", lambda row: row["account_currency"] == "USD"),
    ],
)
def test_spoiled_rows_are_spoiled_on_the_days_of_the_fault_only(
    sandbox: SandboxProcess, kind: str, spoiled: Callable[[dict[str, Any]], bool]
) -> None:
    before, _ = levels(sandbox)
    spoil(sandbox, kind, since="2026-11-12")
    after, _ = levels(sandbox)
    for old, new in zip(before, after, strict=True):
        assert not spoiled(old)
        assert spoiled(new) == (old["date_start"] == "2026-11-12")


def test_totals_disagree_by_a_tenth(sandbox: SandboxProcess) -> None:
    before, (first, *_) = levels(sandbox)
    spoil(sandbox, "totals_disagree")
    after, (raised, *_) = levels(sandbox)
    assert after == before
    excess = Decimal(raised["spend"]) - Decimal(first["spend"]) * 11 / 10
    assert abs(excess) <= Decimal("0.005")


def test_a_fault_meets_only_what_it_is_meant_for(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "http_500", account="act_1002", path="insights", level="campaign")
    assert ask(sandbox, "act_1002", level="campaign").status_code == 500
    assert ask(sandbox, "act_1002", level="account").status_code == 200
    assert ask(sandbox, "act_1001", level="campaign").status_code == 200
    node = f"{sandbox.url}/v26.0/act_1002?access_token=t"
    assert requests.get(node, timeout=20).status_code == 200


def test_after_spares_the_first_and_times_ends_it(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "http_500", after=1, times=2)
    assert [ask(sandbox).status_code for _ in range(5)] == [200, 500, 500, 200, 200]
    (fault,) = requests.get(f"{sandbox.url}/sandbox/faults", timeout=20).json()["faults"]
    assert (fault["matched"], fault["fired"]) == (5, 2)


def test_the_truth_stays_true_under_faults(sandbox: SandboxProcess) -> None:
    url = f"{sandbox.url}/sandbox/truth?account=act_1001"
    before = requests.get(url, timeout=20).json()
    spoil(sandbox, "holes")
    spoil(sandbox, "http_500")
    assert requests.get(url, timeout=20).json() == before


def test_faults_are_listed_and_taken_off(sandbox: SandboxProcess) -> None:
    url = f"{sandbox.url}/sandbox/faults"
    first, second = (spoil(sandbox, "holes")["id"] for _ in range(2))
    assert requests.delete(f"{url}/{first}", timeout=20).json() == {"removed": 1}
    listed = requests.get(url, timeout=20).json()
    assert [fault["id"] for fault in listed["faults"]] == [second]
    assert listed["kinds"] == kinds()
    assert requests.delete(url, timeout=20).json() == {"removed": 1}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "earthquake"},
        {"kind": ["holes"]},
        {"kind": "holes", "colour": "red"},
        {"kind": "holes", "since": "yesterday"},
        {"kind": "holes", "times": -1},
        {"kind": "holes", "level": "creative"},
        {"kind": "http_500", "since": "2026-11-01"},
        {"kind": "http_500", "seconds": 1},
        {"kind": "split", "level": "account"},
    ],
)
def test_an_unusable_fault_is_refused_with_the_kinds(
    sandbox: SandboxProcess, body: dict[str, Any]
) -> None:
    reply = requests.post(f"{sandbox.url}/sandbox/faults", json=body, timeout=20)
    assert reply.status_code == 400
    assert reply.json()["kinds"] == kinds()
