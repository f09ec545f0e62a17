"""Budgets and pauses concern one account or one app; an interruption concerns all."""

import threading
from collections.abc import Callable
from typing import Literal

import pytest

from orchestration.meta_api.errors import (
    BudgetExhaustedError,
    CancelledError,
    ThrottledError,
    TokenDeadError,
    VersionRetiredError,
)
from orchestration.meta_api.throttling.traffic import Traffic
from orchestration.meta_api.throttling.usage import Usage


class Time:
    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def traffic(time: Time) -> Traffic:
    return Traffic(calls=5, wait_seconds=100, clock=lambda: time.now, sleep=time.sleep)


def call(traffic: Traffic, account: str = "a", app: str = "app") -> None:
    with traffic.slot(account, app):
        pass


def shared(one: Traffic, other: Traffic) -> None:
    """What a round of sharing through the warehouse does."""
    other.learn(one.news())


def refused(scope: Literal["account", "app"] = "account") -> ThrottledError:
    error = ThrottledError("too many calls")
    error.scope = scope
    return error


def test_a_paused_account_waits_and_another_does_not(traffic: Traffic, time: Time) -> None:
    traffic.throttled("a", "app", refused(), Usage(regain_seconds=30))
    call(traffic, "b")
    assert time.waits == []
    call(traffic, "a")
    assert time.waits == [30.0]


def test_a_paused_app_holds_all_its_accounts_and_no_other_app(traffic: Traffic, time: Time) -> None:
    traffic.throttled("a", "app", refused("app"), Usage(regain_seconds=30))
    call(traffic, "b", "another app")
    assert time.waits == []
    call(traffic, "b")
    assert time.waits == [30.0]


def test_threads_that_are_told_the_same_pause_spend_it_once(traffic: Traffic, time: Time) -> None:
    for _ in range(4):
        traffic.throttled("a", "app", refused(), Usage(regain_seconds=60))
    assert traffic.pause_left("a", "app") == 60.0


def test_a_pause_beyond_what_is_left_is_refused_and_names_the_cause(traffic: Traffic) -> None:
    traffic.throttled("a", "app", refused(), Usage(regain_seconds=60))
    with pytest.raises(BudgetExhaustedError, match=r"too many calls.*META_ADS_WAIT_BUDGET"):
        traffic.throttled("a", "app", refused(), Usage(regain_seconds=101))


def test_the_calls_of_one_account_do_not_use_up_anothers(traffic: Traffic) -> None:
    for _ in range(5):
        call(traffic, "a")
    with pytest.raises(BudgetExhaustedError, match="META_ADS_CALL_BUDGET"):
        call(traffic, "a")
    call(traffic, "b")


def test_lost_access_that_an_answer_tells_of_is_waited_for(traffic: Traffic, time: Time) -> None:
    traffic.note_usage("a", "app", Usage(regain_seconds=40))
    call(traffic, "a")
    assert time.waits == [40.0]


def test_slowing_down_takes_half_of_the_budget_at_most(traffic: Traffic, time: Time) -> None:
    for _ in range(5):
        call(traffic, "a")
        traffic.note_usage("a", "app", Usage(account_percent=100))
    assert sum(time.waits) <= 50.0


@pytest.mark.parametrize(
    ("error", "dies"),
    [(TokenDeadError("dead"), {"app"}), (VersionRetiredError("old"), {"app", "another app"})],
)
def test_a_dead_token_is_asked_with_no_more_and_a_retired_version_not_at_all(
    traffic: Traffic, error: TokenDeadError, dies: set[str]
) -> None:
    traffic.tokens.mark_dead("app", error)
    for app in ("app", "another app"):
        if app in dies:
            with pytest.raises(type(error), match=str(error)):
                call(traffic, "a", app)
        else:
            call(traffic, "a", app)


def waiting(traffic: Traffic, work: Callable[[], None]) -> list[BaseException]:
    """The errors that work in another thread raises if the run is cancelled while it waits."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except CancelledError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while traffic.sleeping == 0:
        thread.join(0.01)
    traffic.cancel()
    thread.join(20)
    assert not thread.is_alive()
    return errors


def test_an_interrupted_run_waits_no_longer() -> None:
    traffic = Traffic(wait_seconds=5000)
    traffic.throttled("a", "app", refused(), Usage(regain_seconds=3600))
    assert len(waiting(traffic, lambda: call(traffic))) == 1
    with pytest.raises(CancelledError):
        call(traffic, "b")


def test_pauses_between_attempts_end_with_the_run_too() -> None:
    traffic = Traffic(wait_seconds=5000)
    assert len(waiting(traffic, lambda: traffic.back_off("a", "app", 3600))) == 1


def test_no_more_calls_are_in_the_air_than_allowed() -> None:
    traffic = Traffic(concurrency=2)
    together, most, lock = 0, 0, threading.Lock()
    gate = threading.Barrier(2, timeout=20)

    def work() -> None:
        nonlocal together, most
        with traffic.slot(threading.current_thread().name, "app"):
            with lock:
                together += 1
                most = max(most, together)
            gate.wait()
            with lock:
                together -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert most == 2


def test_an_announcement_is_remembered_once(traffic: Traffic) -> None:
    for text in ("v25 retires", "v25 retires", "more"):
        traffic.notice(text)
    assert list(traffic.notices) == ["v25 retires", "more"]


def test_a_call_that_waited_for_its_slot_heeds_a_pause_that_others_were_told_of(time: Time) -> None:
    traffic = Traffic(concurrency=1, wait_seconds=100, clock=lambda: time.now, sleep=time.sleep)
    second = threading.Thread(target=call, args=(traffic,))
    with traffic.slot("a", "app"):
        second.start()
        second.join(0.1)
        traffic.throttled("a", "app", refused(), Usage(regain_seconds=30))
    second.join(20)
    assert time.waits == [30.0]


def test_what_one_run_is_told_another_heeds(traffic: Traffic, time: Time) -> None:
    other = Traffic(wait_seconds=100, clock=lambda: time.now, sleep=time.sleep)
    traffic.throttled("a", "app", refused(), Usage(account_percent=100, regain_seconds=30))
    time.now += 10
    shared(traffic, other)
    call(other, "b")
    assert time.waits == []
    call(other, "a")
    assert time.waits == [20.0]
    # Nothing is new: not for the one that was told, nor for the one that learned it.
    assert (traffic.news(), other.news()) == ([], [])


def test_a_pause_that_is_too_long_for_another_run_costs_it_no_call(
    traffic: Traffic, time: Time
) -> None:
    other = Traffic(wait_seconds=20, clock=lambda: time.now, sleep=time.sleep)
    traffic.throttled("a", "app", refused("app"), Usage(regain_seconds=60))
    shared(traffic, other)
    for _ in range(2):
        with pytest.raises(BudgetExhaustedError, match=r"too many calls.*said to another run"):
            call(other, "b")
    assert other.use("b", "app").calls == 0
    time.now += 61
    call(other, "b")


def test_a_used_share_slows_other_runs_down_for_as_long(traffic: Traffic, time: Time) -> None:
    other = Traffic(wait_seconds=100, clock=lambda: time.now, sleep=time.sleep)
    traffic.note_usage("a", "app", Usage(app_percent=100))
    time.now += 15
    shared(traffic, other)
    call(other, "b")
    assert time.waits == [5.0]
