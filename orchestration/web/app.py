"""The web application: its routes, the objects that they share, and its answers to errors."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from orchestration.settings import Settings
from orchestration.web.api import routes as api
from orchestration.web.api.counters import ReadCounters
from orchestration.web.api.kpis import KpiReader
from orchestration.web.dashboard import routes as dashboard
from orchestration.web.dashboard import sessions
from orchestration.web.dashboard.pages import UNREACHABLE_TEXT, error_page, wants_page
from orchestration.web.database import UNREACHABLE, Database
from orchestration.web.metrics import routes as metrics
from orchestration.web.security.access import Access
from orchestration.web.security.protection import OPEN_PATHS, Protection, Rules
from orchestration.web.snapshot import Snapshot

SENTENCES = {
    "Not Found": "There is no such page.",
    "Method Not Allowed": "This page does not take this kind of request.",
}
"""Starlette's own words, as sentences for people."""
STATIC_DIR = Path(__file__).parent / "dashboard" / "static"
log = logging.getLogger(__name__)


def health_app(settings: Settings, host: str = "127.0.0.1") -> FastAPI:
    """The application of the API, the dashboard and the metrics.

    Args:
        host: the host name of its address.

    Raises:
        UsageError: a token cannot be used.
    """
    access = Access(settings)
    app = FastAPI(
        title="meta-ads-warehouse",
        version="1",
        description="Whether the data can be trusted, and clients' KPIs. See docs/health_api.md.",
        # The interactive pages would load scripts from other hosts.
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        separate_input_output_schemas=False,
        redirect_slashes=False,
    )
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    _set_state(app, settings, access)
    for router in (api.router, metrics.router, sessions.router, dashboard.router):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC_DIR), name="static")
    _add_error_handlers(app)
    app.add_middleware(
        Protection, access=access, host=host, rules=Rules(rate_limit=settings.rate_limit)
    )
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    await app.state.database.open()
    app.state.counters.start()
    yield
    await app.state.counters.close()
    await app.state.snapshot.close()
    await app.state.database.close()


def _set_state(app: FastAPI, settings: Settings, access: Access) -> None:
    """Create the objects that the routes share."""
    state, database = app.state, Database(settings)
    state.settings = settings
    state.access = access
    state.pages = sessions.DASHBOARD
    state.database = database
    state.snapshot = Snapshot(database, settings.health_seconds)
    state.counters = ReadCounters(database)
    state.kpis = KpiReader(database, state.counters, settings.kpi_wait_seconds)


def _add_error_handlers(app: FastAPI) -> None:
    for error in UNREACHABLE:
        app.add_exception_handler(error, _unreachable)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document; every route needs a token, except those that say whether we run."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        for path, methods in document["paths"].items():
            for operation in methods.values():
                operation["security"] = [] if path in OPEN_PATHS else [{"token": []}]
        app.openapi_schema = document
    return app.openapi_schema


async def _unreachable(request: Request, error: Exception) -> Response:
    log.warning("The warehouse cannot be reached: %s", type(error).__name__)
    if wants_page(request):
        return error_page(request, 503, UNREACHABLE_TEXT)
    return api.failure(503, "the warehouse cannot be reached", retry_after=10)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = "; ".join(f"{problem['loc'][-1]}: {problem['msg']}" for problem in error.errors())
    return error_page(request, 422, problems) if wants_page(request) else api.failure(422, problems)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status, reason = error.status_code, str(error.detail)
    if wants_page(request):
        answer: Response = error_page(request, status, SENTENCES.get(reason, reason))
    else:
        answer = api.failure(status, reason.lower())
    answer.headers.update(error.headers or {})
    return answer


async def _unexpected(request: Request, error: Exception) -> Response:
    log.exception("A request failed", exc_info=error)
    if not wants_page(request):
        return api.failure(500, "an unexpected error; the server's log has the details")
    answer = error_page(request, 500, "The server's log has the details.")
    # This answer does not pass the middleware that adds them.
    answer.raw_headers.extend(Rules().headers)
    return answer
