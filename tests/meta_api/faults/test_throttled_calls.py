"""Throttling and budgets: how long the client waits, for which accounts, and when it gives up."""

import pytest
from client_support import TOKEN, Rows, faulty, probe

from orchestration.meta_api.errors import BudgetExhaustedError
from orchestration.sandbox.process import SandboxProcess


@pytest.mark.parametrize(
    ("kind", "pauses_the_app"),
    [
        ("rate_limit", False),
        ("user_limit", False),
        ("buc_limit", False),
        ("custom_limit", False),
        ("app_limit", True),
    ],
)
def test_a_throttled_account_waits_as_long_as_it_is_told_and_alone(
    sandbox: SandboxProcess, truth: Rows, kind: str, pauses_the_app: bool
) -> None:
    from pydantic import SecretStr

    from orchestration.meta_api.calls.request import app_key

    probed, app = probe(sandbox), app_key(SecretStr(TOKEN))
    others: list[bool] = []
    sleep = probed.time.sleep

    def watch(seconds: float) -> None:
        others.append(probed.traffic.pause_left("act_1002", app) > 0)
        sleep(seconds)

    probed.traffic._sleep = watch
    with faulty(sandbox, kind, times=1, minutes=3):
        assert probed.read() == truth
    assert (probed.client.calls, probed.waited) == (2, 180.0)
    assert set(others) == {pauses_the_app}


def test_a_throttled_call_whose_headers_are_silent_waits_a_minute(
    sandbox: SandboxProcess, truth: Rows
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, "rate_limit", times=1, headers=False):
        assert probed.read() == truth
    assert (probed.client.calls, probed.waited) == (2, 60.0)


def test_a_longer_pause_than_the_budget_is_not_begun(sandbox: SandboxProcess) -> None:
    probed = probe(sandbox, wait_seconds=900)
    with (
        faulty(sandbox, "rate_limit", minutes=60),
        pytest.raises(BudgetExhaustedError, match="META_ADS_WAIT_BUDGET"),
    ):
        probed.read()
    assert (probed.client.calls, probed.waited) == (1, 0.0)


def test_retries_too_are_on_the_budget(sandbox: SandboxProcess) -> None:
    probed = probe(sandbox, wait_seconds=7)
    with faulty(sandbox, "http_500"), pytest.raises(BudgetExhaustedError) as raised:
        probed.read()
    assert (probed.client.calls, probed.time.waits) == (3, [2.0, 4.0])
    assert len(raised.value.attempts) == 3


def test_no_more_calls_are_made_than_the_budget_allows(
    sandbox: SandboxProcess, small_pages: None
) -> None:
    probed = probe(sandbox, calls=3)
    with pytest.raises(BudgetExhaustedError, match="META_ADS_CALL_BUDGET"):
        probed.read()
    assert probed.client.calls == 3
    assert probe(sandbox).read(account="act_1002")


@pytest.mark.parametrize(
    ("percent", "pause"), [(50, 0.0), (75, 0.0), (90, 12.0), (100, 20.0), (120, 20.0)]
)
def test_near_a_limit_the_calls_slow_down(
    sandbox: SandboxProcess, percent: int, pause: float
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, "usage", percent=percent, scope="account", minutes=0):
        probed.read()
        probed.read()
    assert (probed.client.calls, probed.waited) == (2, pause)


@pytest.mark.parametrize(
    ("case", "pause"), [("ads_insights", 1800.0), ("ads_management", 0.0), ("custom_audience", 0.0)]
)
def test_only_the_use_case_that_is_asked_makes_anybody_wait(
    sandbox: SandboxProcess, case: str, pause: float
) -> None:
    probed = probe(sandbox, wait_seconds=4000)
    with faulty(sandbox, "usage", percent=100, scope="business", minutes=30, case=case):
        probed.read()
        probed.read()
    assert probed.waited == pause


def test_a_limit_that_stays_at_100_percent_slows_down_but_never_stops(
    sandbox: SandboxProcess, truth: Rows
) -> None:
    probed = probe(sandbox, wait_seconds=100)
    with faulty(sandbox, "usage", percent=100, scope="account", minutes=0):
        for _ in range(8):
            assert probed.read() == truth
    assert probed.waited <= 50.0
