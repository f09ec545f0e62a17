"""Wrong requests get Meta's error envelopes, and every reply carries the usage headers."""

import json
from typing import Any

import pytest
import requests
from sandbox_support import NOW

from orchestration.sandbox.process import SandboxProcess


def ask(
    sandbox: SandboxProcess, path: str, params: dict[str, Any] | None = None, token: str = "token"
) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.get(f"{sandbox.url}/v26.0/{path}", params=params, headers=headers, timeout=20)


def error_of(reply: requests.Response) -> dict[str, Any]:
    error: dict[str, Any] = reply.json()["error"]
    assert error["fbtrace_id"] == reply.headers["x-fb-trace-id"]
    return error


@pytest.mark.parametrize(
    ("params", "code", "words"),
    [
        ({"level": "creative"}, 100, "level must be one of"),
        ({"fields": "spend,nonsense"}, 100, "nonsense is not valid for fields param"),
        ({"time_range": '{"since":"2026-02-30","until":"2026-03-01"}'}, 100, "time_range"),
        ({"time_range": '{"since":"2026-03-02","until":"2026-03-01"}'}, 100, "after until"),
        ({"time_range": '{"since":"2026-03-02"}'}, 100, "since and until"),
        ({"time_range": "{"}, 100, "valid JSON"),
        ({"time_range": '{"since":"2023-10-22","until":"2023-10-23"}'}, 3018, "beyond 37 months"),
        ({"date_preset": "lifetime"}, 100, "date_preset must be one of"),
        ({"time_increment": "0"}, 100, "time_increment"),
        ({"action_attribution_windows": "3d_click"}, 100, "action_attribution_windows[0]"),
        ({"filtering": '[{"field":"ad.colour","operator":"IN","value":[]}]'}, 100, "ad.colour"),
        ({"limit": "-1"}, 100, "limit"),
        ({"after": "%%%"}, 100, "cursors"),
        ({"after": "LTUZD"}, 100, "cursors"),
    ],
)
def test_a_wrong_parameter_is_refused(
    sandbox: SandboxProcess, params: dict[str, str], code: int, words: str
) -> None:
    reply = ask(sandbox, "act_1001/insights", params)
    assert reply.status_code == 400
    assert error_of(reply)["code"] == code
    assert words in error_of(reply)["message"]


def test_an_unknown_account_does_not_exist(sandbox: SandboxProcess) -> None:
    reply = ask(sandbox, "act_9/insights")
    assert reply.status_code == 400
    assert (error_of(reply)["code"], error_of(reply)["error_subcode"]) == (100, 33)


@pytest.mark.parametrize("path", ["act_1001/nothing", "act_1001/insights/more"])
def test_an_unknown_edge_is_refused(sandbox: SandboxProcess, path: str) -> None:
    assert error_of(ask(sandbox, path))["code"] == 2500


def test_an_unknown_node_field_is_refused(sandbox: SandboxProcess) -> None:
    assert error_of(ask(sandbox, "act_1001", {"fields": "shoe_size"}))["code"] == 100


def test_a_missing_token_is_told_so(sandbox: SandboxProcess) -> None:
    reply = ask(sandbox, "me", token="")
    assert reply.status_code == 400
    assert error_of(reply)["code"] == 2500
    assert "An active access token must be used" in error_of(reply)["message"]


def test_a_dead_token_has_expired(sandbox: SandboxProcess) -> None:
    error = error_of(ask(sandbox, "me", token="dead-1"))
    assert (error["code"], error["error_subcode"], error["type"]) == (190, 463, "OAuthException")


def test_an_exact_token_excludes_all_others() -> None:
    with SandboxProcess(now=NOW, token="right") as strict:
        assert ask(strict, "me", token="right").status_code == 200
        assert error_of(ask(strict, "me", token="other"))["code"] == 190


def test_lists_may_be_json_and_unknown_parameters_are_ignored(sandbox: SandboxProcess) -> None:
    plain = ask(sandbox, "act_1001/insights/", {"fields": "spend,clicks", "sort": "asc"})
    written = ask(sandbox, "act_1001/insights", {"fields": '["spend","clicks"]'})
    assert plain.json() == written.json()
    assert plain.json()["data"][0].keys() == {"spend", "clicks", "date_start", "date_stop"}


@pytest.mark.parametrize("path", ["act_1001/insights", "act_1001", "act_1001/insights?level=ad"])
def test_every_reply_carries_usage_headers(sandbox: SandboxProcess, path: str) -> None:
    headers = ask(sandbox, path).headers
    assert headers["facebook-api-version"] == "v26.0"
    assert json.loads(headers["X-App-Usage"])["call_count"] < 50
    if "insights" in path:
        assert json.loads(headers["X-FB-Ads-Insights-Throttle"])["acc_id_util_pct"] < 50
        usage = json.loads(headers["X-Business-Use-Case-Usage"])["1001"][0]
        assert usage["estimated_time_to_regain_access"] == 0
        assert "X-Ad-Account-Usage" in headers
