"""What the sandbox says of tokens, and of the time, while something is wrong with them."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from sandbox_support import spoil, steer

from orchestration.sandbox.process import SandboxProcess


def ask(sandbox: SandboxProcess, path: str, **params: str) -> Any:
    url = f"{sandbox.url}/v26.0/{path}"
    return requests.get(url, {"access_token": "t", **params}, timeout=20)


def facts(sandbox: SandboxProcess) -> Any:
    return ask(sandbox, "debug_token", input_token="t", access_token="1|secret").json()["data"]


def test_a_token_without_its_scope_reads_nothing_but_itself(sandbox: SandboxProcess) -> None:
    assert ask(sandbox, "me/permissions").json() == {
        "data": [{"permission": "ads_read", "status": "granted"}]
    }
    spoil(sandbox, "missing_scope")
    refused = [ask(sandbox, p).json()["error"]["code"] for p in ("me/adaccounts", "act_1001")]
    assert refused == [200, 200]
    assert ask(sandbox, "me").ok
    assert ask(sandbox, "me/permissions").json()["data"][0]["status"] == "declined"
    assert (facts(sandbox)["is_valid"], facts(sandbox)["scopes"]) == (True, [])


def test_a_token_that_ends_and_one_that_has_ended_say_when(sandbox: SandboxProcess) -> None:
    assert facts(sandbox)["expires_at"] == 0
    spoil(sandbox, "token_expires", days=3)
    ends = datetime.fromtimestamp(facts(sandbox)["expires_at"], UTC)
    now = datetime.fromisoformat(steer(sandbox, "clock")["now"])
    assert abs(ends - now - timedelta(days=3)) < timedelta(minutes=1)
    spoil(sandbox, "token_dead")
    assert facts(sandbox)["is_valid"] is False
    assert facts(sandbox)["error"]["subcode"] == 463
    own = ask(sandbox, "debug_token", input_token="t")
    assert own.json()["error"]["code"] == 190


def test_only_developers_may_look_tokens_up(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "debug_refused")
    assert ask(sandbox, "debug_token", input_token="t").json()["error"]["code"] == 100
    assert ask(sandbox, "me/permissions").ok


def test_the_date_can_be_ahead(sandbox: SandboxProcess) -> None:
    def ahead() -> timedelta:
        said: datetime = parsedate_to_datetime(ask(sandbox, "me").headers["Date"])
        return said - datetime.now(UTC)

    assert abs(ahead()) < timedelta(minutes=1)
    spoil(sandbox, "clock_ahead", minutes=30)
    assert timedelta(minutes=29) < ahead() < timedelta(minutes=31)
