"""Replay of failed collections: exactly the days that no answer has made good since."""

from collections.abc import Sequence
from datetime import date, timedelta

from orchestration.answers.window import Window, windows_of
from orchestration.clients.model import Client
from orchestration.collection.plan import window_days
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.intake.batches import open_failures
from orchestration.warehouse.ledger.clients import known_clients
from orchestration.warehouse.ledger.owed import good_days


def windows_to_recover(
    connection: Connection,
    clients: Sequence[Client],
    since: date | None = None,
    until: date | None = None,
) -> list[Window]:
    """The days of open failures within a range that have no good answer since, in windows.

    Days before the ad account counts cannot be asked for again.
    """
    days: dict[str, set[date]] = {client.client_id: set() for client in clients}
    begins = {k.client_id: k.account_since for k in known_clients(connection, list(days))}
    for failure in open_failures(connection, list(days), since, until):
        begin = begins[failure.client_id] or date.min
        first = max(failure.since, since or date.min, begin)
        last = min(failure.until, until or date.max)
        asked = {first + timedelta(days=n) for n in range((last - first).days + 1)}
        days[failure.client_id] |= asked - good_days(
            connection, failure.client_id, failure.failed_at
        )
    return [
        window
        for client in clients
        for window in windows_of(
            client.client_id, sorted(days[client.client_id]), window_days(client)
        )
    ]
