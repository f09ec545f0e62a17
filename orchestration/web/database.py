"""The server's connections: a small pool with the role `monitor`, and with short timeouts."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from orchestration.settings import Settings
from orchestration.warehouse.connecting.libpq import parameters
from orchestration.warehouse.connecting.session_values import session_statement, session_values
from orchestration.warehouse.connection import connect, role_of, warehouse_url

CONNECTIONS = 8
"""Enough for fifty open requests: a query takes milliseconds."""
WAIT_SECONDS = 3.0
"""How long a request waits for a connection before the warehouse counts as unreachable."""
STATEMENT_SECONDS = 10
"""How long a query may take."""

UNREACHABLE = (psycopg.OperationalError, PoolTimeout)
"""What a query raises while the warehouse cannot be reached, or is too slow."""

Query = LiteralString | sql.SQL | sql.Composed
AsyncConnection = psycopg.AsyncConnection[Any]


class Database:
    """A pool of connections in autocommit; rows come as dictionaries."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: AsyncConnectionPool[AsyncConnection] | None = None

    async def open(self) -> None:
        """Start connecting; the pool tries again while the warehouse cannot be reached."""
        settings = self._settings
        values = session_values(settings) | {"statement_timeout": f"{STATEMENT_SECONDS}s"}
        with connect(settings) as connection:
            role = role_of(connection, "monitor")
        if role:
            values["role"] = role
        statement = session_statement(values).encode()

        async def set_up(connection: AsyncConnection) -> None:
            await connection.execute(statement)

        self._pool = AsyncConnectionPool(
            make_conninfo(**parameters(warehouse_url(settings))),
            min_size=1,
            max_size=CONNECTIONS,
            timeout=WAIT_SECONDS,
            open=False,
            configure=set_up,
            check=AsyncConnectionPool.check_connection,
            kwargs={
                "autocommit": True,
                "row_factory": dict_row,
                "application_name": "meta-ads health",
                "connect_timeout": 5,
            },
        )
        await self._pool.open()

    async def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            await self._pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """A connection of the pool, for the length of a `with` block.

        Raises:
            PoolTimeout, psycopg.OperationalError: the warehouse cannot be reached.
        """
        assert self._pool is not None
        async with self._pool.connection() as connection:
            yield connection

    async def rows(
        self, query: Query, values: Mapping[str, Any] | Sequence[Any] | None = None
    ) -> list[dict[str, Any]]:
        """All rows of a query."""
        async with self.connection() as connection:
            cursor = await connection.execute(query, values)
            rows: list[dict[str, Any]] = await cursor.fetchall()
            return rows

    async def row(
        self, query: Query, values: Mapping[str, Any] | Sequence[Any] | None = None
    ) -> dict[str, Any] | None:
        """The first row of a query; None if it has none."""
        rows = await self.rows(query, values)
        return rows[0] if rows else None

    async def execute(
        self, query: Query, values: Mapping[str, Any] | Sequence[Any] | None = None
    ) -> int:
        """Run a statement in its own transaction; returns how many rows it changed."""
        async with self.connection() as connection:
            cursor = await connection.execute(query, values)
            return cursor.rowcount
