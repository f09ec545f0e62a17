"""The pauses and the spending of one account or one app, and what Meta said of its limits."""

from dataclasses import dataclass

from orchestration.meta_api.errors import BudgetExhaustedError

SLOW_DOWN_PERCENT = 75.0
"""From this share of a limit on, pauses between calls grow."""
LONGEST_SLOW_DOWN_SECONDS = 20.0
"""The pause between calls at 100 %. Not longer, because the figure can stay at 100 % for hours
while nothing is running."""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """What Meta said of a limit, as one run tells it to others.

    Attributes:
        key: the ad account, or the app.
        seconds: until it may be asked again; 0 where Meta did not ask to wait.
        percent: the used share, `age` seconds ago.
        reason: Meta's words where it refused a call.
    """

    key: str
    seconds: float = 0.0
    percent: float = 0.0
    age: float = 0.0
    reason: str = ""


@dataclass(kw_only=True)
class Spending:
    """One account or app of a run; times in seconds.

    Attributes:
        max_wait: how long the run may wait for it, in all.
        opens_at: calls wait until then.
        closed_until: calls are refused until then, because waiting would be too long; `why`.
        calls, throttled: made, and refused as too many.
        percent: the highest used share of its limits that Meta reported.
    """

    max_wait: float
    opens_at: float = 0.0
    closed_until: float = 0.0
    why: str = ""
    waited: float = 0.0
    calls: int = 0
    throttled: int = 0
    percent: float = 0.0

    @property
    def shut_until(self) -> float:
        """When calls are made again, of those that wait and of those that are refused."""
        return max(self.opens_at, self.closed_until)

    def extra_seconds(self, now: float, seconds: float) -> float:
        """How much longer than the pause under way a pause that begins now would last."""
        return max(0.0, now + seconds - max(now, self.opens_at))

    def spend(self, seconds: float, who: str) -> None:
        """Take a wait from the budget.

        Raises:
            BudgetExhaustedError: it is longer than what is left.
        """
        if self.waited + seconds > self.max_wait:
            raise BudgetExhaustedError(
                f"{who} would have to wait {seconds:.0f} s more; {self.waited:.0f} of the "
                f"{self.max_wait:.0f} s that one run waits are used (META_ADS_WAIT_BUDGET)"
            )
        self.waited += seconds

    def pause(self, now: float, seconds: float, who: str) -> None:
        """Let calls wait; threads that are asked for the same pause spend it once.

        Raises:
            BudgetExhaustedError: the wait is too long. Until its end all calls are refused, which
                Meta could only refuse, too.
        """
        try:
            self.spend(self.extra_seconds(now, seconds), who)
        except BudgetExhaustedError as error:
            self.closed_until, self.why = now + seconds, str(error)
            raise
        self.opens_at = max(self.opens_at, now + seconds)

    def slow_down(self, now: float, seconds: float) -> None:
        """Let calls wait if that takes at most half of the budget."""
        extra = self.extra_seconds(now, seconds)
        if extra and self.waited + extra <= self.max_wait / 2:
            self.waited += extra
            self.opens_at = now + seconds

    def refuse_while_closed(self, now: float) -> None:
        """Stop a call that would have to wait for too long.

        Raises:
            BudgetExhaustedError: why.
        """
        if now < self.closed_until:
            raise BudgetExhaustedError(self.why)


def slow_down_seconds(percent: float) -> float:
    """The pause between calls at a share of a limit: it grows from 0 at 75 %."""
    share = (min(percent, 100.0) - SLOW_DOWN_PERCENT) / (100.0 - SLOW_DOWN_PERCENT)
    return max(0.0, share) * LONGEST_SLOW_DOWN_SECONDS
