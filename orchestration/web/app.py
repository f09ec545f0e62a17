"""The application: routes, the state that they share, and what becomes of errors."""

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
from orchestration.web.database import UNREACHABLE, Database
from orchestration.web.metrics import routes as metrics
from orchestration.web.security.access import Access
from orchestration.web.security.protection import OPEN_PATHS, Protection, Rules
from orchestration.web.snapshot import Snapshot

STATIC_DIR = Path(__file__).parent / "dashboard" / "static"
log = logging.getLogger(__name__)


def health_app(settings: Settings, host: str = "127.0.0.1") -> FastAPI:
    """The application; `host` is the name under which it is reached.

    Raises:
        UsageError: a token cannot be used.
    """
    access = Access(settings)
    database = Database(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await database.open()
        app.state.counters.start()
        yield
        await app.state.counters.close()
        await app.state.snapshot.close()
        await database.close()

    app = FastAPI(
        title="meta-ads-warehouse",
        version="1",
        description="Whether the data can be trusted, and clients' KPIs. See docs/health_api.md.",
        # The interactive pages load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        separate_input_output_schemas=False,
        redirect_slashes=False,
    )
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    app.state.settings = settings
    app.state.access = access
    app.state.pages = sessions.DASHBOARD
    app.state.database = database
    app.state.snapshot = Snapshot(database, settings.health_seconds)
    app.state.counters = ReadCounters(database)
    app.state.kpis = KpiReader(database, app.state.counters, settings.kpi_wait_seconds)
    app.include_router(api.router)
    app.include_router(metrics.router)
    app.include_router(sessions.router)
    app.include_router(dashboard.router)
    app.mount("/static", StaticFiles(directory=STATIC_DIR), name="static")
    for error in UNREACHABLE:
        app.add_exception_handler(error, _away)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)
    app.add_middleware(
        Protection, access=access, host=host, rules=Rules(rate_limit=settings.rate_limit)
    )
    return app


def _described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with the token that every route but the signs of life wants."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        for path, methods in document["paths"].items():
            for about in methods.values():
                about["security"] = [] if path in OPEN_PATHS else [{"token": []}]
        app.openapi_schema = document
    return app.openapi_schema


async def _away(_: Request, error: Exception) -> Response:
    log.warning("The warehouse cannot be asked: %s", type(error).__name__)
    return api.failure(503, "the warehouse cannot be reached", retry_after=10)


async def _malformed(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    told = "; ".join(f"{problem['loc'][-1]}: {problem['msg']}" for problem in error.errors())
    return api.failure(422, told)


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    answer = api.failure(error.status_code, str(error.detail).lower())
    answer.headers.update(error.headers or {})
    return answer


async def _unforeseen(_: Request, error: Exception) -> Response:
    log.exception("A request failed", exc_info=error)
    return api.failure(500, "something unforeseen failed; the server's log says what")
