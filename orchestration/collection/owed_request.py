"""Exactly the owed client-days as a request that a run can carry: compact, and known by its key."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from itertools import groupby

from orchestration.answers.window import Window, windows_of
from orchestration.clients.model import Client
from orchestration.collection.plan import window_days
from orchestration.errors import UsageError
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.ledger.clients import sync_clients
from orchestration.warehouse.ledger.due import DueDay, due_days, latest_due_days
from orchestration.warehouse.ledger.owed import owed_days


@dataclass(frozen=True)
class OwedRequest:
    """Client-days to ask for.

    `owed` maps a client to ranges such as `2026-11-12` or `2026-11-01..2026-11-12`. `key` is the
    same as long as nothing of this work was tried, and another one for the next attempt and for
    the next reading of the lookback. `clients` and `days` count.
    """

    owed: dict[str, list[str]]
    key: str
    clients: int
    days: int


def request_owed(connection: Connection, clients: Sequence[Client]) -> OwedRequest | None:
    """What is due by itself now; None where nothing is.

    Without days that pause after a failure, clients on hold, days left to a person, and days that
    another collection has in hand. A client that is new in the file is asked for, too.
    """
    with connection.transaction():
        sync_clients(connection, clients)
    ids = [client.client_id for client in clients]
    due = due_days(connection, ids)
    if not due:
        return None
    owed = {
        client_id: list(_ranges(found[1] for found in days))
        for client_id, days in groupby(due, key=lambda found: found[0])
    }
    return OwedRequest(owed, _key(due, latest_due_days(connection, ids)), len(owed), len(due))


def windows_of_request(
    connection: Connection,
    clients: Sequence[Client],
    owed: Mapping[str, Sequence[str]],
    *,
    due_only: bool = False,
) -> list[Window]:
    """The client-days of a request that are still owed, in windows; what came since is left out.

    With `due_only` days that pause after a failure are left out, too: another process may have
    asked for them meanwhile, in vain.

    Raises:
        UsageError: a range is none.
    """
    bounds = {client_id: [_bounds(text) for text in owed[client_id]] for client_id in owed}
    days: dict[str, list[date]] = defaultdict(list)
    for found in owed_days(connection, list(owed)):
        is_wanted = any(a <= found.date_day <= b for a, b in bounds[found.client_id])
        if is_wanted and found.can_be_asked and (found.is_due or not due_only):
            days[found.client_id].append(found.date_day)
    return [w for c in clients for w in windows_of(c.client_id, days[c.client_id], window_days(c))]


def _key(due: Sequence[DueDay], latest: Mapping[str, date]) -> str:
    lines = (f"{latest[found[0]]} {found}\n" for found in due)
    return f"owed-{sha256(''.join(lines).encode()).hexdigest()[:32]}"


def _ranges(days: Iterable[date]) -> Iterator[str]:
    """Neighbouring days as one text each."""
    numbered = enumerate(day.toordinal() for day in days)
    for _, alike in groupby(numbered, key=lambda pair: pair[1] - pair[0]):
        ordinals = [ordinal for _, ordinal in alike]
        first, last = date.fromordinal(ordinals[0]), date.fromordinal(ordinals[-1])
        yield f"{first}" if first == last else f"{first}..{last}"


def _bounds(text: str) -> tuple[date, date]:
    since, dots, until = text.partition("..")
    try:
        first, last = date.fromisoformat(since), date.fromisoformat(until if dots else since)
    except ValueError:
        first, last = date.max, date.min
    if last < first:
        raise UsageError(f"{text!r} names no days: write 2026-11-12, or 2026-11-01..2026-11-12.")
    return first, last
