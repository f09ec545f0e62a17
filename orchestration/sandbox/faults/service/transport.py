"""Faults of the transport: answers that fail, hang, come slowly or break off."""

import asyncio
from typing import Any

from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from orchestration.sandbox.faults.service.kind import (
    Apply,
    Extent,
    ServiceKind,
    TrueAnswer,
    always,
    html,
)
from orchestration.sandbox.wire.call import Call
from orchestration.sandbox.wire.envelope import json_response

CONNECTION = "sandbox.connection"
"""Name of the ASGI extension in which the server hands over the connection."""
SLOW_SECONDS = 1.0
DRIBBLE_SECONDS = 0.2


class Hangup(Response):
    """The connection closes after the first bytes of an answer, or before any."""

    def __init__(self, first: bytes = b"") -> None:
        super().__init__()
        self._first = first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Close the connection, and wait until the server knows: it would answer 500 otherwise."""
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
    """An answer that comes byte by byte, with `head_too` its head as well."""

    def __init__(self, body: bytes, seconds: float, *, head_too: bool) -> None:
        super().__init__(body, media_type="application/json")
        self._seconds, self._head_too = seconds, head_too

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write until all is written or the caller has gone away, then close the connection."""
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


async def _truncated(call: Call, _extent: Extent, true_answer: TrueAnswer) -> Response:
    body = _body(call, true_answer)
    return Response(body[: len(body) // 2], media_type="application/json")


async def _hang_after_half(call: Call, _extent: Extent, true_answer: TrueAnswer) -> Response:
    body = _body(call, true_answer)
    return Hangup(body[: len(body) // 2])


async def _slow(call: Call, extent: Extent, true_answer: TrueAnswer) -> Response:
    await asyncio.sleep(SLOW_SECONDS if extent.seconds is None else extent.seconds)
    return json_response(true_answer(call))


async def _dribble(call: Call, extent: Extent, true_answer: TrueAnswer) -> Response:
    seconds = DRIBBLE_SECONDS if extent.seconds is None else extent.seconds
    return Dribble(_body(call, true_answer), seconds, head_too=False)


async def _dribble_headers(call: Call, extent: Extent, true_answer: TrueAnswer) -> Response:
    seconds = DRIBBLE_SECONDS if extent.seconds is None else extent.seconds
    return Dribble(_body(call, true_answer), seconds, head_too=True)


def _is_in_batch(call: Call, _extent: Extent) -> bool:
    return call.is_batched


def _body(call: Call, true_answer: TrueAnswer) -> bytes:
    return bytes(json_response(true_answer(call)).body)


def _kind(description: str, apply: Apply, *takes: str, **more: Any) -> ServiceKind:
    return ServiceKind(
        family="transport", description=description, apply=apply, takes=takes, **more
    )


def _text(status: int, text: str) -> Apply:
    return always(lambda: PlainTextResponse(text, status))


def _json(body: Any) -> Apply:
    return always(lambda: json_response(body))


_ERROR_200 = {
    "error": {
        "message": "Service temporarily unavailable",
        "type": "OAuthException",
        "code": 2,
        "is_transient": True,
    }
}

TRANSPORT_KINDS: dict[str, ServiceKind] = {
    "http_500": _kind("HTTP 500 with a line of text", _text(500, "Internal Server Error")),
    "http_503": _kind("HTTP 503 with a line of text", _text(503, "Service Unavailable")),
    "html_502": _kind("HTTP 502 with an HTML page", html(502, "Bad Gateway")),
    "html_504": _kind("HTTP 504 with an HTML page", html(504, "Gateway Timeout")),
    "truncated": _kind("HTTP 200 with the first half of the JSON", _truncated),
    "empty_body": _kind("HTTP 200 with no body", always(lambda: Response(b""))),
    "error_200": _kind("HTTP 200 with an error object, code 2", _json(_ERROR_200)),
    "no_data": _kind("HTTP 200 with an object that lacks data", _json({"paging": {}})),
    "success_false": _kind('HTTP 200 with {"success": false}', _json({"success": False})),
    "text_200": _kind(
        "HTTP 200 with the text Service Unavailable", _text(200, "Service Unavailable")
    ),
    "json_array": _kind("HTTP 200 with an empty array", _json([])),
    "reset": _kind("the connection closes without an answer", always(Hangup)),
    "batch_null": _kind(
        "a call inside a batch timed out: its entry is null", always(Hangup), concerns=_is_in_batch
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
