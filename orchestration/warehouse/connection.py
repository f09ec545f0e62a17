"""Connections to the warehouse: the user's own server, or the embedded one, started on demand."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import quote

import psycopg

from orchestration.errors import BrokenOffError
from orchestration.settings import Settings
from orchestration.warehouse.connecting.libpq import libpq_variables, url_parts
from orchestration.warehouse.connecting.opening import Connection as Connection
from orchestration.warehouse.connecting.opening import open_connection
from orchestration.warehouse.connecting.server_errors import as_user_error, lock_error
from orchestration.warehouse.connecting.session_values import session_statement, session_values

Result = TypeVar("Result")
log = logging.getLogger(__name__)


def warehouse_url(settings: Settings) -> str:
    """The URL of the warehouse; starts the embedded server if no other is named.

    Secret: holds a password.
    """
    if settings.warehouse_url is not None:
        return settings.warehouse_url.get_secret_value()
    from orchestration.warehouse.embedded.server import EmbeddedServer

    return EmbeddedServer(settings.home, settings.system_data).ensure_running()


def is_still_to_be_made(settings: Settings) -> bool:
    """Whether the first connection makes the warehouse: an embedded server without data yet."""
    if settings.warehouse_url is not None:
        return False
    from orchestration.warehouse.embedded.server import EmbeddedServer

    return not EmbeddedServer(settings.home, settings.system_data).is_made()


def libpq_environment(
    settings: Settings, address: str | None = None, **values: str
) -> dict[str, str]:
    """The variables under which psql, dbt and every libpq program reach the warehouse.

    META_ADS_SESSION is the statement with which dbt and psql set up each session; `values` are
    session settings beside those of every session. `address` replaces the settings' own URL.

    Raises:
        UsageError: WAREHOUSE_URL is no URL.
    """
    session = session_statement(session_values(settings) | values)
    return libpq_variables(address or warehouse_url(settings)) | {"META_ADS_SESSION": session}


@contextmanager
def connect(
    settings: Settings, *, autocommit: bool = False, address: str | None = None
) -> Iterator[Connection]:
    """A connection in its own transaction: committed at the end, rolled back on an error.

    `address` replaces the settings' own URL.

    Raises:
        BrokenOffError: the connection was lost during the work, or the server ended the work.
        UnreachableError: no answer, a wrong password, or a database that takes no writes.
        UsageError: this server, pooler or URL cannot be used.
    """
    is_open = False
    try:
        with open_connection(lambda: address or warehouse_url(settings), settings) as connection:
            is_open = True
            connection.autocommit = autocommit
            yield connection
    except psycopg.errors.LockNotAvailable as error:
        raise lock_error(error, lock_holders(settings)) from error
    except psycopg.Error as error:
        if (explained := as_user_error(error, is_open=is_open)) is None:
            raise
        raise explained from error


def retry_if_broken_off(settings: Settings, work: Callable[[], Result]) -> Result:
    """The result of a short piece of work, which is done again where the warehouse broke it off.

    Waits as long as the settings say between attempts. Only for work that reads, or that may be
    done twice: after a lost connection nobody knows whether the transaction was committed.
    """
    for pause in settings.retry_delays:
        try:
            return work()
        except BrokenOffError as error:
            log.warning("%s Once more in %.1f s", error, pause)
            time.sleep(pause)
    return work()


def lock_holders(settings: Settings) -> str:
    """The sessions that hold locks of the warehouse for more than a second; empty for none."""
    try:
        with open_connection(lambda: warehouse_url(settings), settings) as connection:
            row = connection.execute("select ops.lock_holders()").fetchone()
    except psycopg.Error as error:
        log.warning("The holders of the lock cannot be read: %s", error)
        return ""
    return row[0] or "" if row else ""


def role_of(connection: Connection, purpose: str) -> str:
    """The role made for a purpose such as `analyst`; empty where this login may not take it on."""
    row = connection.execute("select ops.role_for(%s)", [purpose]).fetchone()
    return row[0] if row and row[0] else ""


def storable(text: str) -> str:
    """The text with U+FFFD in place of what Postgres cannot store: NUL and half characters."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "\ufffd")


def display_url(url: str) -> str:
    """The URL without its password, for people."""
    parts = url_parts(url)
    user, host = parts.get("user", ""), parts.get("host", "localhost")
    return f"postgresql://{quote(user)}@{host}:{parts.get('port', 5432)}/{parts.get('dbname')}"
