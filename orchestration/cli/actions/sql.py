"""What `meta-ads sql` does: one statement, or a psql prompt; read-only and in one snapshot."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg

from orchestration.cli.output.rows import print_rows
from orchestration.errors import UsageError
from orchestration.settings import Settings
from orchestration.warehouse.connecting.libpq import PSQLRC
from orchestration.warehouse.connecting.server_errors import is_fault_of_server
from orchestration.warehouse.connection import connect, libpq_environment, role_of
from orchestration.warehouse.reader import AS_OF, reader_address, reading

MOST_ROWS = 1000
"""How many rows of an answer are printed."""
READ_ONLY = {
    "default_transaction_read_only": "on",
    "default_transaction_isolation": "repeatable read",
}


@dataclass(frozen=True)
class Rows:
    """What a statement answered: its first rows, and how many more there are."""

    columns: Sequence[str]
    first: Sequence[Sequence[Any]]
    more: int


def run_sql(settings: Settings, statement: str | None, as_of: date | None = None) -> None:
    """Run one statement and print its rows, or become psql without a statement.

    Reads with the login of the reader. Where this login may not have one, it reads with its own,
    as the analysts' role if it may take that on. `as_of` is the day that marts_as_of shows.

    Raises:
        UsageError: the statement fails, or a prompt is wanted and psql is not installed.
    """
    if statement is None:
        _become_psql(settings, as_of)
        return
    rows = _query(settings, statement, as_of)
    if rows is not None:
        print_rows(rows.columns, rows.first, rows.more)


def _query(settings: Settings, statement: str, as_of: date | None) -> Rows | None:
    """The rows of the statement; None where it answers with none, such as `set`."""
    with reading(settings, as_of) as connection:
        try:
            # Prepared, it can only be one statement.
            cursor = connection.execute(statement.encode(), prepare=True)
        except psycopg.Error as error:
            raise failure(error) from None
        if cursor.description is None:
            return None
        columns = [column.name for column in cursor.description]
        return Rows(columns, cursor.fetchmany(MOST_ROWS), len(cursor.fetchall()))


def failure(error: psycopg.Error) -> Exception:
    """The error in one sentence; a fault of the server as it is, for `connect` to explain."""
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return UsageError(
            f"The query fails: {error.diag.message_primary}. Analysts read the schemas marts "
            "and marts_as_of; meta-ads server url names a login that reads more."
        )
    if isinstance(error, psycopg.errors.RaiseException):
        parts = filter(None, (error.diag.message_primary, error.diag.message_hint))
        return UsageError(f"The query fails: {' '.join(parts)}")
    if is_fault_of_server(error):
        return error
    if "multiple commands" in str(error):
        return UsageError("The query fails: it has more than one statement; give one.")
    return UsageError(f"The query fails: {error}")


def _become_psql(settings: Settings, as_of: date | None) -> None:
    psql = shutil.which("psql")
    if psql is None:
        raise UsageError('psql is not installed: give a statement, meta-ads sql "select ...".')
    values = dict(READ_ONLY)
    if as_of is not None:
        values[AS_OF] = str(as_of)
    address = reader_address(settings)
    if address is None:
        with connect(settings) as connection:
            if role := role_of(connection, "analyst"):
                values["role"] = role
    libpq = libpq_environment(settings, address, **values)
    with connect(settings, autocommit=True, address=address) as connection:
        # Where this fails, psql would go on to its prompt with more rights.
        connection.execute(libpq["META_ADS_SESSION"].encode())
    own = Path("~/.psqlrc").expanduser()
    options = [f"--variable=session={libpq['META_ADS_SESSION']}"]
    options += [f"--variable=own={own}"] if own.is_file() else []
    os.execve(psql, [psql, *options], os.environ | libpq | {"PSQLRC": str(PSQLRC)})
