"""Connections to the warehouse: the user's own server, or the embedded one, started on demand."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import psycopg

from orchestration.errors import MetaAdsError, UnreachableError
from orchestration.settings import Settings
from orchestration.warehouse.libpq import libpq_variables, url_parts
from orchestration.warehouse.opening import Connection as Connection
from orchestration.warehouse.opening import open_connection
from orchestration.warehouse.session_values import session_statement, session_values


def warehouse_url(settings: Settings) -> str:
    """The URL of the warehouse; starts the embedded server if no other is named.

    Secret: holds a password.
    """
    if settings.warehouse_url is not None:
        return settings.warehouse_url.get_secret_value()
    from orchestration.warehouse.server import EmbeddedServer

    return EmbeddedServer(settings.home, settings.system_data).ensure_running()


def libpq_environment(settings: Settings, **values: str) -> dict[str, str]:
    """The variables under which psql, dbt and every libpq program reach the warehouse.

    META_ADS_SESSION is the statement with which dbt and psql set each session up; `values` are
    settings of it beside those of every session.

    Raises:
        UsageError: WAREHOUSE_URL is no URL.
    """
    session = session_statement(session_values(settings) | values)
    return libpq_variables(warehouse_url(settings)) | {"META_ADS_SESSION": session}


@contextmanager
def connect(settings: Settings, *, autocommit: bool = False) -> Iterator[Connection]:
    """A connection in its own transaction: committed at the end, rolled back on an error.

    Raises:
        UnreachableError: no answer, wrong password, or the connection was lost on the way.
        UsageError: a server, a pooler or a URL that cannot be worked with.
    """
    try:
        with open_connection(lambda: warehouse_url(settings), settings) as connection:
            connection.autocommit = autocommit
            yield connection
    except psycopg.errors.DiskFull as error:
        raise MetaAdsError(
            f"The warehouse's disk is full ({_first_line(error)}): nothing of this step was kept. "
            "Free space and run again."
        ) from error
    except psycopg.OperationalError as error:
        raise UnreachableError(
            f"The warehouse cannot be reached ({_first_line(error)}): check WAREHOUSE_URL, or, "
            "without one, `meta-ads server status`."
        ) from error


def role_of(connection: Connection, purpose: str) -> str:
    """The role made for `analyst`, `transformer`, ..., if this login may take it on; else empty."""
    row = connection.execute("select ops.role_for(%s)", [purpose]).fetchone()
    return row[0] if row and row[0] else ""


def storable(text: str) -> str:
    """The text as Postgres takes it: the replacement character stands for NUL."""
    return text.replace("\0", "\ufffd")


def display_url(url: str) -> str:
    """The URL without its password, for people."""
    parts = url_parts(url)
    user, host = parts.get("user", ""), parts.get("host", "localhost")
    return f"postgresql://{quote(user)}@{host}:{parts.get('port', 5432)}/{parts.get('dbname')}"


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
