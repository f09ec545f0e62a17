"""The one retry policy: attempt 1 at once, then after each pause of the settings, jitter on top.

It serves the API calls and the build. Layers never nest: each retries only what
the layer below it does not.
"""

import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

JITTER_SHARE = 0.25
"""Jitter only adds, at most this share of the pause."""

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RetryPolicy:
    """How often and after which pauses (seconds) something is tried again."""

    delays: Sequence[float] = (2.0, 4.0, 8.0)
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random

    def call(
        self, what: str, function: Callable[[], T], retry: Callable[[BaseException], bool]
    ) -> T:
        """The function's result, tried again while `retry(error)` says so.

        Raises: the last error as it came, once the pauses are used up. `what` names the
        work in the log and must hold no secret.
        """
        retrying = Retrying(
            retry=retry_if_exception(retry),
            stop=stop_after_attempt(len(self.delays) + 1),
            wait=self._wait,
            sleep=self.sleep,
            before_sleep=lambda state: _log(what, state),
            reraise=True,
        )
        return retrying(function)

    def _wait(self, state: RetryCallState) -> float:
        if not self.delays:
            return 0.0
        pause = self.delays[min(state.attempt_number, len(self.delays)) - 1]
        error = state.outcome.exception() if state.outcome else None
        asked = getattr(error, "wait_seconds", None) or 0.0
        return max(pause * (1 + JITTER_SHARE * self.jitter()), asked)


def _log(what: str, state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    pause = state.next_action.sleep if state.next_action else 0.0
    log.warning(
        "%s: attempt %d failed (%s), next in %.1f s", what, state.attempt_number, error, pause
    )
