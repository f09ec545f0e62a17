"""Small listings of the command line: owed days, clients, a query."""

import os
import shutil
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import psycopg
from psycopg import sql
from rich.table import Table

from orchestration.clients.model import Client
from orchestration.collection.plan import OwedWindow, owed_list
from orchestration.cli.output.console import listing_console
from orchestration.cli.output.documents import json_text
from orchestration.errors import UsageError
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, connect, libpq_environment, role_of
from orchestration.warehouse.connection_errors import is_of_the_server
from orchestration.warehouse.ledger.clients import known_clients, sync_clients
from orchestration.warehouse.libpq import PSQLRC
from orchestration.warehouse.reader import reader_address

MOST_ROWS = 1000
"""Rows of a query that are shown."""
READ_ONLY = {
    "default_transaction_read_only": "on",
    "default_transaction_isolation": "repeatable read",
}


def print_owed(settings: Settings, clients: Sequence[Client], *, as_json: bool) -> None:
    """What the next run asks for and why, and what is asked for again only later."""
    with connect(settings) as connection:
        sync_clients(connection, clients)
        known = known_clients(connection, [client.client_id for client in clients])
        owed = owed_list(connection, clients)
    if as_json:
        sys.stdout.write(json_text({"owed": owed}) + "\n")
        return
    console = listing_console()
    for client in known:
        if client.account_refused:
            console.print(f"{client.client_id}: {client.account_refused}")
    for one in owed:
        console.print(_owed(one))
    if not owed:
        console.print("Nothing is owed.")


def _owed(owed: OwedWindow) -> str:
    window = owed.window
    days = len(window.days)
    text = f"{window.client_id}: {window.since} to {window.until} ({days} days), {owed.why}"
    if owed.attempts:
        text += f", {owed.attempts} in vain ({owed.reason})"
    if not owed.can_be_asked:
        text += (
            "; the ad account is asked for no day before its account_since: only meta-ads owed "
            f'waive {window.client_id} {window.since} {window.until} --reason "..." closes them'
        )
    elif not owed.is_due:
        # Also days that were never tried, of a client whose token is dead.
        again = f"after {owed.asked_again_at}" if owed.asked_again_at else "by hand only"
        text += f"; asked for {'again ' if owed.attempts else ''}{again}, at once by meta-ads run"
    return text


def print_clients(settings: Settings, clients: Sequence[Client]) -> None:
    """A line per client of the file."""
    with connect(settings) as connection:
        sync_clients(connection, clients)
        known = known_clients(connection, [client.client_id for client in clients])
    table = Table("client", "name", "ad account", "status", "time zone", "currency", box=None)
    for c in known:
        facts = (c.timezone_name or "not asked yet", c.currency or "")
        table.add_row(c.client_id, c.name, c.ad_account_id, c.status, *facts)
    listing_console().print(table)
    for c in known:
        if c.account_refused:
            listing_console().print(f"{c.client_id}: {c.account_refused}")


def run_sql(settings: Settings, statement: str | None, as_of: date | None = None) -> None:
    """One statement, or psql where it is installed; read-only and in one snapshot either way.

    With the login of the reader, or where this login may not have one with its own, as analyst
    where it may take that on. `as_of` is the day that the schema marts_as_of shows.

    Raises:
        UsageError: the statement fails, or a prompt is wanted without psql.
    """
    if statement is None:
        _prompt(settings, as_of)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    address = reader_address(settings)
    with connect(settings, address=address) as connection:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        if address is None:
            _take_on(connection)
        if as_of is not None:
            connection.execute("select set_config('meta_ads.as_of', %s, false)", [str(as_of)])
        try:
            # Prepared, it can only be one statement.
            cursor = connection.execute(statement.encode(), prepare=True)
        except psycopg.errors.InsufficientPrivilege as error:
            raise UsageError(
                f"The query fails: {error.diag.message_primary}. Analysts read the schemas marts "
                "and marts_as_of; meta-ads server url names a login that reads more."
            ) from None
        except psycopg.errors.RaiseException as error:
            told = filter(None, (error.diag.message_primary, error.diag.message_hint))
            raise UsageError(f"The query fails: {' '.join(told)}") from None
        except psycopg.Error as error:
            if is_of_the_server(error):
                raise
            if "multiple commands" in str(error):
                raise UsageError("The query fails: it is more than one; give one.") from None
            raise UsageError(f"The query fails: {error}") from None
        if cursor.description is None:
            return
        for column in cursor.description:
            table.add_column(column.name, overflow="fold")
        for row in cursor.fetchmany(MOST_ROWS):
            table.add_row(*map(_cell, row))
        rest = len(cursor.fetchall())
    console = listing_console()
    console.print(table)
    if rest:
        console.print(f"... and {rest} more rows")


def _cell(value: Any) -> str:
    if isinstance(value, list | dict):
        return orjson.dumps(value, default=str).decode()
    return "" if value is None else str(value)


def _take_on(connection: Connection) -> None:
    """The analysts' role, where this login may: it reads the marts and nothing below them."""
    if role := role_of(connection, "analyst"):
        connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))


def _prompt(settings: Settings, as_of: date | None) -> None:
    psql = shutil.which("psql")
    if psql is None:
        raise UsageError('psql is not installed: give a statement, meta-ads sql "select ...".')
    values = dict(READ_ONLY)
    if as_of is not None:
        values["meta_ads.as_of"] = str(as_of)
    address = reader_address(settings)
    if address is None:
        with connect(settings) as connection:
            if role := role_of(connection, "analyst"):
                values["role"] = role
    libpq = libpq_environment(settings, address, **values)
    with connect(settings, autocommit=True, address=address) as connection:
        # psql would go on to its prompt, with more rights, where this fails.
        connection.execute(libpq["META_ADS_SESSION"].encode())
    own = Path("~/.psqlrc").expanduser()
    options = [f"--variable=session={libpq['META_ADS_SESSION']}"]
    options += [f"--variable=own={own}"] if own.is_file() else []
    os.execve(psql, [psql, *options], os.environ | libpq | {"PSQLRC": str(PSQLRC)})
