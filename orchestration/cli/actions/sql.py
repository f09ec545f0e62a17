"""Small listings of the command line: owed days, clients, a query."""

import os
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import psycopg
from psycopg import sql
from rich.table import Table

from orchestration.cli.output.console import listing_console
from orchestration.errors import UsageError
from orchestration.settings import Settings
from orchestration.warehouse.connecting.libpq import PSQLRC
from orchestration.warehouse.connecting.server_errors import is_fault_of_server
from orchestration.warehouse.connection import Connection, connect, libpq_environment, role_of
from orchestration.warehouse.reader import reader_address

MOST_ROWS = 1000
"""Rows of a query that are shown."""
READ_ONLY = {
    "default_transaction_read_only": "on",
    "default_transaction_isolation": "repeatable read",
}


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
            if is_fault_of_server(error):
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
