"""Batches: up to 50 calls in one request, each answered as if it had come alone."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.responses import Response

from orchestration.sandbox.faults.service.transport import Dribble, Hangup
from orchestration.sandbox.wire.call import Call, call_of
from orchestration.sandbox.wire.envelope import GraphError, invalid, json_response

MOST_ENTRIES = 50
Reply = Callable[[Call], Awaitable[Response]]


async def answered(call: Call, reply: Reply) -> Response:
    """The answers to all entries, in their order; `null` for an entry that got no answer."""
    entries = call.json("batch", list) or []
    if len(entries) > MOST_ENTRIES:
        raise GraphError(
            f"Too many requests in batch message. Maximum batch size is {MOST_ENTRIES}", code=1
        )
    with_headers = call.params.get("include_headers", "true") != "false"
    answers = [await _answer(call, entry, reply, with_headers=with_headers) for entry in entries]
    return json_response(answers)


async def _answer(
    outer: Call, entry: Any, reply: Reply, *, with_headers: bool
) -> dict[str, Any] | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("relative_url"), str):
        raise invalid("Each entry of batch must have a relative_url")
    response = await reply(replace(_inner(outer, entry), is_batched=True))
    if isinstance(response, (Dribble, Hangup)):
        # A connection cannot break off for one entry; what timed out is null.
        return None
    answer = {"code": response.status_code, "body": bytes(response.body).decode(errors="replace")}
    if not with_headers:
        return answer
    headers = [{"name": name, "value": value} for name, value in response.headers.items()]
    return {**answer, "headers": headers}


def _inner(outer: Call, entry: dict[str, Any]) -> Call:
    url = urlsplit(entry["relative_url"])
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    body = dict(parse_qsl(str(entry.get("body", "")), keep_blank_values=True))
    proof = outer.params.get("appsecret_proof")
    if proof is not None:
        body.setdefault("appsecret_proof", proof)
    return call_of(
        str(entry.get("method", "GET")).upper(),
        outer.root,
        url.path,
        query,
        body=body,
        token=query.get("access_token") or outer.token,
        version=outer.version,
    )
