"""Which client-days to ask for: what is owed, or the range that was named, in windows."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from orchestration.quality.answer import Window
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.ledger import DayRead, KnownClient, days_read

WINDOW_DAYS = 31
"""Days of one batch: a month at most, so that an answer fits into memory and few calls are made."""
RETENTION_MONTHS = 37
"""Meta answers with an error for a start beyond this."""


def owed_windows(
    connection: Connection, settings: Settings, clients: Sequence[KnownClient]
) -> list[Window]:
    """What is owed now: days never received, and the lookback once for each newly due day."""
    windows: list[Window] = []
    for client in clients:
        if client.status == "paused":
            continue
        # An account that never answered has no zone yet: its lookback is owed.
        zone = client.timezone_name or "UTC"
        until = min(settings.latest_due_day(zone), client.ends_on or date.max)
        lookback = until - timedelta(days=settings.lookback_days - 1)
        since = max(client.owed_since or lookback, earliest_day(settings, zone))
        read = days_read(connection, client.client_id, since, until)
        paused = _paused_days(connection, client.client_id)
        owed = [
            day
            for day in _days(since, until)
            if day not in paused and _is_owed(day, until, read.get(day), settings.lookback_days)
        ]
        windows += _windows(client.client_id, owed)
    return windows


def range_windows(
    settings: Settings, clients: Sequence[KnownClient], since: date, until: date | None
) -> list[Window]:
    """Every day of a range, but none that the account has not begun or Meta no longer keeps.

    Without `until` it ends with the latest due day; named, it may reach into today.
    """
    windows = []
    for client in clients:
        zone = client.timezone_name or "UTC"
        first = max(since, earliest_day(settings, zone), client.starts_on or date.min)
        today = settings.now().astimezone(ZoneInfo(zone)).date()
        last = min(until or settings.latest_due_day(zone), today, client.ends_on or date.max)
        windows += _windows(client.client_id, list(_days(first, last)))
    return windows


def earliest_day(settings: Settings, timezone_name: str) -> date:
    """The first day that Meta still answers for, in the account's zone, with a day to spare."""
    today = settings.now().astimezone(ZoneInfo(timezone_name)).date()
    years, months = divmod(today.year * 12 + today.month - 1 - RETENTION_MONTHS, 12)
    return date(years, months + 1, min(today.day, 28)) + timedelta(days=1)


def _is_owed(day: date, until: date, read: DayRead | None, lookback_days: int) -> bool:
    """Owed: never received, or not yet read at the latest due day that is within its lookback."""
    if read is None or read.state == "none":
        return True
    if read.state == "waived" or read.read_for is None:
        return read.state != "waived"
    return read.read_for < min(until, day + timedelta(days=lookback_days - 1))


def _paused_days(connection: Connection, client_id: str) -> set[date]:
    pauses = connection.execute(
        "select since, until from ops.client_pauses where client_id = %s", [client_id]
    )
    return {day for since, until in pauses for day in _days(since, until)}


def _days(since: date, until: date) -> Iterable[date]:
    return (since + timedelta(n) for n in range((until - since).days + 1))


def _windows(client_id: str, days: Sequence[date]) -> list[Window]:
    """The days as windows without holes, each of at most `WINDOW_DAYS` days."""
    if not days:
        return []
    starts = [days[0]]
    for before, day in pairwise(days):
        if day - before > timedelta(1) or (day - starts[-1]).days >= WINDOW_DAYS:
            starts.append(day)
    ends = [max(day for day in days if day < start) for start in starts[1:]] + [days[-1]]
    return [Window(client_id, *bounds) for bounds in zip(starts, ends, strict=True)]
