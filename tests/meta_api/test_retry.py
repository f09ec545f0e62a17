"""Pauses between attempts: 2, 4 and 8 seconds, and at most a quarter more."""

from collections.abc import Callable

import pytest

from orchestration.meta_api.errors import BadRequestError, TransientError
from orchestration.meta_api.retry import RetryPolicy


def always(error: BaseException) -> bool:
    return isinstance(error, TransientError)


def failing(*errors: Exception) -> Callable[[], str]:
    left = list(errors)

    def attempt() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return attempt


@pytest.mark.parametrize(
    ("jitter", "pauses"), [(0.0, [2, 4, 8]), (1.0, [2.5, 5, 10]), (0.5, [2.25, 4.5, 9])]
)
def test_four_attempts_with_growing_pauses_and_then_the_error_as_it_came(
    jitter: float, pauses: list[float]
) -> None:
    slept: list[float] = []
    errors = [TransientError(str(n)) for n in range(4)]
    policy = RetryPolicy(sleep=slept.append, jitter=lambda: jitter)
    with pytest.raises(TransientError) as raised:
        policy.call("work", failing(*errors), always)
    assert raised.value is errors[-1]
    assert slept == pauses


def test_jitter_only_adds_and_a_quarter_at_most() -> None:
    slept: list[float] = []
    for _ in range(50):
        policy = RetryPolicy(sleep=slept.append)
        errors = [TransientError("e")] * 3
        assert policy.call("work", failing(*errors), always) == "done"
    for pause, delay in zip(slept, [2.0, 4.0, 8.0] * 50, strict=True):
        assert delay <= pause <= delay * 1.25
    assert len(set(slept)) > 3


def test_success_at_once_waits_for_nothing() -> None:
    slept: list[float] = []
    assert RetryPolicy(sleep=slept.append).call("work", failing(), always) == "done"
    assert slept == []


def test_what_is_not_worth_a_retry_is_raised_at_once() -> None:
    slept: list[float] = []
    policy = RetryPolicy(sleep=slept.append)
    with pytest.raises(BadRequestError):
        policy.call("work", failing(BadRequestError("no")), always)
    assert slept == []


def test_other_delays_of_the_settings_are_followed_and_none_means_one_attempt() -> None:
    slept: list[float] = []
    policy = RetryPolicy((0.5,), sleep=slept.append, jitter=lambda: 0.0)
    assert policy.call("work", failing(TransientError("e")), always) == "done"
    with pytest.raises(TransientError):
        RetryPolicy((), sleep=slept.append).call("work", failing(TransientError("e")), always)
    assert slept == [0.5]
