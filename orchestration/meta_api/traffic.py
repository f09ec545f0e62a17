"""What the calls of one run share: who has to pause, what may still be spent, and the stop.

Safe to use from several threads. An account or an app that Meta asks to wait pauses alone: the
threads of other accounts go on. The app is told by its token: a second token of the same app
learns of the pause with its first call.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from orchestration.meta_api.errors import (
    BudgetExhaustedError,
    CancelledError,
    ThrottledError,
)
from orchestration.meta_api.tokens import Tokens
from orchestration.meta_api.usage import Usage

WAIT_WITHOUT_A_WORD_SECONDS = 60.0
"""A throttled call whose headers name no time waits this long."""
CAREFUL_PERCENT = 75.0
"""From this share of a limit on, pauses between calls grow."""
SLOWEST_PACE_SECONDS = 20.0
"""The pause between calls at 100 %. The figure can stand there for hours with nothing running, so
that more would be waiting for nothing."""

log = logging.getLogger(__name__)


@dataclass
class _Gate:
    """The pauses and the spending of one account, or of one app."""

    opens_at: float = 0.0
    waited: float = 0.0
    calls: int = 0
    throttled: int = 0
    percent: float = 0.0


@dataclass(frozen=True)
class AccountUse:
    """What one account was asked in a run, and the highest shares of limits that Meta told."""

    calls: int
    throttled: int
    account_percent: float
    app_percent: float


class Traffic:
    """Budgets and pauses of a run; times in seconds.

    Args:
        calls: how many calls may be made for one account.
        wait_seconds: how long one account may keep waiting, in all.
        concurrency: how many calls may be in the air at once.
        clock, sleep: injected by tests; `sleep` must return early when `cancel` is called.
    """

    def __init__(
        self,
        *,
        calls: int = 5000,
        wait_seconds: float = 900.0,
        concurrency: int = 4,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self.clock = clock
        self.sleeping = 0
        self.notices: dict[str, None] = {}
        self.tokens = Tokens(clock)
        self._max_calls, self._max_wait = calls, wait_seconds
        self._slots = threading.Semaphore(concurrency)
        self._stop = threading.Event()
        self._sleep = sleep or self._stop.wait
        self._gates: defaultdict[str, _Gate] = defaultdict(_Gate)
        self._lock = threading.Lock()

    @contextmanager
    def slot(self, account: str, app: str) -> Iterator[None]:
        """The right to make one call: waits for its pauses, then for a free place.

        Raises:
            BudgetExhaustedError, CancelledError, TokenDeadError, VersionRetiredError: no call.
        """
        self._check(app)
        while (left := self.pause_left(account, app)) > 0:
            self.sleep(left)
            self._check(app)
        with self._lock:
            gate = self._gates[account]
            if gate.calls >= self._max_calls:
                raise BudgetExhaustedError(
                    f"its {self._max_calls} calls of one run are used up (META_ADS_CALL_BUDGET)"
                )
            gate.calls += 1
        with self._slots:
            yield

    def sleep(self, seconds: float) -> None:
        """Wait, unless the run is interrupted.

        Raises:
            CancelledError: it was.
        """
        with self._lock:
            self.sleeping += 1
        try:
            self._sleep(seconds)
        finally:
            with self._lock:
                self.sleeping -= 1
        if self._stop.is_set():
            raise CancelledError("the run was interrupted")

    def pause_left(self, account: str, app: str) -> float:
        """The seconds until the account may be asked again."""
        with self._lock:
            opens_at = max(self._gates[account].opens_at, self._gates[app].opens_at)
            return opens_at - self.clock()

    def back_off(self, account: str, app: str, seconds: float) -> None:
        """Wait between two attempts; the waiting is on the account's budget.

        Raises:
            BudgetExhaustedError: it would take more than is left.
        """
        if self.pause_left(account, app) >= seconds:
            return
        with self._lock:
            self._spend(self._gates[account], seconds, account)
        self.sleep(seconds)

    def throttled(self, account: str, app: str, error: ThrottledError, usage: Usage) -> None:
        """Meta refused a call: pause the account, or the app, for as long as it says.

        Raises:
            BudgetExhaustedError: it would take more than is left.
        """
        seconds = usage.regain_seconds or WAIT_WITHOUT_A_WORD_SECONDS
        key = app if error.scope == "app" else account
        who = "the app" if error.scope == "app" else account
        log.warning("%s: throttled (%s), paused for %.0f s", who, error, seconds)
        with self._lock:
            self._gates[account].throttled += 1
            self._note(account, app, usage)
            self._pause(self._gates[key], seconds, f"{error}; {who}")

    def heard(self, account: str, app: str, usage: Usage) -> None:
        """Slow down before a limit is reached; never beyond half of the waiting budget."""
        with self._lock:
            self._note(account, app, usage)
            for key, percent in ((account, usage.account_percent), (app, usage.app_percent)):
                self._slow_down(self._gates[key], _pace(percent))
            self._slow_down(self._gates[account], usage.regain_seconds)

    def use(self, account: str, app: str) -> AccountUse:
        """What the account was asked so far."""
        with self._lock:
            gate = self._gates[account]
            app_percent = self._gates[app].percent
            return AccountUse(gate.calls, gate.throttled, gate.percent, app_percent)

    def notice(self, text: str) -> None:
        """Remember, once, something that the API announces."""
        if text not in self.notices:
            self.notices[text] = None
            log.warning("%s", text)

    def cancel(self) -> None:
        """End all waiting at once and refuse every further call."""
        self._stop.set()

    def _note(self, account: str, app: str, usage: Usage) -> None:
        for key, percent in ((account, usage.account_percent), (app, usage.app_percent)):
            self._gates[key].percent = max(self._gates[key].percent, percent)

    def _check(self, app: str) -> None:
        if self._stop.is_set():
            raise CancelledError("the run was interrupted")
        self.tokens.refuse_dead(app)

    def _spend(self, gate: _Gate, seconds: float, who: str) -> None:
        if gate.waited + seconds > self._max_wait:
            raise BudgetExhaustedError(
                f"{who} would have to wait {seconds:.0f} s more; {gate.waited:.0f} of the "
                f"{self._max_wait:.0f} s that one run waits are used (META_ADS_WAIT_BUDGET)"
            )
        gate.waited += seconds

    def _pause(self, gate: _Gate, seconds: float, who: str) -> None:
        now = self.clock()
        # Two threads that are told the same pause wait once.
        self._spend(gate, max(0.0, now + seconds - max(now, gate.opens_at)), who)
        gate.opens_at = max(gate.opens_at, now + seconds)

    def _slow_down(self, gate: _Gate, seconds: float) -> None:
        now = self.clock()
        more = max(0.0, now + seconds - max(now, gate.opens_at))
        if more and gate.waited + more <= self._max_wait / 2:
            gate.waited += more
            gate.opens_at = now + seconds


def _pace(percent: float) -> float:
    share = (min(percent, 100.0) - CAREFUL_PERCENT) / (100.0 - CAREFUL_PERCENT)
    return max(0.0, share) * SLOWEST_PACE_SECONDS
