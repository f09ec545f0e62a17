"""What the calls of one run share: who has to pause, what may still be spent, and the stop.

Safe to use from several threads. Only the account or app that Meta asks to wait pauses: threads of
other accounts go on. An app is known by its token: a second token of the same app learns of the
pause with its first call. `news` and `learn` are for other runs at the same time, whose calls count
on the same limits.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from orchestration.meta_api.errors import BudgetExhaustedError, CancelledError, ThrottledError
from orchestration.meta_api.throttling.spending import (
    SLOW_DOWN_PERCENT,
    Limit,
    Spending,
    slow_down_seconds,
)
from orchestration.meta_api.throttling.tokens import Tokens
from orchestration.meta_api.throttling.usage import Usage

DEFAULT_PAUSE_SECONDS = 60.0
"""The pause after a throttled call whose headers name no time."""
SAME_SECONDS = 1.0
"""A pause that differs by less from the one under way is the same."""

log = logging.getLogger(__name__)


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
        self._max_calls = calls
        self._slots = threading.Semaphore(concurrency)
        self._stop = threading.Event()
        self._sleep = sleep or self._stop.wait
        self._spending = defaultdict[str, Spending](lambda: Spending(max_wait=wait_seconds))
        self._news: dict[str, tuple[float, Limit]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def slot(self, account: str, app: str) -> Iterator[None]:
        """Permission to make one call: waits for its pauses, then for a free slot.

        Raises:
            BudgetExhaustedError, CancelledError, TokenDeadError, VersionRetiredError: no call may
                be made.
        """
        while True:
            self._wait_for_pauses(account, app)
            with self._slots:
                # Others may have been told to pause while this call waited for its slot.
                if self.pause_left(account, app) > 0:
                    continue
                self._charge(account, app)
                yield
                return

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
            self._spending[account].spend(seconds, account)
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
            self._tell(Limit(key=key, seconds=seconds, reason=str(error)))
            self._spending[key].pause(self.clock(), seconds, f"{error}; {who}")

    def note_usage(self, account: str, app: str, usage: Usage) -> None:
        """Slow down before a limit is reached, for at most half of the waiting budget."""
        with self._lock:
            now = self.clock()
            self._note_percents(account, app, usage)
            for key, percent in ((account, usage.account_percent), (app, usage.app_percent)):
                self._spending[key].slow_down(now, slow_down_seconds(percent))
                if percent > SLOW_DOWN_PERCENT:
                    self._tell(Limit(key=key, percent=percent))
            if usage.regain_seconds:
                self._tell(Limit(key=account, seconds=usage.regain_seconds))
                self._spending[account].slow_down(now, usage.regain_seconds)

    def news(self) -> list[Limit]:
        """What Meta said of limits since the last call of this: other runs have to know it."""
        with self._lock:
            news, self._news = self._news, {}
            now = self.clock()
        return [
            replace(said, seconds=max(0.0, said.seconds - (now - at)), age=now - at)
            for at, said in news.values()
        ]

    def learn(self, limits: Iterable[Limit]) -> None:
        """Pause and slow down after what Meta said to other runs."""
        with self._lock:
            now = self.clock()
            for limit in limits:
                spending = self._spending[limit.key]
                spending.slow_down(now, slow_down_seconds(limit.percent) - limit.age)
                if now + limit.seconds - max(now, spending.shut_until) > SAME_SECONDS:
                    log.warning("%s: another run was told to pause", limit.key)
                    # The calls that need it are refused with the reason.
                    with suppress(BudgetExhaustedError):
                        spending.pause(now, limit.seconds, f"{limit.reason}, said to another run")

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

    def _tell(self, said: Limit) -> None:
        """Keep what Meta said for other runs; a pause is not forgotten for a later percentage."""
        now = self.clock()
        at, before = self._news.get(said.key, (now, said))
        left = before.seconds - (now - at)
        if left > said.seconds:
            said = replace(said, seconds=left, reason=before.reason)
        self._news[said.key] = (now, replace(said, percent=said.percent or before.percent))

    def _wait_for_pauses(self, account: str, app: str) -> None:
        self._check(app)
        while (left := self.pause_left(account, app)) > 0:
            self.sleep(left)
            self._check(app)

    def _charge(self, account: str, app: str) -> None:
        """Count a call, unless it may not be made."""
        self._check(app)
        with self._lock:
            for key in (account, app):
                self._spending[key].refuse_while_closed(self.clock())
            spending = self._spending[account]
            if spending.calls >= self._max_calls:
                raise BudgetExhaustedError(
                    f"its {self._max_calls} calls of one run are used up (META_ADS_CALL_BUDGET)"
                )
            spending.calls += 1

    def _check(self, app: str) -> None:
        if self._stop.is_set():
            raise CancelledError("the run was interrupted")
        self.tokens.refuse_dead(app)
