"""`/metrics`: the figures of the warehouse for Prometheus, as OpenMetrics or in the classic text.

A scrape that meets a warehouse that is away is answered, too: `meta_ads_up 0`, and nothing that
nobody knows.
"""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from prometheus_client import CollectorRegistry, exposition
from prometheus_client.core import Metric
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from orchestration.web.api.routes import AWAY, REFUSALS
from orchestration.web.database import Database
from orchestration.web.metrics.families import FAMILIES
from orchestration.web.metrics.sources import Sources, read_sources
from orchestration.web.remembered import Remembered
from orchestration.web.snapshot import Snapshot

SHARED_SECONDS = 5.0
"""For how long a reading answers every scrape; never longer than the health itself."""
OPENMETRICS = "application/openmetrics-text"
CLASSIC = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(eq=False)
class SourcesCollector(Collector):
    """What prometheus_client asks for the metrics of one scrape."""

    sources: Sources

    def collect(self) -> Iterable[Metric]:
        """Every family; while the warehouse is away, those that still have something to say."""
        for family in FAMILIES:
            if family.source in self.sources:
                yield family.made_of(self.sources)


@dataclass(frozen=True)
class Format:
    """How an exposition is written."""

    is_openmetrics: bool
    is_compressed: bool

    def headers(self) -> dict[str, str]:
        """What the answer says of itself."""
        kind = openmetrics.CONTENT_TYPE_LATEST if self.is_openmetrics else CLASSIC
        headers = {"content-type": kind, "vary": "accept, accept-encoding, authorization, cookie"}
        return headers | {"content-encoding": "gzip"} if self.is_compressed else headers

    def written(self, sources: Sources) -> bytes:
        """The exposition."""
        registry = CollectorRegistry()
        registry.register(SourcesCollector(sources))
        write: Callable[[Any], bytes] = (
            openmetrics.generate_latest if self.is_openmetrics else exposition.generate_latest
        )
        body = write(registry)
        return gzip.compress(body, compresslevel=5) if self.is_compressed else body


class Expositions:
    """The latest reading, shared for `seconds`, and written once for each format."""

    def __init__(self, database: Database, snapshot: Snapshot, seconds: float) -> None:
        self._database, self._snapshot = database, snapshot
        self._remembered = Remembered[Sources](seconds)
        self._sources: Sources = {}
        self._bodies: dict[Format, asyncio.Task[bytes]] = {}

    async def body(self, format: Format) -> bytes:
        """The exposition; written in a thread, because a thousand clients are 16,000 lines."""
        sources = await self._remembered.get(lambda: read_sources(self._database, self._snapshot))
        if sources is not self._sources:
            self._sources, self._bodies = sources, {}
        if format not in self._bodies:
            writing = asyncio.to_thread(format.written, sources)
            self._bodies[format] = asyncio.create_task(writing)
        # Whoever hangs up does not end it for the others.
        return await asyncio.shield(self._bodies[format])


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    state = app.state
    seconds = min(SHARED_SECONDS, state.settings.health_seconds)
    state.expositions = Expositions(state.database, state.snapshot, seconds)
    yield


router = APIRouter(responses=REFUSALS | AWAY, lifespan=_lifespan)


@router.get(
    "/metrics",
    tags=["metrics"],
    response_class=Response,
    responses={
        200: {
            "description": "The metrics: OpenMetrics unless only the classic text is accepted.",
            "content": {
                OPENMETRICS: {"schema": {"type": "string"}},
                "text/plain": {"schema": {"type": "string"}},
            },
        }
    },
)
async def metrics(request: Request) -> Response:
    """The figures for Prometheus. While the warehouse is away: 200 with `meta_ads_up 0`."""
    expositions: Expositions = request.app.state.expositions
    format = Format(
        accepts_openmetrics(request.headers.get("accept", "")),
        exposition.gzip_accepted(request.headers.get("accept-encoding", "")),
    )
    return Response(await expositions.body(format), headers=format.headers())


def accepts_openmetrics(accept: str) -> bool:
    """Whether OpenMetrics is asked for, or whoever asks takes anything."""
    if accept.strip() in ("", "*/*"):
        return True
    try:
        _, content_type = exposition.choose_encoder(accept)
    except (TypeError, ValueError):
        # A version that is no number.
        return False
    return content_type.startswith(OPENMETRICS)
