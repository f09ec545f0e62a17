"""The JSON routes: data health, one client's health, KPIs, and whether the server runs."""

from hashlib import sha256
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Path, Query, Request, Response

from orchestration.health.checks import CLIENT_DAYS, DAYS_OF_CLIENT
from orchestration.text import iso_instant
from orchestration.web.api.kpis import KpiReader, NoKpisError
from orchestration.web.api.schema.base import Failure
from orchestration.web.api.schema.health import ClientHealth, DataHealth
from orchestration.web.api.schema.kpis import Kpis
from orchestration.web.database import Database
from orchestration.web.security.protection import caller_of
from orchestration.web.snapshot import Snapshot, read_health_async

CLIENT_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,62}$"
MONTH_PATTERN = r"^20\d{2}-(0[1-9]|1[0-2])$"
HTTP_OF = {"healthy": 200, "degraded": 200, "unhealthy": 503}

ClientPath = Annotated[str, Path(pattern=CLIENT_PATTERN, description="As in the clients file.")]

REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": Failure, "description": "The request cannot be read."},
    401: {"model": Failure, "description": "No token, or none that is known."},
    403: {"model": Failure, "description": "The token may not read this."},
    405: {"model": Failure, "description": "Only GET is answered."},
    413: {"model": Failure, "description": "The request is too large."},
    429: {"model": Failure, "description": "Too many requests; Retry-After says when."},
}
NO_CLIENT: dict[int | str, dict[str, Any]] = {
    404: {"model": Failure, "description": "Nothing is known of that client or month."},
    422: {"model": Failure, "description": "A parameter has no form that it may have."},
}
AWAY: dict[int | str, dict[str, Any]] = {
    503: {
        "model": Failure,
        "description": "Not now: the warehouse is away, or nothing is there yet.",
    }
}

router = APIRouter(responses=REFUSALS)


# Many uptime monitors send HEAD.
@router.head("/api/admin/data-health", include_in_schema=False)
@router.get(
    "/api/admin/data-health",
    tags=["health"],
    response_model=DataHealth,
    responses={503: {"model": DataHealth, "description": "unhealthy"}},
)
async def data_health(request: Request) -> Response:
    """Whether the data can be trusted, and why not. 503 while unhealthy, for uptime monitors."""
    snapshot: Snapshot = request.app.state.snapshot
    health, body = await snapshot.body()
    return Response(body, HTTP_OF[health.overall], media_type="application/json")


@router.get(
    "/api/admin/data-health/clients/{client_id}",
    tags=["health"],
    response_model=ClientHealth,
    responses=NO_CLIENT
    | {503: {"model": ClientHealth | Failure, "description": "unhealthy, or not to be asked."}},
)
async def client_health(request: Request, client_id: ClientPath) -> Response:
    """The checks about one client, and its last 35 due days."""
    database: Database = request.app.state.database
    client = await database.row(CLIENT_DAYS, {"client": client_id, "days": DAYS_OF_CLIENT})
    if client is None:
        return failure(404, f"there is no client {client_id}")
    health = await read_health_async(database, client_id)
    body = orjson.dumps(client | health.document())
    return Response(body, HTTP_OF[health.overall], media_type="application/json")


@router.get(
    "/api/clients/{client_id}/kpis",
    tags=["kpis"],
    response_model=Kpis,
    responses=NO_CLIENT | AWAY | {304: {"description": "As If-None-Match has it."}},
)
async def kpis(
    request: Request,
    client_id: ClientPath,
    month: Annotated[
        str | None,
        Query(pattern=MONTH_PATTERN, description="As 2026-11; without: the running one."),
    ] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """A client's month: past months as published, the running one up to now.

    Figures of the running month that are older than three hours are refreshed first; where that
    takes too long, the old ones come with `isStale`.
    """
    if not caller_of(request.scope).may_read(client_id):
        return failure(403, "this token does not read that client")
    reader: KpiReader = request.app.state.kpis
    try:
        figures = await reader.month(client_id, month)
    except NoKpisError as error:
        if error.may_come:
            return failure(503, error.reason, retry_after=60)
        return failure(404, error.reason)
    if (now := request.app.state.settings.now_override) is not None:
        figures |= {"asOf": iso_instant(now)}
    body = orjson.dumps(figures)
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    is_fresh = figures["source"] == "cache" and not figures["isStale"]
    headers = {
        "etag": etag,
        "cache-control": f"private, max-age={60 if is_fresh else 0}, must-revalidate",
        "vary": "authorization, cookie",
    }
    if if_none_match and etag in {
        part.strip().removeprefix("W/") for part in if_none_match.split(",")
    }:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", tags=["signs of life"])
async def healthz() -> dict[str, str]:
    """The server lives."""
    return {"status": "ok"}


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", tags=["signs of life"], responses=AWAY)
async def readyz(request: Request) -> dict[str, str]:
    """The server lives and reaches the warehouse."""
    await request.app.state.database.row("select true as is_ready")
    return {"status": "ready"}


def failure(status: int, reason: str, *, retry_after: int | None = None) -> Response:
    """A JSON response with the reason of a failure."""
    headers = {"retry-after": str(retry_after)} if retry_after else {}
    body = orjson.dumps({"error": reason})
    return Response(body, status, headers=headers, media_type="application/json")
