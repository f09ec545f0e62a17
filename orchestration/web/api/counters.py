"""Counts of reads of the running month: kept in memory, written once a minute."""

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from typing import Literal

import psycopg
from psycopg_pool import PoolTimeout

from orchestration.warehouse.sql_files import read_sql
from orchestration.web.database import Database

FLUSH_SECONDS = 60.0
Read = Literal["hits", "misses", "stale"]
log = logging.getLogger(__name__)


class ReadCounters:
    """Counts of hits, misses and stale answers that are not written yet."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counts: Counter[Read] = Counter()
        self._flushing: asyncio.Task[None] | None = None

    def count(self, read: Read) -> None:
        """Count one read."""
        self._counts[read] += 1

    def start(self) -> None:
        """Start writing the counts every minute."""
        self._flushing = asyncio.create_task(self._flush_every_minute())

    async def close(self) -> None:
        """Write the counts that are left, and stop."""
        if self._flushing is not None:
            self._flushing.cancel()
            with suppress(asyncio.CancelledError):
                await self._flushing
        await self.flush()

    async def flush(self) -> None:
        """Add the counts to the table; they are kept while the warehouse cannot be reached."""
        counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            await self._database.execute(
                read_sql(__file__, "add_cache_reads"),
                {"hits": counts["hits"], "misses": counts["misses"], "stale": counts["stale"]},
            )
        except (psycopg.Error, PoolTimeout) as error:
            log.warning("Reads could not be counted: %s", type(error).__name__)
            self._counts.update(counts)

    async def _flush_every_minute(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()
