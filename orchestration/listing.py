"""Small listings of the command line: owed days, clients, a query."""

import os
import shutil
import sys
from collections.abc import Sequence

import orjson
from rich.console import Console
from rich.table import Table

from orchestration.clients import Client
from orchestration.collection.plan import owed_windows
from orchestration.errors import UsageError
from orchestration.quality.answer import Window
from orchestration.settings import Settings
from orchestration.warehouse.connection import connect, libpq_environment
from orchestration.warehouse.ledger import known_clients, sync_clients

MOST_ROWS = 1000
"""Rows of a query that are shown."""
READ_ONLY = "-c default_transaction_read_only=on -c default_transaction_isolation=repeatable\\ read"


def print_owed(settings: Settings, clients: Sequence[Client], *, as_json: bool) -> None:
    """The windows that the next run asks for, and the clients that it has to get to know first."""
    with connect(settings) as connection:
        sync_clients(connection, clients)
        known = known_clients(connection, [client.client_id for client in clients])
        windows = owed_windows(connection, settings, known)
    new = [client.client_id for client in known if client.owed_since is None]
    if as_json:
        sys.stdout.write(orjson.dumps({"owed": windows, "never_collected": new}).decode() + "\n")
        return
    console = Console(highlight=False)
    for window in windows:
        console.print(_days(window))
    for client_id in new:
        console.print(f"{client_id}: never collected; the first run asks for its lookback")
    if not windows and not new:
        console.print("Nothing is owed.")


def _days(window: Window) -> str:
    return f"{window.client_id}: {window.since} to {window.until} ({len(window.days)} days)"


def print_clients(settings: Settings, clients: Sequence[Client]) -> None:
    """A line per client of the file."""
    with connect(settings) as connection:
        sync_clients(connection, clients)
        known = known_clients(connection, [client.client_id for client in clients])
    table = Table("client", "name", "ad account", "status", "time zone", "currency", box=None)
    for c in known:
        facts = (c.timezone_name or "not asked yet", c.currency or "")
        table.add_row(c.client_id, c.name, c.ad_account_id, c.status, *facts)
    Console(highlight=False).print(table)


def run_sql(settings: Settings, statement: str | None) -> None:
    """One statement, or psql where it is installed; read-only and in one snapshot either way.

    Raises:
        UsageError: the statement fails, or a prompt is wanted without psql.
    """
    import psycopg

    if statement is None:
        _prompt(settings)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    with connect(settings) as connection:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        try:
            cursor = connection.execute(statement.encode())
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            raise UsageError(f"The query fails: {error}") from None
        if cursor.description is None:
            return
        for column in cursor.description:
            table.add_column(column.name, overflow="fold")
        for row in cursor.fetchmany(MOST_ROWS):
            table.add_row(*("" if value is None else str(value) for value in row))
        rest = len(cursor.fetchall())
    console = Console(highlight=False, markup=False)
    console.print(table)
    if rest:
        console.print(f"... and {rest} more rows")


def _prompt(settings: Settings) -> None:
    psql = shutil.which("psql")
    if psql is None:
        raise UsageError('psql is not installed: give a statement, meta-ads sql "select ...".')
    libpq = libpq_environment(settings)
    libpq["PGOPTIONS"] += f" {READ_ONLY}"
    os.execve(psql, [psql], os.environ | libpq)
