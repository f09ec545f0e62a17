"""Faults that answer with an error or a limit: its envelope, its codes, its headers."""

import json

import pytest
from campaign_days import DAYS, ask
from sandbox_support import spoil

from orchestration.sandbox.process import SandboxProcess


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
