"""What stands before every route: who asks, how often, under which name, and the headers.

Plain ASGI, because it runs for every request: Starlette's own base class costs a task each.
"""

import logging
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlsplit

import orjson
from limits import RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestration.health.access import Access, Caller

OPEN_PATHS = {"/healthz", "/readyz"}
"""What answers without a token."""
LOGIN = "/admin/login"
KPI_PREFIX = "/api/clients/"
WRONG_TOKENS_A_MINUTE = 20
"""From one address; after that it is told to wait."""
LONGEST_BODY = 64 * 1024
NEEDED = 401, "a token is needed: Authorization: Bearer TOKEN"
TOO_MANY = 429, "too many requests: slow down"
LOOPBACK = {"localhost", "127.0.0.1", "::1"}

HEADERS = [
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        b"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    # With no-referrer a browser would send `Origin: null` with our own forms.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
PRIVATE = (b"cache-control", b"private, no-store")
log = logging.getLogger(__name__)


class Protection:
    """Lets through whom the settings know, as often as they may; `scope["state"]["caller"]`."""

    def __init__(self, app: ASGIApp, access: Access, rate_limit: int, host: str) -> None:
        self._app, self._access = app, access
        self._hosts = LOOPBACK | {host}
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._of_caller = RateLimitItemPerSecond(rate_limit)
        self._of_wrong = RateLimitItemPerMinute(WRONG_TOKENS_A_MINUTE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        guarded = _with_headers(send)
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        refusal = self._refusal(scope, headers)
        if refusal is None:
            await self._app(scope, receive, guarded)
            return
        status, text = refusal
        if status == 401 and "text/html" in headers.get("accept", ""):
            # The page for logging in, which is all that a stranger is shown.
            scope["state"]["login_for"] = scope["path"]
            scope["path"], scope["method"] = LOGIN, "GET"
            await self._app(scope, receive, guarded)
            return
        await _refuse(guarded, status, text)

    def _refusal(self, scope: Scope, headers: MutableMapping[str, str]) -> tuple[int, str] | None:
        """Status and text if the request may not pass."""
        path: str = scope["path"]
        address = (scope.get("client") or ("",))[0]
        state = scope.setdefault("state", {})
        # The form for logging in counts wrong tokens, too.
        state["wrong"] = self.wrong
        if self._access.is_open and not self._is_ours(headers.get("host", "")):
            return 403, "without META_ADS_ADMIN_TOKEN only requests to localhost are answered"
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LONGEST_BODY or "transfer-encoding" in headers:
            return 413, "the request is too large"
        if path in OPEN_PATHS:
            return None if self._may(address) else TOO_MANY
        caller = self._access.caller(headers)
        if caller is None and not (path == LOGIN and scope["method"] == "POST"):
            if "authorization" in headers:
                return self.wrong(address)
            # Who offers no token guesses none: a browser asks so for the form, again and again.
            return NEEDED if self._may(address) else TOO_MANY
        state["caller"] = caller
        if not self._may(f"{caller.name if caller else ''} {address}"):
            return TOO_MANY
        if caller is not None and not caller.is_admin and not path.startswith(KPI_PREFIX):
            return 403, "this token reads the KPIs of clients only"
        return None

    def wrong(self, address: str) -> tuple[int, str]:
        """The answer to a request without a token that we know."""
        if not self._limiter.hit(self._of_wrong, "wrong", address):
            return 429, "too many requests without a right token: wait a minute"
        return NEEDED

    def _may(self, key: str) -> bool:
        return self._limiter.hit(self._of_caller, "caller", key)

    def _is_ours(self, host: str) -> bool:
        """A page of another site that made its name point here is refused."""
        try:
            return (urlsplit(f"//{host}").hostname or "") in self._hosts
        except ValueError:
            return False


def _with_headers(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = message.setdefault("headers", [])
            names = {name for name, _ in own}
            own.extend(pair for pair in (*HEADERS, PRIVATE) if pair[0] not in names)
        await send(message)

    return guarded


async def _refuse(send: Send, status: int, text: str) -> None:
    body = orjson.dumps({"error": text})
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if status == 429:
        headers.append((b"retry-after", b"60" if "token" in text else b"1"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def caller_of(scope: Scope) -> Caller:
    """Who sent a request that was let through."""
    caller: Any = scope["state"]["caller"]
    assert isinstance(caller, Caller)
    return caller
