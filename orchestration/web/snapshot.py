"""The latest health, shared by all requests and read again in the background."""

import asyncio
import logging
from contextlib import suppress
from time import monotonic

import orjson

from orchestration.health.checks import Health, asked, health_of, statement, unreachable
from orchestration.web.database import UNREACHABLE, Database

log = logging.getLogger(__name__)


class Snapshot:
    """The health, never older than `max_age` seconds when it is returned.

    From half of that age on it is read again in the background, so that requests do not wait.
    Requests that find it too old wait together for one reading. With 0 every reading is new.
    """

    def __init__(self, database: Database, max_age: float) -> None:
        self._database = database
        self._max_age = max_age
        self._health: Health | None = None
        self._body = b""
        self._read_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None

    async def health(self) -> Health:
        """The health, read again if it is too old."""
        age = monotonic() - self._read_at
        if age >= self._max_age / 2 and (self._reading is None or self._reading.done()):
            self._reading = asyncio.create_task(self._read())
        if (age >= self._max_age or self._health is None) and self._reading is not None:
            await asyncio.shield(self._reading)
        assert self._health is not None
        return self._health

    async def body(self) -> tuple[Health, bytes]:
        """The health, and its document as JSON."""
        health = await self.health()
        return health, self._body

    async def close(self) -> None:
        """Cancel a reading that is in progress."""
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading

    async def _read(self) -> None:
        began = monotonic()
        self._health = await read_health_async(self._database)
        self._body = orjson.dumps(self._health.document())
        self._read_at = began


async def read_health_async(database: Database, client_id: str | None = None) -> Health:
    """Run the checks now; a warehouse that cannot be reached is unhealthy."""
    try:
        rows = await database.rows(statement(of_client=client_id is not None), asked(client_id))
    except UNREACHABLE as error:
        log.warning("The warehouse cannot be reached: %s", type(error).__name__)
        return unreachable(error, of_client=client_id is not None)
    return health_of([(row["name"], row["status"], row["detail"]) for row in rows])
