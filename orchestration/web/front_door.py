"""The door before Dagster's web server, which itself answers whoever reaches it.

Dagster runs what any page tells it to: it looks at no Host and no Origin, and takes a mutation as a
GET or as text, which a browser sends for another site without asking first.
"""

import re
from collections.abc import Mapping

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from orchestration.settings import Settings
from orchestration.web.dashboard import sessions
from orchestration.web.security.access import Access
from orchestration.web.security.origin import SAFE_METHODS
from orchestration.web.security.protection import HEADERS, LOGIN, Protection, Rules, refuse

RULES = Rules(
    open_paths=frozenset(),
    kpi_prefix=None,
    # The configuration of a run is part of the request that launches it.
    longest_body=4 * 1024 * 1024,
    # Its pages bring policies of their own; its scripts may be kept by the browser alone.
    headers=(*HEADERS, (b"cache-control", b"private")),
)
PAGES = sessions.Pages("/", re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*"))
"""Any path of this host: Dagster's pages are made in the browser."""


def behind_door(dagster: ASGIApp, settings: Settings, host: str) -> ASGIApp:
    """The application with the dashboard's tokens, sessions and page for logging in before it.

    Raises:
        UsageError: a token cannot be used.
    """
    access = Access(settings)
    login = FastAPI(openapi_url=None, redirect_slashes=False)
    login.state.access, login.state.pages = access, PAGES
    login.include_router(sessions.router)
    return Protection(_FrontDoor(dagster, login), access, host, RULES)


class _FrontDoor:
    """Takes requests for logging in, and passes on what Dagster is to see."""

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
    headers: Mapping[bytes, bytes] = dict(scope["headers"])
    if scope["method"] in SAFE_METHODS:
        if scope["path"].rstrip("/") == "/graphql":
            return 405, "GraphQL is asked by POST only"
        return None
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    # Of what Dagster takes, only this makes a browser ask first whether another site may send it.
    if kind != b"application/json":
        return 415, "only application/json is taken"
    return None
