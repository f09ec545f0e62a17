"""Refuses poolers that give each transaction another connection; session pooling does no harm."""

from collections.abc import Callable
from typing import Any

import psycopg

from orchestration.errors import UsageError

Connection = psycopg.Connection[tuple[Any, ...]]

ROUNDS = 3
"""How often two sessions are compared; an idle pooler shows that they share at the first time."""
REFUSAL = (
    "The warehouse is reached through a pooler that gives every transaction another connection, so "
    "leases, advisory locks and settings of a session are lost: let WAREHOUSE_URL name the "
    "pooler's session mode (pool_mode = session, often another port) or the server itself."
)


def refuse_transaction_pooling(
    connection: Connection, server_pid: int, open_another: Callable[[], Connection]
) -> None:
    """Check that the session stays on one connection to the server.

    Both connections are in autocommit. `server_pid` is the process id that the server
    itself gives the session.

    Raises:
        UsageError: a pooler shares it among transactions.
    """
    # A pooler answers cancel requests itself, so it gives out numbers of its own.
    if connection.info.backend_pid == server_pid:
        return
    with open_another() as other:
        for _ in range(ROUNDS):
            if _server_pid(other) == server_pid or _server_pid(connection) != server_pid:
                raise UsageError(REFUSAL)


def _server_pid(connection: Connection) -> int:
    row = connection.execute("select pg_backend_pid()").fetchone()
    assert row is not None
    return int(row[0])
