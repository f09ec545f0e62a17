"""Which client-days to ask for: what is owed, or the range that was named, in windows."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from orchestration.answers.window import Window, windows_of
from orchestration.clients.model import Client
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.ledger.clients import KnownClient
from orchestration.warehouse.ledger.owed import OwedDay, owed_days

WINDOW_DAYS = 31
"""Days of one batch: a month at most, so that an answer fits into memory and few calls are made."""
FINE_WINDOW_DAYS = 7
"""The same where ad sets or ads are read as well: tens of rows for each of a campaign."""


@dataclass(frozen=True)
class OwedWindow:
    """Neighbouring days that are owed for the same reason after as many attempts."""

    window: Window
    why: str
    attempts: int
    reason: str | None
    is_due: bool
    asked_again_at: str | None
    can_be_asked: bool


def owed_windows(
    connection: Connection, clients: Sequence[Client], *, due_only: bool = False
) -> list[Window]:
    """What is owed now, in windows; with `due_only` without days that pause after a failure."""
    days: dict[str, list[date]] = defaultdict(list)
    for owed in owed_days(connection, [client.client_id for client in clients]):
        if owed.can_be_asked and (owed.is_due or not due_only):
            days[owed.client_id].append(owed.date_day)
    return [w for c in clients for w in windows_of(c.client_id, days[c.client_id], window_days(c))]


def owed_list(connection: Connection, clients: Sequence[Client]) -> list[OwedWindow]:
    """What is owed, told apart by reason and attempts, for people."""
    found = owed_days(connection, [client.client_id for client in clients])
    told = []
    for (client_id, *_), alike in groupby(found, key=_kind):
        days = list(alike)
        for window in windows_of(client_id, [o.date_day for o in days], len(days)):
            one = days[0]
            told.append(
                OwedWindow(
                    window,
                    one.why,
                    one.attempts,
                    one.reason,
                    one.is_due,
                    one.asked_again_at,
                    one.can_be_asked,
                )
            )
    return told


def _kind(owed: OwedDay) -> tuple[str, str, int, str | None]:
    return owed.client_id, owed.why, owed.attempts, owed.reason


def window_days(client: Client) -> int:
    """How many days of a client are asked for at once."""
    return WINDOW_DAYS if client.levels == ("campaign",) else FINE_WINDOW_DAYS


def range_windows(
    settings: Settings,
    clients: Sequence[tuple[Client, KnownClient]],
    since: date,
    until: date | None,
    without: Mapping[str, Collection[date]] | None = None,
) -> list[Window]:
    """Every day of a range, but none before the account counts or that Meta no longer keeps.

    Without `until` it ends with the latest due day; named, it may reach into today. Days in
    `without`, by client id, are left out.
    """
    windows = []
    for client, known in clients:
        zone = known.timezone_name or "UTC"
        begins = (known.starts_on or date.min, known.account_since or date.min)
        first = max(since, known.earliest_day, *begins)
        today = settings.now().astimezone(ZoneInfo(zone)).date()
        last = min(until or settings.latest_due_day(zone), today, known.ends_on or date.max)
        done = (without or {}).get(known.client_id, ())
        days = [day for day in _days(first, last) if day not in done]
        windows += windows_of(known.client_id, days, window_days(client))
    return windows


def _days(since: date, until: date) -> Iterable[date]:
    return (since + timedelta(n) for n in range((until - since).days + 1))
