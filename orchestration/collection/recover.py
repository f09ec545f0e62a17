"""Days of failed collections that have no good answer yet, to be asked for again."""

from collections.abc import Sequence
from datetime import date, timedelta

from orchestration.answers.window import Window
from orchestration.clients.model import Client
from orchestration.collection.plan import windows_of_days
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
    """Windows of the days of open failures within a range, without days answered well since.

    Days before the ad account counts cannot be asked for again.
    """
    days: dict[str, set[date]] = {client.client_id: set() for client in clients}
    begins = {k.client_id: k.account_since for k in known_clients(connection, list(days))}
    for failure in open_failures(connection, list(days), since, until):
        begin = begins[failure.client_id] or date.min
        first = max(failure.since, since or date.min, begin)
        last = min(failure.until, until or date.max)
        failed = {first + timedelta(days=n) for n in range((last - first).days + 1)}
        answered = good_days(connection, failure.client_id, failure.failed_at)
        days[failure.client_id] |= failed - answered
    return windows_of_days(days, clients)
