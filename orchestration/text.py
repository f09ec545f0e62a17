"""How messages write days, instants and numbers of things."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta


def days_in_words(days: Iterable[str]) -> str:
    """Days with neighbours put together: `2026-11-01 to 2026-11-03, 2026-11-07`."""
    ranges: list[tuple[date, date]] = []
    for day in sorted({date.fromisoformat(day) for day in days}):
        if ranges and day - ranges[-1][1] == timedelta(1):
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in ranges)


def instant(at: datetime) -> str:
    """`2026-11-15 06:40 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def instants(at: Sequence[datetime]) -> str:
    """Several instants; the day is told once where it stays the same."""
    told, before = [], None
    for one in (each.astimezone(UTC) for each in at):
        told.append(f"{one:%H:%M}" if one.date() == before else f"{one:%Y-%m-%d %H:%M}")
        before = one.date()
    return f"{', '.join(told)} UTC"


def times(count: int) -> str:
    """`once`, `twice`, `3 times`."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def plural(count: int, noun: str) -> str:
    """`1 client`, `3 clients`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
