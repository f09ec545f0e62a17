"""Tests the destinations of alerts with a message to each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from psycopg.types.json import Jsonb

from orchestration.alerting.delivery.attempt import attempt
from orchestration.alerting.delivery.state import (
    ERROR_CHARACTERS,
    note_destination,
    sync_destinations,
)
from orchestration.alerting.destinations.secrets import hidden_values
from orchestration.alerting.destinations.setup import Setup, destinations
from orchestration.alerting.judging.evidence import clients_by_id
from orchestration.alerting.messages.message import Content, Link, Message
from orchestration.clients.routes import configured_routes
from orchestration.errors import UsageError
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, storable
from orchestration.warehouse.sql_files import read_sql


@dataclass(frozen=True)
class TriedDestination:
    """How the test of a destination ended: its receipt, an error, or why it is off.

    `is_wrong`: it is off because of a setting that cannot be used.
    """

    destination: str
    receipt: str = ""
    error: str = ""
    off: str = ""
    is_wrong: bool = False


def try_destinations(
    connection: Connection, settings: Settings, only: Sequence[str] = ()
) -> list[TriedDestination]:
    """Send a test message to every destination, now; the connection is in autocommit.

    The next delivery sends what waits for a destination that works again.

    Raises:
        UsageError: there is no destination of that name.
    """
    routes = configured_routes(settings)
    setup = destinations(settings, routes)
    _check_names(setup, only)
    sync_destinations(connection, setup.on, setup.off)
    hidden = hidden_values(settings, routes, clients_by_id(connection))
    content = _content(settings)
    tried = [
        TriedDestination(name, off=why, is_wrong=name in setup.wrong)
        for name, why in setup.off.items()
        if not only or name in only
    ]
    for name, destination in setup.on.items():
        if not only or name in only:
            message = Message(str(uuid4()), name, content, datetime.now(UTC))
            outcome = attempt(destination, message).redacted(hidden)
            error = outcome.refused or outcome.unavailable
            _note(connection, message, outcome.receipt, error)
            tried.append(TriedDestination(name, outcome.receipt, error))
    return tried


def _check_names(setup: Setup, only: Sequence[str]) -> None:
    names = [*setup.on, *setup.off]
    if unknown := [name for name in only if name not in names]:
        raise UsageError(f"No destination {', '.join(unknown)}: there are {', '.join(names)}.")


def _content(settings: Settings) -> Content:
    return Content(
        kind="test",
        severity="low",
        rule="",
        title="Test: alerts arrive here",
        do="Nothing. Somebody ran meta-ads alerts test.",
        links=(Link("Dashboard", f"{settings.dashboard_url}/admin/monitoring"),),
    )


def _note(connection: Connection, message: Message, receipt: str, error: str) -> None:
    with connection.transaction():
        connection.execute(
            read_sql(__file__, "insert_test_message"),
            {
                "key": message.key,
                "destination": message.destination,
                "content": Jsonb(message.content.document()),
                "state": "refused" if error else "sent",
                "receipt": storable(receipt)[:ERROR_CHARACTERS] or None,
                "error": storable(error)[:ERROR_CHARACTERS] or None,
            },
        )
        note_destination(connection, message.destination, error)
