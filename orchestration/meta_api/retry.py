"""The one retry policy: attempt 1 at once, then after each pause of the settings, jitter on top.

It serves the API calls, the collection and the build. Layers never nest: each retries only what
the layer below it does not.
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
"""Jitter only adds, at most this share of the pause."""

T = TypeVar("T")
log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class RetryPolicy:
    """How often and after which pauses (seconds) something is tried again."""

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
        """The function's result, tried again while `retry(error)` says so.

        Raises: the last error as it came, once the pauses are used up; a `MetaApiError` carries
            every attempt then. `what` names the work in the log and must hold no secret.
        """
        attempts: list[Attempt] = []

        def attempt() -> T:
            try:
                return function()
            except MetaApiError as error:
                # An error that went through a policy before brings its attempts with it.
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
            # Raised while waiting: the budget is used up, or the run was interrupted.
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
