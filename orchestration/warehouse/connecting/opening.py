"""Opens connections: waits for a server that restarts, sets up the session, checks the server."""

import time
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import pq
from psycopg.conninfo import make_conninfo

from orchestration.errors import UsageError
from orchestration.settings import Settings
from orchestration.warehouse.connecting.libpq import parameters
from orchestration.warehouse.connecting.pooler import refuse_transaction_pooling
from orchestration.warehouse.connecting.server_errors import is_full
from orchestration.warehouse.connecting.session_values import session_statement, session_values

Connection = psycopg.Connection[tuple[Any, ...]]

OLDEST_SERVER = 150000
"""Postgres 15, as `server_version` counts."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 1.0
POOLER_WAITS = ("cannot connect to server", "server login", "server_login_retry", "server conn")
"""What PgBouncer says while the server behind it is away."""

_answered: set[str] = set()
"""Addresses that answered this process."""
_checked: set[str] = set()
"""Addresses whose server and pooler this process has checked."""


def open_connection(url: Callable[[], str], settings: Settings) -> Connection:
    """A connection in autocommit, with its session set up.

    Waits, as long as the settings say, for a server that starts, stops or recovers, and for one
    that answered this process before. `url` is called for each attempt, because it starts an
    embedded server.

    Raises:
        psycopg.Error: no answer, or the connection was lost.
        UsageError: this server or pooler cannot be used.
    """
    deadline = time.monotonic() + settings.database_wait_seconds
    pause, was_up = FIRST_PAUSE_SECONDS, False
    while True:
        address = url()
        try:
            return _checked_connection(address, settings)
        except psycopg.OperationalError as error:
            state = _state(address)
            # A server that is up by now may have been away: a second attempt tells.
            again = _is_away(error, state, address) or (state == pq.Ping.OK and not was_up)
            was_up = state == pq.Ping.OK
            if not again or time.monotonic() > deadline:
                raise
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def _is_away(error: psycopg.OperationalError, state: pq.Ping, address: str) -> bool:
    if state == pq.Ping.REJECT or is_full(error):
        return True
    if any(words in str(error) for words in POOLER_WAITS):
        return True
    return state == pq.Ping.NO_RESPONSE and address in _answered


def _state(address: str) -> pq.Ping:
    """Whether a server answers and takes logins, by a ping of the protocol, without a login."""
    return pq.Ping(pq.PGconn.ping(make_conninfo(**parameters(address)).encode()))


def _checked_connection(address: str, settings: Settings) -> Connection:
    connection, server_pid = _set_up(address, settings)
    try:
        if address not in _checked:
            _check_server(connection)
            refuse_transaction_pooling(
                connection, server_pid, lambda: _set_up(address, settings)[0]
            )
            _checked.add(address)
    except BaseException:
        connection.close()
        raise
    return connection


def _set_up(address: str, settings: Settings) -> tuple[Connection, int]:
    """The connection, and the process id that the server itself gives its session."""
    connection = psycopg.connect(
        make_conninfo(**parameters(address)), autocommit=True, application_name="meta-ads"
    )
    _answered.add(address)
    try:
        row = connection.execute(session_statement(session_values(settings)).encode()).fetchone()
    except BaseException:
        connection.close()
        raise
    assert row is not None
    return connection, int(row[0])


def _check_server(connection: Connection) -> None:
    version = connection.info.server_version
    if version < OLDEST_SERVER:
        raise UsageError(
            f"The warehouse is Postgres {version // 10000}: Postgres 15 or newer is needed."
        )
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise UsageError(
            f"The database is encoded as {encoding}, which does not hold every name that Meta "
            "sends: make one with `create database NAME encoding 'UTF8' template template0`, and "
            "let WAREHOUSE_URL name it."
        )
