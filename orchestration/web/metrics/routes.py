"""`/metrics`: the figures of the warehouse for Prometheus, as OpenMetrics or in the classic text.

A scrape is answered also while the warehouse cannot be reached: with `meta_ads_up 0`, and without
the metrics that are unknown then.
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
from orchestration.web.snapshot import Snapshot
from orchestration.web.timed_cache import TimedCache

SHARED_SECONDS = 5.0
"""How long one reading serves all scrapes; never longer than a reading of the health."""
OPENMETRICS = "application/openmetrics-text"
CLASSIC = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(eq=False)
class SourcesCollector(Collector):
    """Gives prometheus_client the metrics of one reading."""

    sources: Sources

    def collect(self) -> Iterable[Metric]:
        """Every metric whose source was read."""
        for family in FAMILIES:
            if family.source in self.sources:
                yield family.with_samples(self.sources)


@dataclass(frozen=True)
class Format:
    """The format of an exposition."""

    is_openmetrics: bool
    is_compressed: bool

    def headers(self) -> dict[str, str]:
        """The headers of the response."""
        kind = openmetrics.CONTENT_TYPE_LATEST if self.is_openmetrics else CLASSIC
        headers = {"content-type": kind, "vary": "accept, accept-encoding, authorization, cookie"}
        return headers | {"content-encoding": "gzip"} if self.is_compressed else headers

    def write(self, sources: Sources) -> bytes:
        """The exposition of these sources."""
        registry = CollectorRegistry()
        registry.register(SourcesCollector(sources))
        generate: Callable[[Any], bytes] = (
            openmetrics.generate_latest if self.is_openmetrics else exposition.generate_latest
        )
        body = generate(registry)
        return gzip.compress(body, compresslevel=5) if self.is_compressed else body


class Expositions:
    """The latest reading, shared for `seconds`, and written once for each format."""

    def __init__(self, database: Database, snapshot: Snapshot, seconds: float) -> None:
        self._database, self._snapshot = database, snapshot
        self._cache = TimedCache[Sources](seconds)
        self._sources: Sources = {}
        self._bodies: dict[Format, asyncio.Task[bytes]] = {}

    async def body(self, format: Format) -> bytes:
        """The exposition; written in a thread, because a thousand clients make 16,000 lines."""
        sources = await self._cache.get(lambda: read_sources(self._database, self._snapshot))
        if sources is not self._sources:
            self._sources, self._bodies = sources, {}
        if format not in self._bodies:
            writing = asyncio.to_thread(format.write, sources)
            self._bodies[format] = asyncio.create_task(writing)
        # A client that closes its connection must not cancel it for the others.
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
    """Whether the Accept header asks for OpenMetrics, or takes anything."""
    if accept.strip() in ("", "*/*"):
        return True
    try:
        _, content_type = exposition.choose_encoder(accept)
    except (TypeError, ValueError):
        # The version in the header is not a number.
        return False
    return content_type.startswith(OPENMETRICS)
