"""The client under faults that pass or stay: which rows or which error, in how many calls."""

import pytest
import requests
from client_support import TOKEN, TRANSIENT, Rows, faulty, probe

from orchestration.meta_api.errors import TokenDeadError, TransientError
from orchestration.sandbox.process import SandboxProcess


@pytest.mark.parametrize("kind", TRANSIENT)
def test_a_fault_that_passes_costs_one_more_call_and_two_seconds(
    sandbox: SandboxProcess, truth: Rows, kind: str
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, kind, times=1):
        assert probed.read() == truth
    assert (probed.client.calls, probed.waited) == (2, 2.0)


@pytest.mark.parametrize("kind", TRANSIENT)
def test_a_fault_that_stays_ends_after_four_attempts_with_all_of_them(
    sandbox: SandboxProcess, kind: str
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, kind), pytest.raises(TransientError) as raised:
        probed.read()
    assert (probed.client.calls, probed.time.waits) == (4, [2.0, 4.0, 8.0])
    assert [attempt.error for attempt in raised.value.attempts] == [str(raised.value)] * 4
    times = [attempt.at for attempt in raised.value.attempts]
    assert times == sorted(times)


@pytest.mark.parametrize("kind", ["lone_surrogate", "cut_emoji", "foreign_bytes", "raw_controls"])
def test_names_that_no_parser_takes_cost_no_call_and_no_number(
    sandbox: SandboxProcess, truth: Rows, kind: str
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, kind):
        rows = probed.read()
    assert probed.client.calls == 1
    assert all("\ufffd" in row["campaign_name"] for row in rows)
    names = {row["campaign_id"]: row["campaign_name"] for row in truth}
    assert [row | {"campaign_name": names[row["campaign_id"]]} for row in rows] == truth


@pytest.mark.parametrize("kind", ["dribble", "dribble_headers"])
def test_an_answer_that_trickles_in_is_cut_off(
    sandbox: SandboxProcess, truth: Rows, kind: str
) -> None:
    probed = probe(sandbox, call_seconds=0.7)
    with faulty(sandbox, kind, times=1, seconds=0.1):
        assert probed.read() == truth
    assert (probed.client.calls, probed.waited) == (2, 2.0)


def test_a_token_that_meta_quotes_is_in_no_error_and_no_log(
    sandbox: SandboxProcess, caplog: pytest.LogCaptureFixture
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, "token_echo"), pytest.raises(TokenDeadError) as raised:
        probed.read()
    assert "***" in str(raised.value)
    assert TOKEN not in str(raised.value) + repr(raised.value.attempts) + caplog.text


def test_a_warning_about_the_version_is_remembered_once(
    sandbox: SandboxProcess, truth: Rows
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, "version_warning"):
        assert probed.read() == truth
        assert probed.read() == truth
    (notice,) = probed.traffic.notices
    assert "v26.0" in notice
    assert "META_API_VERSION" in notice


def test_the_request_log_of_the_sandbox_holds_no_token(sandbox: SandboxProcess) -> None:
    probe(sandbox).read()
    log = requests.get(f"{sandbox.url}/sandbox/log", timeout=20).text
    assert "insights" in log
    assert TOKEN not in log
