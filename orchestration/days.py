"""Ranges of days: what is the same on neighbouring days is told once."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Generic, TypeVar

from orchestration.errors import UsageError

Row = TypeVar("Row")


@dataclass(frozen=True)
class DayRange(Generic[Row]):
    """Neighbouring days, and the rows about them, in the order of the days."""

    since: date
    until: date
    rows: Sequence[Row]

    @property
    def count(self) -> int:
        """How many days it has."""
        return (self.until - self.since).days + 1

    def __str__(self) -> str:
        """`2026-11-01 to 2026-11-27, 27 days`, or one day."""
        days = span(self.since, self.until)
        return days if self.count == 1 else f"{days}, {self.count:,} days"


def folded(
    rows: Iterable[Row],
    cause: Callable[[Row], Hashable],
    days: Callable[[Row], tuple[date | str, date | str]],
) -> list[DayRange[Row]]:
    """Rows with one cause whose days touch or overlap, as one range; a gap begins another.

    The ranges of a cause stay together, where its first row was. Days as text are in ISO form.
    """
    by_cause: dict[Hashable, list[tuple[date, date, Row]]] = {}
    for row in rows:
        since, until = (date.fromisoformat(str(day)) for day in days(row))
        by_cause.setdefault(cause(row), []).append((since, until, row))
    ranges: list[DayRange[Row]] = []
    for of_cause in by_cause.values():
        of_cause.sort(key=lambda entry: entry[:2])
        ranges += _touching(of_cause)
    return ranges


def days_in_words(days: Iterable[date | str]) -> str:
    """Days as ranges without holes: `2026-11-01 to 2026-11-03, 2026-11-07`; text in ISO form."""
    ranges = folded(days, lambda _: None, lambda day: (day, day))
    return ", ".join(span(each.since, each.until) for each in ranges)


def span(first: date, last: date) -> str:
    """A range of days: `2026-11-01 to 2026-11-03`, or one day."""
    return str(first) if first == last else f"{first} to {last}"


def day_of(text: Any) -> date | None:
    """The day that a text names; None where it names none."""
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def _touching(sorted_rows: Iterable[tuple[date, date, Row]]) -> list[DayRange[Row]]:
    ranges: list[DayRange[Row]] = []
    for since, until, row in sorted_rows:
        if ranges and since - ranges[-1].until <= timedelta(1):
            last = ranges.pop()
            ranges.append(DayRange(last.since, max(last.until, until), [*last.rows, row]))
        else:
            ranges.append(DayRange(since, until, [row]))
    return ranges


def month_named(text: str) -> date:
    """The first day of a month as people type it.

    Raises:
        UsageError: it is not YYYY-MM.
    """
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        raise UsageError(f"{text} is not a month: write it as 2026-09.") from None


def month_end(day: date) -> date:
    """The last day of the month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def months_before(day: date, months: int) -> date:
    """The same day of the month so many months earlier, or that month's last."""
    index = day.year * 12 + day.month - 1 - months
    first = date(index // 12, index % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), month_end(first))
