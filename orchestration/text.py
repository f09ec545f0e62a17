"""How messages write days, instants and numbers of things."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson

from orchestration.foreign_text import shown_json


def days_in_words(days: Iterable[date | str]) -> str:
    """Days as ranges without holes: `2026-11-01 to 2026-11-03, 2026-11-07`; text in ISO form."""
    ranges: list[tuple[date, date]] = []
    for day in sorted({date.fromisoformat(str(day)) for day in days}):
        if ranges and day - ranges[-1][1] == timedelta(1):
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ", ".join(span(first, last) for first, last in ranges)


def span(first: date, last: date) -> str:
    """A range of days: `2026-11-01 to 2026-11-03`, or one day."""
    return str(first) if first == last else f"{first} to {last}"


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


def json_text(document: Any, option: int = 0) -> str:
    """It as JSON without a character that a terminal would obey."""
    return shown_json(orjson.dumps(document, default=plain, option=option).decode())


def plain(value: Any) -> str:
    """A value as people read it: an amount with its digits as they are, nothing for None."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return "" if value is None else str(value)


def spans(days: Sequence[date]) -> str:
    """Sorted days as ranges: 2026-11-01 to 2026-11-03, 2026-11-05."""
    found: list[list[date]] = []
    for day in days:
        if found and (day - found[-1][1]).days == 1:
            found[-1][1] = day
        else:
            found.append([day, day])
    return ", ".join(str(first) if first == last else f"{first} to {last}" for first, last in found)
