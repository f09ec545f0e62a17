"""The retry policy: the first attempt at once, then one after each pause of the settings.

A random share is added to each pause. API calls, the collection and the build use this policy. No
error is retried by two layers: each layer retries only what the layer below it does not.
"""

import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Self, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from orchestration.meta_api.errors import Attempt, MetaApiError

JITTER_SHARE = 0.25
"""The random addition is at most this share of the pause."""

T = TypeVar("T")
log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The current time of the real clock."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class RetryPolicy:
    """How often, and after which pauses in seconds, something is tried again."""

    delays: Sequence[float] = (2.0, 4.0, 8.0)
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    clock: Callable[[], datetime] = utc_now

    def sleeping(self, sleep: Callable[[float], None]) -> Self:
        """The same policy with another way to wait."""
        return replace(self, sleep=sleep)

    def call(
        self, what: str, function: Callable[[], T], retry: Callable[[BaseException], bool]
    ) -> T:
        """The function's result; the function is called again while `retry(error)` is true.

        `what` names the work in the log and must hold no secret. Once the pauses are used up, the
        last error is raised as it came; a `MetaApiError` then carries every attempt.
        """
        attempts: list[Attempt] = []

        def attempt() -> T:
            try:
                return function()
            except MetaApiError as error:
                # An error that went through a policy before already has its attempts.
                attempts.extend(error.attempts or [Attempt(self.clock(), str(error))])
                error.attempts = tuple(attempts)
                raise

        retrying = Retrying(
            retry=retry_if_exception(retry),
            stop=stop_after_attempt(len(self.delays) + 1),
            wait=self._wait,
            sleep=self.sleep,
            before_sleep=lambda state: _log(what, state),
            reraise=True,
        )
        try:
            return retrying(attempt)
        except MetaApiError as error:
            # Raised during a pause: the budget is used up, or the run was interrupted.
            error.attempts = error.attempts or tuple(attempts)
            raise

    def _wait(self, state: RetryCallState) -> float:
        if not self.delays:
            return 0.0
        pause = self.delays[min(state.attempt_number, len(self.delays)) - 1]
        return pause * (1 + JITTER_SHARE * self.jitter())


def _log(what: str, state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    pause = state.next_action.sleep if state.next_action else 0.0
    log.warning(
        "%s: attempt %d failed (%s), next in %.1f s", what, state.attempt_number, error, pause
    )
