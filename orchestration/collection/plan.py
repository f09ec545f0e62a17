"""Which client-days to ask for: those that are owed, or those of a named range, in windows."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
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
"""Days of one window: a month at most, so that an answer fits into memory and few calls are
made."""
FINE_WINDOW_DAYS = 7
"""The same where ad sets or ads are read, too: they have tens of rows for each of a campaign."""


@dataclass(frozen=True, kw_only=True)
class OwedWindow:
    """Neighbouring days that are owed for the same reason, after the same number of attempts.

    The fields are those of `OwedDay`.
    """

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
    """The windows that are owed now; with `due_only` without days that pause after a failure."""
    return windows_of_owed(
        owed_days(connection, [client.client_id for client in clients]),
        clients,
        lambda owed: owed.is_due or not due_only,
    )


def windows_of_owed(
    owed: Iterable[OwedDay], clients: Sequence[Client], is_wanted: Callable[[OwedDay], bool]
) -> list[Window]:
    """Windows of the owed days that can be asked for and are wanted, by client."""
    days: dict[str, list[date]] = defaultdict(list)
    for owed_day in owed:
        if owed_day.can_be_asked and is_wanted(owed_day):
            days[owed_day.client_id].append(owed_day.date_day)
    return windows_of_days(days, clients)


def windows_of_days(
    days: Mapping[str, Collection[date]], clients: Sequence[Client]
) -> list[Window]:
    """Days by client id as windows of the size of each client, in the order of the clients."""
    return [
        window
        for client in clients
        for window in windows_of(
            client.client_id, sorted(days.get(client.client_id, ())), window_days(client)
        )
    ]


def owed_list(connection: Connection, clients: Sequence[Client]) -> list[OwedWindow]:
    """Everything that is owed, grouped by reason and attempts, to be shown to people."""
    owed = owed_days(connection, [client.client_id for client in clients])
    windows = []
    for _, group in groupby(owed, key=_group_key):
        days = list(group)
        first = days[0]
        windows += [
            OwedWindow(
                window=window,
                why=first.why,
                attempts=first.attempts,
                reason=first.reason,
                is_due=first.is_due,
                asked_again_at=first.asked_again_at,
                can_be_asked=first.can_be_asked,
            )
            for window in stretches(first.client_id, [day.date_day for day in days])
        ]
    return windows


def _group_key(owed: OwedDay) -> tuple[str, str, int, str | None]:
    return owed.client_id, owed.why, owed.attempts, owed.reason


def window_days(client: Client) -> int:
    """How many days of a client are asked for at once."""
    return WINDOW_DAYS if client.levels == ("campaign",) else FINE_WINDOW_DAYS


def stretches(client_id: str, days: Sequence[date]) -> list[Window]:
    """Sorted days as windows without holes, however long."""
    return windows_of(client_id, days, max(1, len(days)))


def range_windows(
    settings: Settings,
    clients: Sequence[tuple[Client, KnownClient]],
    since: date,
    until: date | None,
    without: Mapping[str, Collection[date]] | None = None,
) -> list[Window]:
    """Every day of a range, except days before the account counts or that Meta no longer keeps.

    Without `until` the range ends with the latest due day; a given `until` may be today. Days in
    `without`, by client id, are left out.
    """
    windows = []
    for client, known in clients:
        first, last = _bounds(settings, known, since, until)
        done = (without or {}).get(known.client_id, ())
        days = [day for day in _days(first, last) if day not in done]
        windows += windows_of(known.client_id, days, window_days(client))
    return windows


def _bounds(
    settings: Settings, known: KnownClient, since: date, until: date | None
) -> tuple[date, date]:
    """First and last day of a range that can be asked for of a client."""
    zone = known.timezone_name or "UTC"
    begins = (known.starts_on or date.min, known.account_since or date.min)
    today = settings.now().astimezone(ZoneInfo(zone)).date()
    return (
        max(since, known.earliest_day, *begins),
        min(until or settings.latest_due_day(zone), today, known.ends_on or date.max),
    )


def _days(since: date, until: date) -> Iterable[date]:
    return (since + timedelta(n) for n in range((until - since).days + 1))
