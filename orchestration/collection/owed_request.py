"""The client-days that are due, as a compact request that a run can carry, with its key."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from itertools import groupby

from orchestration.answers.window import Window
from orchestration.clients.model import Client
from orchestration.collection.plan import stretches, windows_of_owed
from orchestration.errors import UsageError
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.ledger.clients import sync_clients
from orchestration.warehouse.ledger.due import DueDay, due_days, latest_due_days
from orchestration.warehouse.ledger.owed import OwedDay, owed_days


@dataclass(frozen=True)
class OwedRequest:
    """Client-days to ask for.

    Attributes:
        owed: by client, ranges such as `2026-11-12` or `2026-11-01..2026-11-12`.
        key: stays the same until some of this work was tried; it differs for the next attempt and
            for the next reading of the lookback.
        clients: how many clients.
        days: how many client-days.
    """

    owed: dict[str, list[str]]
    key: str
    clients: int
    days: int


def request_owed(
    connection: Connection, clients: Sequence[Client], *, without: Collection[str] = ()
) -> OwedRequest | None:
    """The client-days that are due now without a person; None if there are none.

    The clients named in `without` are left out: a run that is under way collects them.

    Days that pause after a failure, clients on hold, days left to a person, and days that another
    collection is working on are not due. A client that is new in the file is asked for, too.
    """
    with connection.transaction():
        sync_clients(connection, clients)
    ids = [client.client_id for client in clients if client.client_id not in without]
    due = due_days(connection, ids)
    return _request(due, latest_due_days(connection, ids)) if due else None


def shards_of(
    connection: Connection, clients: Sequence[Client], size: int, tokens: Mapping[str, str]
) -> list[OwedRequest]:
    """The same work in parts of at most `size` clients, each of clients that share a token.

    `tokens` names the token of each client; clients that it does not name are left out.
    """
    with connection.transaction():
        sync_clients(connection, clients)
    due = due_days(connection, list(tokens))
    latest = latest_due_days(connection, list(tokens))
    by_token: dict[str, dict[str, list[DueDay]]] = {}
    for day in due:
        by_token.setdefault(tokens[day[0]], {}).setdefault(day[0], []).append(day)
    shards = []
    for by_client in by_token.values():
        ids = [*by_client]
        for start in range(0, len(ids), size):
            part = ids[start : start + size]
            shards.append(_request([day for name in part for day in by_client[name]], latest))
    return shards


def _request(due: Sequence[DueDay], latest: Mapping[str, date]) -> OwedRequest:
    owed = {
        client_id: [
            _range_text(part) for part in stretches(client_id, [day for _, day, *_ in group])
        ]
        for client_id, group in groupby(due, key=lambda due_day: due_day[0])
    }
    return OwedRequest(owed=owed, key=_key(due, latest), clients=len(owed), days=len(due))


def windows_of_request(
    connection: Connection,
    clients: Sequence[Client],
    owed: Mapping[str, Sequence[str]],
    *,
    due_only: bool = False,
) -> list[Window]:
    """The client-days of a request that are still owed, in windows.

    With `due_only` days that pause after a failure are left out, too: another process may have
    asked for them since, without success.

    Raises:
        UsageError: a text names no days.
    """
    bounds = {client_id: [_bounds(text) for text in owed[client_id]] for client_id in owed}

    def is_wanted(day: OwedDay) -> bool:
        is_requested = any(a <= day.date_day <= b for a, b in bounds[day.client_id])
        return is_requested and (day.is_due or not due_only)

    return windows_of_owed(owed_days(connection, list(owed)), clients, is_wanted)


def _key(due: Sequence[DueDay], latest: Mapping[str, date]) -> str:
    lines = (f"{latest[due_day[0]]} {due_day}\n" for due_day in due)
    return f"owed-{sha256(''.join(lines).encode()).hexdigest()[:32]}"


def _range_text(days: Window) -> str:
    return f"{days.since}" if days.since == days.until else f"{days.since}..{days.until}"


def _bounds(text: str) -> tuple[date, date]:
    """First and last day that the text of a range names."""
    since, dots, until = text.partition("..")
    try:
        first, last = date.fromisoformat(since), date.fromisoformat(until if dots else since)
    except ValueError:
        first, last = date.max, date.min
    if last < first:
        raise UsageError(f"{text!r} names no days: write 2026-11-12, or 2026-11-01..2026-11-12.")
    return first, last
