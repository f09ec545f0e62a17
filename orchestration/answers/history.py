"""What is known of a client's days: figures at each age, doubts, and decisions of people."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from orchestration.answers.violation import Oddity

REFERENCE_DAYS = 63
"""Days before a window whose figures are loaded: eight weeks and one more."""
FINAL_AGE = 28
"""The age in days from which figures count as final: Meta restates 28 days."""
BELIEVED_AFTER = timedelta(hours=24)
"""For so long every reading must say the same before what is implausible is kept."""


@dataclass(kw_only=True)
class History:
    """What is known of a client's days before an answer is judged.

    `readings`: by day and metric the ages in days and the values read at them, in the order of
    reading. `doubted_for`: for how long a day without a conversion has been refused; `doubts`: the
    same by day and rule for rules that time confirms. `confirmed`: days whose zero was believed
    before.
    `released`: the rules from which a person released a day. `quiet`: days on which the client is
    paused or has ended. `known_oddities`: what the client was warned of, by rule and subject.
    """

    readings: dict[date, dict[str, list[tuple[int, float]]]] = field(default_factory=dict)
    doubted_for: dict[date, timedelta] = field(default_factory=dict)
    doubts: dict[tuple[date, str], timedelta] = field(default_factory=dict)
    confirmed: set[date] = field(default_factory=set)
    released: dict[date, set[str]] = field(default_factory=dict)
    quiet: set[date] = field(default_factory=set)
    expects_conversions: bool = True
    known_oddities: set[Oddity] = field(default_factory=set)

    def at_age(self, day: date, metric: str, age: int) -> float | None:
        """The metric of a day as it was known at this age; None where it was not read by then."""
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

    def was_above_zero(self, metric: str, before: date, days: int) -> bool:
        """Whether the metric was above zero on any of the last `days` before a day."""
        return any(
            (self.latest(before - timedelta(days=n), metric) or 0) > 0 for n in range(1, days + 1)
        )

    def is_confirmed_zero(self, day: date) -> bool:
        """Whether the account has said zero for 24 hours, or its zero was believed before."""
        return day in self.confirmed or self.doubted_for.get(day, timedelta()) >= BELIEVED_AFTER

    def is_believed(self, day: date, rule: str) -> bool:
        """Whether a rule has refused a day for 24 hours, so that the readings are believed."""
        return self.doubts.get((day, rule), timedelta()) >= BELIEVED_AFTER


def _last(series: Sequence[tuple[int, float]], age: int) -> float | None:
    """The latest value read at that age or younger; final days are all of one age."""
    limit = age if age < FINAL_AGE else 10**6
    return next((value for at, value in reversed(series) if at <= limit), None)
