"""Protects Dagster's web server, which has no access control of its own.

Dagster checks neither Host nor Origin, and accepts a GraphQL mutation as GET or as text, which a
browser sends for a page of another site without a preflight request.
"""

import re
from collections.abc import Mapping

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from orchestration.settings import Settings
from orchestration.web.dashboard import sessions
from orchestration.web.security.access import Access
from orchestration.web.security.origin import SAFE_METHODS
from orchestration.web.security.protection import HEADERS, LOGIN, Protection, Rules
from orchestration.web.security.refusals import refuse

RULES = Rules(
    open_paths=frozenset(),
    kpi_prefix=None,
    # The configuration of a run is part of the request that launches it.
    longest_body=4 * 1024 * 1024,
    # Dagster's pages set their own policies; only the browser itself may cache its scripts.
    headers=(*HEADERS, (b"cache-control", b"private")),
)
PAGES = sessions.Pages("/", re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*"))
"""Any path of this host: Dagster's routes exist only in the browser."""


def protect_dagster(dagster: ASGIApp, settings: Settings, host: str) -> ASGIApp:
    """Dagster's application behind the tokens, the sessions and the login page of the dashboard.

    Raises:
        UsageError: a token cannot be used.
    """
    access = Access(settings)
    login = FastAPI(openapi_url=None, redirect_slashes=False)
    login.state.access, login.state.pages, login.state.settings = access, PAGES, settings
    login.include_router(sessions.router)
    return Protection(_ProtectedDagster(dagster, login), access, host, RULES)


class _ProtectedDagster:
    """Answers requests for the login page, and passes to Dagster what Dagster may see."""

    def __init__(self, dagster: ASGIApp, login: ASGIApp) -> None:
        self._dagster, self._login = dagster, login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._dagster(scope, receive, send)
        elif scope["path"] == LOGIN:
            await self._login(scope, receive, send)
        elif refusal := _refusal(scope):
            await refuse(send, *refusal)
        else:
            await self._dagster(scope, receive, send)


def _refusal(scope: Scope) -> tuple[int, str] | None:
    """Status and text if Dagster must not see the request."""
    headers: Mapping[bytes, bytes] = dict(scope["headers"])
    if scope["method"] in SAFE_METHODS:
        if scope["path"].rstrip("/") == "/graphql":
            return 405, "GraphQL takes POST only"
        return None
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    # The only type that Dagster takes for which a browser sends a preflight request first.
    if kind != b"application/json":
        return 415, "only application/json is accepted"
    return None
