"""What the calls of one run share: who has to pause, what may still be spent, and the stop.

Safe to use from several threads. Only the account or app that Meta asks to wait pauses: threads of
other accounts go on. An app is known by its token: a second token of the same app learns of the
pause with its first call.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from orchestration.meta_api.errors import BudgetExhaustedError, CancelledError, ThrottledError
from orchestration.meta_api.throttling.tokens import Tokens
from orchestration.meta_api.throttling.usage import Usage

DEFAULT_PAUSE_SECONDS = 60.0
"""The pause after a throttled call whose headers name no time."""
SLOW_DOWN_PERCENT = 75.0
"""From this share of a limit on, pauses between calls grow."""
LONGEST_SLOW_DOWN_SECONDS = 20.0
"""The pause between calls at 100 %. Not longer, because the figure can stay at 100 % for hours
while nothing is running."""

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class _Spending:
    """The pauses and the spending of one account, or of one app; times in seconds."""

    opens_at: float = 0.0
    waited: float = 0.0
    calls: int = 0
    throttled: int = 0
    percent: float = 0.0


@dataclass(frozen=True)
class AccountUse:
    """Calls for one account in a run, and the highest shares of limits that Meta reported."""

    calls: int
    throttled: int
    account_percent: float
    app_percent: float


class Traffic:
    """Budgets and pauses of a run; times in seconds.

    Args:
        calls: how many calls may be made for one account.
        wait_seconds: how long one account may keep waiting, in all.
        concurrency: how many calls may be under way at once.
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
        self._spending: defaultdict[str, _Spending] = defaultdict(_Spending)
        self._lock = threading.Lock()

    @contextmanager
    def slot(self, account: str, app: str) -> Iterator[None]:
        """Permission to make one call: waits for its pauses, then for a free slot.

        Raises:
            BudgetExhaustedError, CancelledError, TokenDeadError, VersionRetiredError: no call may
                be made.
        """
        self._check(app)
        while (left := self.pause_left(account, app)) > 0:
            self.sleep(left)
            self._check(app)
        with self._lock:
            spending = self._spending[account]
            if spending.calls >= self._max_calls:
                raise BudgetExhaustedError(
                    f"its {self._max_calls} calls of one run are used up (META_ADS_CALL_BUDGET)"
                )
            spending.calls += 1
        with self._slots:
            yield

    def sleep(self, seconds: float) -> None:
        """Wait, unless the run is interrupted.

        Raises:
            CancelledError: the run was interrupted.
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
            opens_at = max(self._spending[account].opens_at, self._spending[app].opens_at)
            return opens_at - self.clock()

    def back_off(self, account: str, app: str, seconds: float) -> None:
        """Wait between two attempts, at the expense of the account's budget.

        Raises:
            BudgetExhaustedError: the wait is longer than what is left of the budget.
        """
        if self.pause_left(account, app) >= seconds:
            return
        with self._lock:
            self._spend(self._spending[account], seconds, account)
        self.sleep(seconds)

    def throttled(self, account: str, app: str, error: ThrottledError, usage: Usage) -> None:
        """Pause the account, or the app, after Meta refused a call, for as long as it says.

        Raises:
            BudgetExhaustedError: the pause is longer than what is left of the budget.
        """
        seconds = usage.regain_seconds or DEFAULT_PAUSE_SECONDS
        key = app if error.scope == "app" else account
        who = "the app" if error.scope == "app" else account
        log.warning("%s: throttled (%s), paused for %.0f s", who, error, seconds)
        with self._lock:
            self._spending[account].throttled += 1
            self._note_percents(account, app, usage)
            self._pause(self._spending[key], seconds, f"{error}; {who}")

    def note_usage(self, account: str, app: str, usage: Usage) -> None:
        """Slow down before a limit is reached, for at most half of the waiting budget."""
        with self._lock:
            self._note_percents(account, app, usage)
            for key, percent in ((account, usage.account_percent), (app, usage.app_percent)):
                self._slow_down(self._spending[key], _slow_down_seconds(percent))
            self._slow_down(self._spending[account], usage.regain_seconds)

    def use(self, account: str, app: str) -> AccountUse:
        """The calls made for the account so far."""
        with self._lock:
            spending = self._spending[account]
            return AccountUse(
                calls=spending.calls,
                throttled=spending.throttled,
                account_percent=spending.percent,
                app_percent=self._spending[app].percent,
            )

    def notice(self, text: str) -> None:
        """Remember and log, once, something that the API announces."""
        if text not in self.notices:
            self.notices[text] = None
            log.warning("%s", text)

    def cancel(self) -> None:
        """End all waiting at once and refuse every further call."""
        self._stop.set()

    def _note_percents(self, account: str, app: str, usage: Usage) -> None:
        for key, percent in ((account, usage.account_percent), (app, usage.app_percent)):
            self._spending[key].percent = max(self._spending[key].percent, percent)

    def _check(self, app: str) -> None:
        if self._stop.is_set():
            raise CancelledError("the run was interrupted")
        self.tokens.refuse_dead(app)

    def _spend(self, spending: _Spending, seconds: float, who: str) -> None:
        if spending.waited + seconds > self._max_wait:
            raise BudgetExhaustedError(
                f"{who} would have to wait {seconds:.0f} s more; {spending.waited:.0f} of the "
                f"{self._max_wait:.0f} s that one run waits are used (META_ADS_WAIT_BUDGET)"
            )
        spending.waited += seconds

    def _pause(self, spending: _Spending, seconds: float, who: str) -> None:
        # Two threads that are asked for the same pause wait once.
        now = self.clock()
        self._spend(spending, _extra_seconds(spending, now, seconds), who)
        spending.opens_at = max(spending.opens_at, now + seconds)

    def _slow_down(self, spending: _Spending, seconds: float) -> None:
        now = self.clock()
        extra = _extra_seconds(spending, now, seconds)
        if extra and spending.waited + extra <= self._max_wait / 2:
            spending.waited += extra
            spending.opens_at = now + seconds


def _extra_seconds(spending: _Spending, now: float, seconds: float) -> float:
    """How much longer than the pause under way a pause that begins now would last."""
    return max(0.0, now + seconds - max(now, spending.opens_at))


def _slow_down_seconds(percent: float) -> float:
    """The pause between calls at a share of a limit: it grows from 0 at 75 %."""
    share = (min(percent, 100.0) - SLOW_DOWN_PERCENT) / (100.0 - SLOW_DOWN_PERCENT)
    return max(0.0, share) * LONGEST_SLOW_DOWN_SECONDS
