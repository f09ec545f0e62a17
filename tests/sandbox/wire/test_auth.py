"""Tokens, proofs, versions and the many ways to write the same request."""

import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from sandbox_support import BEARER, NOW, ROWS, call, code_of

from orchestration.sandbox.process import SandboxProcess

SECRET = "s3cr3t"
PROOF = hmac.new(SECRET.encode(), b"t", "sha256").hexdigest()


@pytest.fixture(scope="module")
def strict() -> Iterator[SandboxProcess]:
    with SandboxProcess(now=NOW, token="t", app_secret=SECRET) as process:
        yield process


@pytest.mark.parametrize(
    "request_options",
    [
        {"params": {"access_token": "t"}},
        {"headers": {"Authorization": "Bearer t"}},
        {"headers": {"Authorization": "OAuth t"}},
    ],
)
def test_a_token_may_come_in_the_query_or_a_header(
    sandbox: SandboxProcess, request_options: dict[str, Any]
) -> None:
    reply = requests.get(f"{sandbox.url}/v26.0/me", timeout=20, **request_options)
    assert reply.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"access_token": "t", **ROWS}},
        {"json": {"access_token": "t", **ROWS}},
        {"json": {"access_token": "t", **ROWS, "time_increment": 1, "fields": ["spend"]}},
        {"files": {name: (None, value) for name, value in {"access_token": "t", **ROWS}.items()}},
    ],
)
def test_a_body_may_be_a_form_json_or_multipart(
    sandbox: SandboxProcess, body: dict[str, Any]
) -> None:
    url = f"{sandbox.url}/v26.0/act_1001/insights"
    assert requests.post(url, timeout=20, **body).json()["report_run_id"].isdecimal()
    got = requests.post(url, params={"method": "get"}, timeout=20, **body).json()
    assert len(got["data"]) == 25
    assert "access_token" not in got["paging"]["next"]
    following = requests.get(got["paging"]["next"], headers=BEARER, timeout=20).json()
    assert following["data"][0] != got["data"][0]


@pytest.mark.parametrize("fields", ["spend,clicks", '["spend","clicks"]'])
@pytest.mark.parametrize("breakdowns", ["", "[]"])
def test_lists_have_two_spellings_and_may_be_empty(
    sandbox: SandboxProcess, fields: str, breakdowns: str
) -> None:
    query = {"fields": fields, "breakdowns": breakdowns, "order_by": "x"}
    page = call(sandbox, "act_1001/insights/", params=query).json()
    assert page["data"][0].keys() == {"spend", "clicks", "date_start", "date_stop"}


def test_the_proof_has_to_come_and_to_be_right(strict: SandboxProcess) -> None:
    missing = call(strict, "me")
    assert code_of(missing) == (400, 100, None)
    assert missing.json()["error"]["type"] == "GraphMethodException"
    assert "require an appsecret_proof" in missing.json()["error"]["message"]
    wrong = call(strict, "me", params={"appsecret_proof": "0" * 64})
    assert "Invalid appsecret_proof" in wrong.json()["error"]["message"]
    assert call(strict, "me", params={"appsecret_proof": PROOF}).status_code == 200


def test_a_batch_passes_the_proof_on_to_its_calls(strict: SandboxProcess) -> None:
    form = {
        "batch": json.dumps([{"method": "GET", "relative_url": "me"}]),
        "appsecret_proof": PROOF,
    }
    assert call(strict, "", "POST", data=form).json()[0]["code"] == 200


@pytest.mark.parametrize(("token", "valid"), [("t", True), ("dead", False), ("other", False)])
def test_a_token_can_be_looked_up(strict: SandboxProcess, token: str, valid: bool) -> None:
    query = {"input_token": token, "access_token": "1|secret"}
    reply = requests.get(f"{strict.url}/v26.0/debug_token", params=query, timeout=20)
    data = reply.json()["data"]
    assert data["is_valid"] is valid
    assert data.items() >= {"type": "SYSTEM_USER", "scopes": ["ads_read"]}.items()


def test_the_user_of_the_token_has_a_name(sandbox: SandboxProcess) -> None:
    assert call(sandbox, "me").json().keys() == {"id", "name"}
    assert call(sandbox, "me", params={"fields": "id"}).json().keys() == {"id"}


@pytest.mark.parametrize(
    ("asked", "served"), [("v26.0", "v26.0"), ("v25.0", "v25.0"), ("v23.0", "v25.0")]
)
def test_an_expired_version_is_forwarded_with_a_warning(
    sandbox: SandboxProcess, asked: str, served: str
) -> None:
    reply = requests.get(f"{sandbox.url}/{asked}/me", headers=BEARER, timeout=20)
    assert reply.status_code == 200
    assert reply.headers["facebook-api-version"] == served
    assert ("X-Ad-Api-Version-Warning" in reply.headers) == (asked != served)


@pytest.mark.parametrize(("asked", "code"), [("v21.0", 2635), ("v27.0", 2500)])
def test_a_version_long_gone_or_not_yet_there_is_refused(
    sandbox: SandboxProcess, asked: str, code: int
) -> None:
    reply = requests.get(f"{sandbox.url}/{asked}/me", headers=BEARER, timeout=20)
    assert code_of(reply) == (400, code, None)


def test_the_live_versions_can_be_chosen() -> None:
    with SandboxProcess(now=NOW, live_versions=("v26.0", "v27.0")) as later:
        reply = requests.get(f"{later.url}/v25.0/me", headers=BEARER, timeout=20)
        assert reply.headers["facebook-api-version"] == "v26.0"
        reply = requests.get(f"{later.url}/v27.0/me", headers=BEARER, timeout=20)
        assert reply.headers["facebook-api-version"] == "v27.0"


@pytest.mark.parametrize("path", ["act_1001", "act_1001/campaigns", "me/adaccounts"])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_nothing_can_be_changed(sandbox: SandboxProcess, path: str, method: str) -> None:
    reply = call(sandbox, path, method)
    assert code_of(reply) == (400, 100, 33)
    assert f"Unsupported {method.lower()} request" in reply.json()["error"]["message"]


@pytest.mark.parametrize("path", ["me", "act_1001", "act_9", "act_1001/insights", "nonsense"])
def test_every_reply_tells_the_usage(sandbox: SandboxProcess, path: str) -> None:
    assert call(sandbox, path).headers.keys() >= {
        "X-App-Usage",
        "X-Ad-Account-Usage",
        "X-Business-Use-Case-Usage",
        "X-FB-Ads-Insights-Throttle",
        "facebook-api-version",
        "x-fb-trace-id",
    }
