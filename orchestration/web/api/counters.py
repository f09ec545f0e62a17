"""Counts of reads of the running month: kept in memory, written once a minute."""

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from typing import Literal

import psycopg
from psycopg_pool import PoolTimeout

from orchestration.web.database import Database

FLUSH_SECONDS = 60.0
Read = Literal["hits", "misses", "stale"]
log = logging.getLogger(__name__)


class ReadCounters:
    """Hits, misses and stale answers since they were last written."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counts: Counter[Read] = Counter()
        self._flushing: asyncio.Task[None] | None = None

    def count(self, read: Read) -> None:
        """One read more."""
        self._counts[read] += 1

    def start(self) -> None:
        """Write every minute from now on."""
        self._flushing = asyncio.create_task(self._flush_for_ever())

    async def close(self) -> None:
        """Write what there is, and end."""
        if self._flushing is not None:
            self._flushing.cancel()
            with suppress(asyncio.CancelledError):
                await self._flushing
        await self.flush()

    async def flush(self) -> None:
        """Add the counts to the table; while the warehouse is away they are kept."""
        counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            await self._database.execute(
                """
                insert into serving.cache_reads as r (minute, hits, misses, stale)
                values (date_trunc('minute', clock_timestamp()), %(hits)s, %(misses)s, %(stale)s)
                on conflict (minute) do update set (hits, misses, stale)
                = (r.hits + excluded.hits, r.misses + excluded.misses, r.stale + excluded.stale)
                """,
                {"hits": counts["hits"], "misses": counts["misses"], "stale": counts["stale"]},
            )
        except (psycopg.Error, PoolTimeout) as error:
            log.warning("Reads could not be counted: %s", type(error).__name__)
            self._counts.update(counts)

    async def _flush_for_ever(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()
