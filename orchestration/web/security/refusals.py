"""Answers to refused requests: JSON for programs, a page for people in a browser."""

from html import escape

import orjson
from starlette.types import Send

FOR_PROGRAMS = ("/api/", "/metrics", "/healthz", "/readyz", "/openapi.json")
"""How paths begin that answer errors with JSON, whatever the caller accepts."""
PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · meta-ads-warehouse</title></head>
<body><main><h1>{title}</h1><p>{text}.</p></main></body>
</html>
"""
"""Without the style of the other pages: who is refused may not load that either."""
TITLES = {403: "Refused", 413: "Too large", 429: "Too many requests"}


def accepts_page(path: str, accept: str) -> bool:
    """Whether an error is to be a page: a browser asks for something that is no API."""
    return "text/html" in accept and not path.startswith(FOR_PROGRAMS)


async def refuse(send: Send, status: int, text: str, *, as_page: bool = False) -> None:
    """Send the response to a refused request."""
    if as_page:
        title = TITLES.get(status, "Not possible")
        sentence = escape(text[:1].upper() + text[1:])
        body, kind = PAGE.format(title=title, text=sentence).encode(), b"text/html; charset=utf-8"
    else:
        body, kind = orjson.dumps({"error": text}), b"application/json"
    headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if status == 413:
        # The rest of the request is not read.
        headers.append((b"connection", b"close"))
    if status == 429:
        headers.append((b"retry-after", b"60" if "token" in text else b"1"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
