"""Faults that break an answer on its way: bodies that are wrong, half, slow or absent."""

from time import monotonic

import pytest
import requests
from campaign_days import ask
from sandbox_support import spoil

from orchestration.sandbox.process import SandboxProcess


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
