"""What `meta-ads health` does: read the health checks, and turn them into an exit code."""

import time
from typing import Any, NoReturn

from psycopg.rows import dict_row
from rich.live import Live

from orchestration.cli.exit_codes import DONE, FAILED, UNFINISHED, UNREACHABLE
from orchestration.cli.output.console import Terminal, listing_console
from orchestration.cli.output.documents import print_document
from orchestration.cli.output.health import health_text
from orchestration.cli.session import bring_up_to_date
from orchestration.clients.unknown import unknown_client
from orchestration.errors import UnreachableError, UsageError
from orchestration.health.checks import (
    CLIENT_DAYS,
    DAYS_OF_CLIENT,
    Health,
    read_health,
    unreachable,
)
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, connect

ClientDays = dict[str, Any]
"""The keys `client`, `name` and `days` of one client; empty for all clients."""
WATCH_SECONDS = 10
EXIT_CODES = {"healthy": DONE, "degraded": UNFINISHED, "unhealthy": FAILED}


def show_health(settings: Settings, client_id: str | None, *, as_json: bool, watch: bool) -> int:
    """Print the health once, or every ten seconds until Ctrl-C; returns the exit code.

    Raises:
        UsageError: no such client, or `watch` with JSON.
    """
    if watch and as_json:
        raise UsageError("--watch is for people: leave it out with --json.")
    if watch:
        _watch(settings, client_id)
    health, client = _read(settings, client_id)
    if as_json:
        print_document(client | health.document())
    else:
        listing_console().print(health_text(health, client.get("days", [])))
    return EXIT_CODES[health.overall] if health.is_reachable else UNREACHABLE


def _watch(settings: Settings, client_id: str | None) -> NoReturn:
    with Live(console=Terminal(), auto_refresh=False, screen=False) as display:
        while True:
            health, client = _read(settings, client_id)
            display.update(health_text(health, client.get("days", [])), refresh=True)
            time.sleep(WATCH_SECONDS)


def _read(settings: Settings, client_id: str | None) -> tuple[Health, ClientDays]:
    """Read the health, of one client with its days; an unreachable warehouse is a failed check."""
    try:
        bring_up_to_date(settings)
        with connect(settings) as connection:
            client = _client_days(connection, client_id) if client_id else {}
            return read_health(connection, client_id), client
    except UnreachableError as error:
        client = {"client": client_id} if client_id else {}
        return unreachable(error, of_client=client_id is not None), client


def _client_days(connection: Connection, client_id: str) -> ClientDays:
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(CLIENT_DAYS, {"client": client_id, "days": DAYS_OF_CLIENT})
        if row := cursor.fetchone():
            return row
    rows = connection.execute("select client_id from ops.clients where is_listed order by 1")
    raise unknown_client(client_id, (row[0] for row in rows))
