"""How people read instants, counts and values, in messages, tables and logs."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson

from orchestration.foreign_text import shown_json


def instant(at: datetime) -> str:
    """`2026-11-15 06:40 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def instants(at: Sequence[datetime]) -> str:
    """Several instants: `2026-11-15 06:40, 07:10, 2026-11-16 00:20 UTC`."""
    parts, day_before = [], None
    for each in (each.astimezone(UTC) for each in at):
        is_same_day = each.date() == day_before
        parts.append(f"{each:%H:%M}" if is_same_day else f"{each:%Y-%m-%d %H:%M}")
        day_before = each.date()
    return f"{', '.join(parts)} UTC"


def iso_instant(at: datetime) -> str:
    """`2026-11-15T06:40:12Z`, for programs."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def times(count: int) -> str:
    """`once`, `twice`, `3 times`."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def plural(count: int, noun: str, nouns: str = "") -> str:
    """`1 client`, `2,000 clients`; `nouns` is a plural without s."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {nouns or f'{noun}s'}"


def size(count: int) -> str:
    """A number of bytes in a readable unit."""
    amount, units = float(count), iter(("B", "KiB", "MiB", "GiB"))
    for unit in units:
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:,.1f} TiB"


def json_text(document: Any, option: int = 0) -> str:
    """The document as JSON, without a character that steers a terminal."""
    return shown_json(orjson.dumps(document, default=plain, option=option).decode())


def plain(value: Any) -> str:
    """A value as people read it: an amount with all its digits, an empty text for None."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return "" if value is None else str(value)
