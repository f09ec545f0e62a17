"""The middleware before every route: access control, rate limits, host names, security headers.

Plain ASGI, because it runs for every request: Starlette's base class creates a task for each.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from limits import RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestration.web.security.access import Access, Caller
from orchestration.web.security.connections import network_of
from orchestration.web.security.origin import host_name, is_of_another_site
from orchestration.web.security.refusals import accepts_page, refuse

OPEN_PATHS = frozenset({"/healthz", "/readyz"})
"""Paths that need no token."""
LOGIN = "/admin/login"
KPI_PREFIX = "/api/clients/"
WRONG_TOKENS_A_MINUTE = 20
"""From one address; further ones are refused for the rest of the minute."""
LONGEST_BODY = 64 * 1024
NO_TOKEN = 401, "a token is needed: Authorization: Bearer TOKEN"
TOO_MANY = 429, "too many requests: slow down"
LOOPBACK = {"localhost", "127.0.0.1", "::1"}

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    # With no-referrer browsers would send `Origin: null` with our own forms.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
OWN_PAGES = (
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        b"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
)
PRIVATE = (b"cache-control", b"private, no-store")
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What the protected server needs.

    Attributes:
        rate_limit: requests a second of one caller; None for no limit.
        kpi_prefix: the paths that a KPI token may read; None for none.
        headers: added to each response that does not set them itself.
    """

    rate_limit: int | None = None
    open_paths: frozenset[str] = OPEN_PATHS
    kpi_prefix: str | None = KPI_PREFIX
    longest_body: int = LONGEST_BODY
    headers: tuple[tuple[bytes, bytes], ...] = (*HEADERS, *OWN_PAGES, PRIVATE)


class Protection:
    """Passes on the requests of known callers; who it is stands in `scope["state"]["caller"]`."""

    def __init__(self, app: ASGIApp, access: Access, host: str, rules: Rules) -> None:
        self._app, self._access, self._rules = app, access, rules
        self._hosts = LOOPBACK | {host}
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._caller_limit = RateLimitItemPerSecond(rules.rate_limit) if rules.rate_limit else None
        self._wrong_token_limit = RateLimitItemPerMinute(WRONG_TOKENS_A_MINUTE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request or a websocket."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        refusal = self._refusal(scope, headers)
        if scope["type"] == "websocket":
            await self._websocket(refusal, scope, receive, send)
            return
        guarded = self._with_headers(send)
        if refusal is None:
            await self._app(scope, receive, guarded)
            return
        status, text = refusal
        if status == 401 and "text/html" in headers.get("accept", ""):
            # An unknown caller gets the login page instead.
            scope["state"]["login_for"] = scope["path"]
            scope["path"], scope["method"] = LOGIN, "GET"
            await self._app(scope, receive, guarded)
            return
        is_page = accepts_page(scope["path"], headers.get("accept", ""))
        await refuse(guarded, status, text, as_page=is_page)

    def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> tuple[int, str] | None:
        """Status and text if the request is refused."""
        path, method = scope["path"], scope.get("method", "GET")
        address = network_of((scope.get("client") or ("",))[0])
        state = scope.setdefault("state", {})
        # The login form counts wrong tokens, too.
        state["refuse_token"] = self.refuse_token
        if refusal := self._refusal_of_anyone(scope["type"], method, headers):
            return refusal
        if path in self._rules.open_paths:
            return None if self._is_within_limit(address) else TOO_MANY
        caller = self._access.caller(headers)
        state["caller"] = caller
        if caller is None:
            if path == LOGIN and method == "POST":
                # Not limited, only wrong tokens are: others with the address of the operator (as
                # all have behind a proxy that is not declared) must not prevent a login.
                return None
            return self.refuse_token(address) if "authorization" in headers else NO_TOKEN
        if not self._is_within_limit(f"{caller.name} {address}"):
            return TOO_MANY
        prefix = self._rules.kpi_prefix
        if not caller.is_admin and not (prefix and path.startswith(prefix)):
            return 403, "this token reads the KPIs of clients only"
        return None

    def _refusal_of_anyone(
        self, kind: str, method: str, headers: Mapping[str, str]
    ) -> tuple[int, str] | None:
        """Status and text if the request is refused whoever sent it."""
        # DNS rebinding: the page of another site whose host name points to this machine.
        if self._access.is_open and host_name(headers.get("host", "")) not in self._hosts:
            return 403, "without META_ADS_ADMIN_TOKEN only requests to localhost are answered"
        if is_of_another_site(kind, method, headers):
            return 403, "a page of another site may not send this"
        length = headers.get("content-length", "0")
        is_large = not length.isdecimal() or int(length) > self._rules.longest_body
        if is_large or "transfer-encoding" in headers:
            return 413, "the request is too large"
        return None

    async def _websocket(
        self, refusal: tuple[int, str] | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if refusal is not None:
            await send({"type": "websocket.close", "code": 1008})
            return
        session = caller_of(scope).session

        async def guarded_receive() -> Message:
            message = await receive()
            return message if self._is_still_valid(session) else await _close(send)

        async def guarded_send(message: Message) -> None:
            if self._is_still_valid(session):
                await send(message)

        await self._app(scope, guarded_receive, guarded_send)

    def _is_still_valid(self, session: str | None) -> bool:
        """Whether the session of an open websocket has not ended meanwhile."""
        return session is None or self._access.is_valid_session(session)

    def refuse_token(self, address: str) -> tuple[int, str]:
        """Count a wrong token; returns the status and text of the refusal."""
        if not self._limiter.hit(self._wrong_token_limit, "wrong", network_of(address)):
            return 429, "too many requests without a right token: wait a minute"
        return NO_TOKEN

    def _is_within_limit(self, key: str) -> bool:
        return self._caller_limit is None or self._limiter.hit(self._caller_limit, "caller", key)

    def _with_headers(self, send: Send) -> Send:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = message.setdefault("headers", [])
                names = {name for name, _ in own}
                own.extend(pair for pair in self._rules.headers if pair[0] not in names)
            await send(message)

        return guarded


async def _close(send: Send) -> Message:
    await send({"type": "websocket.close", "code": 1008})
    return {"type": "websocket.disconnect", "code": 1008}


def caller_of(scope: Scope) -> Caller:
    """Who sent a request that `Protection` passed on."""
    caller: Any = scope["state"]["caller"]
    assert isinstance(caller, Caller)
    return caller
