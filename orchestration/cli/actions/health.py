"""`meta-ads health`: the panel on a terminal, its JSON, and the exit code."""

import time
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from psycopg.rows import dict_row
from rich.live import Live
from rich.text import Text

from orchestration.cli.output.console import Terminal, listing_console
from orchestration.cli.output.documents import print_document
from orchestration.errors import UnreachableError, UsageError
from orchestration.foreign_text import shown
from orchestration.health.checks import (
    CLIENT_DAYS,
    DAYS_OF_CLIENT,
    Health,
    read_health,
    unreachable,
)
from orchestration.health.panel import Line, lines
from orchestration.settings import Settings
from orchestration.text import span
from orchestration.warehouse.connection import Connection, connect
from orchestration.warehouse.migrations import migrate

Client = dict[str, Any]
WATCH_SECONDS = 10
EXIT_OF = {"healthy": 0, "degraded": 1, "unhealthy": 4}
UNREACHABLE = 3
STYLES = {"pass": "green", "warning": "yellow", "fail": "red"}
OVERALL_STYLES = {"healthy": "green", "degraded": "yellow", "unhealthy": "red"}


def show_health(settings: Settings, client_id: str | None, *, as_json: bool, watch: bool) -> int:
    """Print the health once, or until interrupted; returns the exit code of the last time.

    Raises:
        UsageError: no such client, or --watch with --json.
    """
    if watch and as_json:
        raise UsageError("--watch shows people; leave it out with --json.")
    if not watch:
        health, client = _read(settings, client_id)
        if as_json:
            print_document(client | health.document())
        else:
            listing_console().print(_text(health, client.get("days", [])))
        return _exit_code(health)
    with Live(console=Terminal(), auto_refresh=False, screen=False) as live:
        while True:
            health, client = _read(settings, client_id)
            live.update(_text(health, client.get("days", [])), refresh=True)
            time.sleep(WATCH_SECONDS)


def _read(settings: Settings, client_id: str | None) -> tuple[Health, Client]:
    """The health, and of one client its name and days, too."""
    try:
        migrate(settings)
        with connect(settings) as connection:
            client = _client(connection, client_id) if client_id else {}
            return read_health(connection, client_id), client
    except UnreachableError as error:
        client = {"client": client_id} if client_id else {}
        return unreachable(error, of_client=client_id is not None), client


def _client(connection: Connection, client_id: str) -> Client:
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(CLIENT_DAYS, {"client": client_id, "days": DAYS_OF_CLIENT})
        if found := cursor.fetchone():
            return found
    rows = connection.execute("select client_id from ops.clients where is_listed order by 1")
    known = ", ".join(row[0] for row in rows)
    raise UsageError(
        f"No client {client_id}: "
        + (f"the clients are {known}." if known else "nothing was collected yet.")
    )


def _text(health: Health, days: Sequence[Mapping[str, Any]]) -> Text:
    told = Text()
    told.append("Data health: ")
    told.append(health.overall, OVERALL_STYLES[health.overall])
    told.append(f"  ({health.document()['lastCheck']})\n")
    for line in lines(health):
        _add(told, line)
    for (state, reason), some in groupby(days, lambda day: (day["state"], day["reason"] or "")):
        span = [date.fromisoformat(day["day"]) for day in some]
        told.append(f"\n  {_span(span)}  {state}{f': {shown(reason)}' if reason else ''}")
    return told


def _add(told: Text, line: Line) -> None:
    told.append(f"  {line.status:<8}", STYLES[line.status])
    told.append(f"{line.title:<20} {shown(line.summary)}\n")
    for note in line.notes:
        told.append(f"            {shown(note)}\n")


def _span(days: list[date]) -> str:
    first, last = min(days), max(days)
    is_whole = last - first == timedelta(days=len(days) - 1)
    return span(first, last) if is_whole else ", ".join(map(str, days))


def _exit_code(health: Health) -> int:
    return EXIT_OF[health.overall] if health.is_reachable else UNREACHABLE
