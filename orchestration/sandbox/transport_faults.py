"""Faults of the service: requests that fail, hang or break off, one small function per kind."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from orchestration.sandbox.call import Call
from orchestration.sandbox.graph import GraphError, insights_usage, token_expired

CONNECTION = "sandbox.connection"
"""The ASGI extension under which the server hands over the connection."""

Answer = Callable[[], Response]


@dataclass(frozen=True, slots=True)
class Extent:
    """How bad it is: `seconds` of slowness, `minutes` until access is back."""

    seconds: float = 1.0
    minutes: int = 1


@dataclass(frozen=True, slots=True)
class TransportKind:
    """One way for a request to fail; `apply` may still produce the honest answer."""

    description: str
    apply: Callable[[Call, Extent, Answer], Awaitable[Response]]


class Hangup(Response):
    """The connection closes and nothing is sent."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Cut the connection, then wait until the server has noticed, or it would answer 500."""
        del send
        scope["extensions"][CONNECTION]["transport"].abort()
        while (await receive())["type"] != "http.disconnect":
            pass


async def _http_500(call: Call, extent: Extent, answer: Answer) -> Response:
    del call, extent, answer
    return PlainTextResponse("Internal Server Error", 500)


async def _html_502(call: Call, extent: Extent, answer: Answer) -> Response:
    del call, extent, answer
    return HTMLResponse("<html><body><h1>502 Bad Gateway</h1></body></html>", 502)


async def _truncated(call: Call, extent: Extent, answer: Answer) -> Response:
    del call, extent
    whole = answer()
    return Response(bytes(whole.body)[: len(whole.body) // 2], media_type="application/json")


async def _reset(call: Call, extent: Extent, answer: Answer) -> Response:
    del call, extent, answer
    return Hangup()


async def _slow(call: Call, extent: Extent, answer: Answer) -> Response:
    del call
    await asyncio.sleep(extent.seconds)
    return answer()


async def _rate_limit(call: Call, extent: Extent, answer: Answer) -> Response:
    del answer
    raise GraphError(
        "(#80000) There have been too many calls from this ad-account. Wait a bit and try again.",
        code=80000,
        subcode=2446079,
        headers=insights_usage(call.account_id or "0", percent=100, minutes=extent.minutes),
    )


async def _token_dead(call: Call, extent: Extent, answer: Answer) -> Response:
    del call, extent, answer
    raise token_expired()


async def _permission(call: Call, extent: Extent, answer: Answer) -> Response:
    del call, extent, answer
    raise GraphError(
        "(#200) Ad account owner has NOT grant ads_management or ads_read permission",
        code=200,
        status=403,
    )


async def _unknown_error(call: Call, extent: Extent, answer: Answer) -> Response:
    del call, extent, answer
    raise GraphError("An unknown error occurred", code=1, subcode=99, status=500, transient=False)


async def _reduce_data(call: Call, extent: Extent, answer: Answer) -> Response:
    del call, extent, answer
    raise GraphError(
        "Please reduce the amount of data you're asking for, then retry your request",
        code=1,
        status=500,
    )


TRANSPORT_KINDS: dict[str, TransportKind] = {
    "http_500": TransportKind("HTTP 500 with a line of text", _http_500),
    "html_502": TransportKind("HTTP 502 with an HTML page", _html_502),
    "truncated": TransportKind("HTTP 200 with the first half of the JSON", _truncated),
    "reset": TransportKind("the connection closes without an answer", _reset),
    "slow": TransportKind("the answer comes after `seconds` (default 1)", _slow),
    "rate_limit": TransportKind(
        "code 80000 with usage headers at 100 %, access back in `minutes` (default 1)", _rate_limit
    ),
    "token_dead": TransportKind("code 190 subcode 463: the token has expired", _token_dead),
    "permission": TransportKind("code 200: no permission for the account", _permission),
    "unknown_error": TransportKind("HTTP 500, code 1 subcode 99", _unknown_error),
    "reduce_data": TransportKind("HTTP 500, code 1: reduce the amount of data", _reduce_data),
}
