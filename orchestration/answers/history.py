"""What was read of a client's days before: figures at each age, doubts and decisions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

REFERENCE_DAYS = 63
"""Days before a window whose figures are loaded: eight weeks and the day itself."""


FINAL_AGE = 28
"""From this age in days on figures count as final: Meta restates 28 days."""


BELIEVED_AFTER = timedelta(hours=24)
"""So long every reading has to say the same before what is implausible is kept."""


@dataclass
class History:
    """A client's past. `readings`: by day and metric the ages and the values read at them.

    `told` is what the client was warned of once, by rule and subject.
    """

    readings: dict[date, dict[str, list[tuple[int, float]]]] = field(default_factory=dict)
    doubted_since: dict[date, datetime] = field(default_factory=dict)
    doubts: dict[tuple[date, str], datetime] = field(default_factory=dict)
    confirmed: set[date] = field(default_factory=set)
    released: dict[date, set[str]] = field(default_factory=dict)
    quiet: set[date] = field(default_factory=set)
    expects_conversions: bool = True
    told: set[tuple[str, str]] = field(default_factory=set)

    def at_age(self, day: date, metric: str, age: int) -> float | None:
        """The metric of a day as it was known at this age; None where nobody had asked by then."""
        metrics = self.readings.get(day)
        if metrics is None or _last(metrics.get("spend", ()), age) is None:
            return None
        return _last(metrics.get(metric, ()), age) or 0.0

    def latest(self, day: date, metric: str) -> float | None:
        """The metric of a day as it stands; None where it was never read."""
        metrics = self.readings.get(day)
        if metrics is None:
            return None
        series = metrics.get(metric)
        return series[-1][1] if series else 0.0

    def had(self, metric: str, before: date, days: int) -> bool:
        """Whether the metric was above zero on any of so many days before one."""
        return any(
            (self.latest(before - timedelta(days=n), metric) or 0) > 0 for n in range(1, days + 1)
        )

    def is_confirmed_zero(self, day: date) -> bool:
        """Whether the account kept saying zero for a day, or was believed before."""
        since = self.doubted_since.get(day)
        return day in self.confirmed or (
            since is not None and datetime.now(UTC) - since >= BELIEVED_AFTER
        )

    def is_believed(self, day: date, rule: str) -> bool:
        """Whether a rule refused a day for so long that what it says is believed."""
        since = self.doubts.get((day, rule))
        return since is not None and datetime.now(UTC) - since >= BELIEVED_AFTER


def _last(series: Sequence[tuple[int, float]], age: int) -> float | None:
    """The latest value read at that age or younger; final days are all of one age."""
    limit = age if age < FINAL_AGE else 10**6
    return next((value for at, value in reversed(series) if at <= limit), None)
