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
from orchestration.warehouse.connection_errors import not_free, told
from orchestration.warehouse.libpq import libpq_variables, url_parts
from orchestration.warehouse.opening import Connection as Connection
from orchestration.warehouse.opening import open_connection
from orchestration.warehouse.session_values import session_statement, session_values

Answer = TypeVar("Answer")
log = logging.getLogger(__name__)


def warehouse_url(settings: Settings) -> str:
    """The URL of the warehouse; starts the embedded server if no other is named.

    Secret: holds a password.
    """
    if settings.warehouse_url is not None:
        return settings.warehouse_url.get_secret_value()
    from orchestration.warehouse.embedded.server import EmbeddedServer

    return EmbeddedServer(settings.home, settings.system_data).ensure_running()


def libpq_environment(
    settings: Settings, address: str | None = None, **values: str
) -> dict[str, str]:
    """The variables under which psql, dbt and every libpq program reach the warehouse.

    META_ADS_SESSION is the statement with which dbt and psql set each session up; `values` are
    settings of it beside those of every session. `address` is another login than the settings'.

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

    `address` is what libpq connects with in place of the settings' own.

    Raises:
        BrokenOffError: the connection was lost on the way, or the server ended the work.
        UnreachableError: no answer, wrong password, or nothing can be written.
        UsageError: a server, a pooler or a URL that cannot be worked with.
    """
    is_open = False
    try:
        with open_connection(lambda: address or warehouse_url(settings), settings) as connection:
            is_open = True
            connection.autocommit = autocommit
            yield connection
    except psycopg.errors.LockNotAvailable as error:
        raise not_free(error, lock_holders(settings)) from error
    except psycopg.Error as error:
        if (sentence := told(error, is_open=is_open)) is None:
            raise
        raise sentence from error


def anew_if_broken_off(settings: Settings, work: Callable[[], Answer]) -> Answer:
    """What a short piece of work answers, done anew where the warehouse broke it off.

    The pauses are those of the settings. For what reads, or finds what it wrote before: whether a
    transaction was kept whose end nobody heard of is not known.
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
        log.warning("Who holds the lock cannot be asked: %s", error)
        return ""
    return row[0] or "" if row else ""


def role_of(connection: Connection, purpose: str) -> str:
    """The role made for `analyst`, `transformer`, ..., if this login may take it on; else empty."""
    row = connection.execute("select ops.role_for(%s)", [purpose]).fetchone()
    return row[0] if row and row[0] else ""


def storable(text: str) -> str:
    """The text as Postgres takes it: the replacement character stands for what it does not."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "\ufffd")


def display_url(url: str) -> str:
    """The URL without its password, for people."""
    parts = url_parts(url)
    user, host = parts.get("user", ""), parts.get("host", "localhost")
    return f"postgresql://{quote(user)}@{host}:{parts.get('port', 5432)}/{parts.get('dbname')}"
