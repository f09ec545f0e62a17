"""Reads the state of the system: database, disk, background processes, runs and builds."""

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import anyio
import psutil

from orchestration.settings import Settings
from orchestration.warehouse.sql_files import read_sql
from orchestration.web.database import Database

Rows = list[dict[str, Any]]

DATABASE = read_sql(__file__, "system/database")
HEARTBEATS = read_sql(__file__, "system/heartbeats")
USAGE = read_sql(__file__, "system/api_usage")
RUNS = read_sql(__file__, "system/collections")
BUILDS = read_sql(__file__, "system/builds")


@dataclass(frozen=True)
class Disk:
    """The disk of the state folder; sizes in bytes."""

    free: int
    total: int

    @property
    def free_percent(self) -> float:
        """How much of it is free."""
        return 100 * self.free / self.total if self.total else 0.0


@dataclass(frozen=True, kw_only=True)
class System:
    """The state of the system; `milliseconds` is how long the query about the database took."""

    database: dict[str, Any]
    milliseconds: float
    heartbeats: Rows
    usage: Rows
    runs: Rows
    builds: Rows


async def system_of(database: Database) -> System:
    """Read the state of the system from the warehouse.

    Raises:
        PoolTimeout, psycopg.OperationalError: the warehouse cannot be reached.
    """
    # Measured from here: waiting for a connection is not the time of the database.
    async with database.connection() as connection:
        began = perf_counter()
        row = await (await connection.execute(DATABASE)).fetchone()
        milliseconds = (perf_counter() - began) * 1000
    return System(
        database=row or {},
        milliseconds=milliseconds,
        heartbeats=await database.rows(HEARTBEATS),
        usage=await database.rows(USAGE),
        runs=await database.rows(RUNS),
        builds=await database.rows(BUILDS),
    )


async def disk_of(settings: Settings) -> Disk | None:
    """The disk of the state folder; None if its size cannot be read."""
    try:
        usage = await anyio.to_thread.run_sync(psutil.disk_usage, str(settings.home))
    except OSError:
        return None
    return Disk(usage.free, usage.total)
