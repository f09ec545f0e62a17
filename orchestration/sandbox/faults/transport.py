"""Faults of the transport: answers that fail, hang, trickle in or break off."""

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from orchestration.sandbox.faults.service_kinds import Extent, Honest, ServiceKind
from orchestration.sandbox.wire.call import Call
from orchestration.sandbox.wire.envelope import json_response

CONNECTION = "sandbox.connection"
"""The ASGI extension under which the server hands over the connection."""
SLOW_SECONDS = 1.0
DRIBBLE_SECONDS = 0.2


class Hangup(Response):
    """The connection closes after the first bytes of an answer, or before any."""

    def __init__(self, first: bytes = b"") -> None:
        super().__init__()
        self._first = first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Cut the connection, then wait until the server has noticed, or it would answer 500."""
        transport = scope["extensions"][CONNECTION]["transport"]
        if self._first:
            length = str(2 * len(self._first)).encode()
            head = [(b"content-type", b"application/json"), (b"content-length", length)]
            await send({"type": "http.response.start", "status": 200, "headers": head})
            await send({"type": "http.response.body", "body": self._first, "more_body": True})
            # An abort would throw away what the buffers still hold.
            transport.close()
        else:
            transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


class Dribble(Response):
    """An answer that comes byte by byte, the head too if told so; it ends with the connection."""

    def __init__(self, body: bytes, seconds: float, *, head_too: bool) -> None:
        super().__init__(body, media_type="application/json")
        self._seconds, self._head_too = seconds, head_too

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write until all is written or nobody listens any more."""
        transport = scope["extensions"][CONNECTION]["transport"]
        written = bytes(self.body)
        if self._head_too:
            length = len(written)
            head = f"HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            written = head.encode() + written
        else:
            head_list = [(b"content-length", str(len(written)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": head_list})
        for position in range(len(written)):
            if transport.is_closing():
                break
            if self._head_too:
                transport.write(written[position : position + 1])
            else:
                piece = written[position : position + 1]
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(self._seconds)
        transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass


def _always(make: Callable[[], Response]) -> Any:
    """A kind that never looks at the truth."""

    async def apply(call: Call, extent: Extent, honest: Honest) -> Response:
        del call, extent, honest
        return make()

    return apply


async def _truncated(call: Call, extent: Extent, honest: Honest) -> Response:
    del extent
    body = _body(call, honest)
    return Response(body[: len(body) // 2], media_type="application/json")


async def _hang_after_half(call: Call, extent: Extent, honest: Honest) -> Response:
    del extent
    body = _body(call, honest)
    return Hangup(body[: len(body) // 2])


async def _slow(call: Call, extent: Extent, honest: Honest) -> Response:
    await asyncio.sleep(SLOW_SECONDS if extent.seconds is None else extent.seconds)
    return json_response(honest(call))


async def _dribble(call: Call, extent: Extent, honest: Honest) -> Response:
    seconds = DRIBBLE_SECONDS if extent.seconds is None else extent.seconds
    return Dribble(_body(call, honest), seconds, head_too=False)


async def _dribble_headers(call: Call, extent: Extent, honest: Honest) -> Response:
    seconds = DRIBBLE_SECONDS if extent.seconds is None else extent.seconds
    return Dribble(_body(call, honest), seconds, head_too=True)


def _in_batch(call: Call, extent: Extent) -> bool:
    del extent
    return call.is_batched


def _body(call: Call, honest: Honest) -> bytes:
    return bytes(json_response(honest(call)).body)


def _html() -> Response:
    return HTMLResponse("<html><body><h1>502 Bad Gateway</h1></body></html>", 502)


def _kind(description: str, apply: Any, *takes: str) -> ServiceKind:
    return ServiceKind("transport", description, apply, takes)


_ERROR_200 = {
    "error": {
        "message": "Service temporarily unavailable",
        "type": "OAuthException",
        "code": 2,
        "is_transient": True,
    }
}

TRANSPORT_KINDS: dict[str, ServiceKind] = {
    "http_500": _kind(
        "HTTP 500 with a line of text",
        _always(lambda: PlainTextResponse("Internal Server Error", 500)),
    ),
    "http_503": _kind(
        "HTTP 503 with a line of text",
        _always(lambda: PlainTextResponse("Service Unavailable", 503)),
    ),
    "html_502": _kind("HTTP 502 with an HTML page", _always(_html)),
    "html_504": _kind(
        "HTTP 504 with an HTML page",
        _always(
            lambda: HTMLResponse("<html><body><h1>504 Gateway Timeout</h1></body></html>", 504)
        ),
    ),
    "truncated": _kind("HTTP 200 with the first half of the JSON", _truncated),
    "empty_body": _kind("HTTP 200 with no body", _always(lambda: Response(b""))),
    "error_200": _kind(
        "HTTP 200 with an error object, code 2", _always(lambda: json_response(_ERROR_200))
    ),
    "no_data": _kind(
        "HTTP 200 with an object that lacks data", _always(lambda: json_response({"paging": {}}))
    ),
    "success_false": _kind(
        'HTTP 200 with {"success": false}', _always(lambda: json_response({"success": False}))
    ),
    "text_200": _kind(
        "HTTP 200 with the text Service Unavailable",
        _always(lambda: PlainTextResponse("Service Unavailable")),
    ),
    "json_array": _kind("HTTP 200 with an empty array", _always(lambda: json_response([]))),
    "reset": _kind("the connection closes without an answer", _always(Hangup)),
    "batch_null": ServiceKind(
        "transport",
        "a call inside a batch timed out: its entry is null",
        _always(Hangup),
        (),
        _in_batch,
    ),
    "hang_after_half": _kind("the connection closes after half of the body", _hang_after_half),
    "slow": _kind("the answer comes after `seconds` (default 1)", _slow, "seconds"),
    "dribble": _kind(
        "the body comes byte by byte, one every `seconds` (default 0.2)", _dribble, "seconds"
    ),
    "dribble_headers": _kind(
        "the whole answer comes byte by byte, head included", _dribble_headers, "seconds"
    ),
}
