"""Renders pages: the templates and their filters, the session cookie, error pages."""

import logging
import re
from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.exceptions import HTTPException

from orchestration.days import days_in_words
from orchestration.expectations.catalogue.reasons import left_out_in_words, reason_in_words
from orchestration.foreign_text import shown, written
from orchestration.text import iso_instant, plural, size
from orchestration.web.database import UNREACHABLE
from orchestration.web.security.access import COOKIE, SESSION_SECONDS, Access, Caller
from orchestration.web.security.refusals import accepts_page

TEMPLATE_DIR = Path(__file__).parent / "templates"
UNREACHABLE_TEXT = "The warehouse cannot be reached. Each request tries again."
TITLES = {
    401: "Not logged in",
    403: "Refused",
    404: "Not found",
    429: "Too many requests",
    500: "An unexpected error",
    503: "Not now",
}
REFRESH_SECONDS = 30
"""How often an open page asks for what is new, unless its application says otherwise."""
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
log = logging.getLogger(__name__)


def page(
    request: Request,
    template: str,
    values: dict[str, Any] | None = None,
    status: int = 200,
) -> HTMLResponse:
    """Render a template with these values.

    If no token is set, the first page opens a session by itself, because forms are accepted only
    with the CSRF token of a session.
    """
    access: Access = request.app.state.access
    caller: Caller | None = request.scope.get("state", {}).get("caller")
    session = caller.session if caller else None
    is_new = session is None and access.is_open
    if is_new:
        session = access.new_session()
    body = TEMPLATES.get_template(template).render(
        values or {},
        csrf_token=access.csrf_token(session) if session else None,
        has_login=not access.is_open and session is not None,
        here=_here(request),
        made_at=datetime.now(UTC),
        as_of=request.app.state.settings.now_override,
        refresh_seconds=getattr(request.app.state, "refresh_seconds", REFRESH_SECONDS),
    )
    answer = HTMLResponse(body, status)
    if is_new and session is not None:
        keep_session(request, answer, session)
    return answer


def error_page(request: Request, status: int, reason: str) -> HTMLResponse:
    """The page of an error, with its reason."""
    title = TITLES.get(status, "Not possible")
    return page(request, "error.html", {"title": title, "reason": reason}, status)


def wants_page(request: Request) -> bool:
    """Whether errors are to be pages: a browser asks for something that is no API."""
    return accepts_page(request.url.path, request.headers.get("accept", ""))


def keep_session(request: Request, answer: Response, session: str) -> None:
    """Set the session cookie, so that no script can read it and no other site can use it."""
    answer.set_cookie(
        COOKIE,
        session,
        max_age=SESSION_SECONDS,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


class PageRoute(APIRoute):
    """A route that answers errors with pages to browsers, and with JSON to all others."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of the route, with its errors turned into pages."""
        handler = super().get_route_handler()

        async def handled(request: Request) -> Response:
            if not wants_page(request):
                return await handler(request)
            try:
                return await handler(request)
            except HTTPException as error:
                return error_page(request, error.status_code, str(error.detail))
            except UNREACHABLE as error:
                log.warning("The warehouse cannot be reached: %s", type(error).__name__)
                answer = error_page(request, 503, UNREACHABLE_TEXT)
                answer.headers["retry-after"] = "10"
                return answer

        return handled


def instant(at: datetime | None) -> Markup | str:
    """An instant in UTC to the minute; the title has the seconds."""
    if at is None:
        return "never"
    utc = at.astimezone(UTC)
    return Markup('<time datetime="{}" title="{} UTC">{} UTC</time>').format(
        iso_instant(utc), f"{utc:%Y-%m-%d %H:%M:%S}", f"{utc:%Y-%m-%d %H:%M}"
    )


def timed(text: str) -> Markup:
    """A text with its instants written like those of the pages."""
    html, end = Markup(), 0
    for match in INSTANT.finditer(text):
        try:
            at = datetime.fromisoformat(match.group())
        except ValueError:
            # It only looks like an instant.
            continue
        html += escape(shown(text[end : match.start()])) + instant(at)
        end = match.end()
    return html + escape(shown(text[end:]))


def number(value: Decimal | int | str | None, unknown: str = "–") -> str:
    """A number with all its digits and thousands separators; other text stays as it is."""
    if value is None:
        return unknown
    try:
        return f"{Decimal(value):,f}"
    except InvalidOperation:
        return str(value)


def month(first_day: date) -> str:
    """A month as `2026-11`."""
    return f"{first_day:%Y-%m}"


def _here(request: Request) -> str:
    """The path and query of the page, for forms that return to it."""
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


TEMPLATES = Environment(
    loader=FileSystemLoader(TEMPLATE_DIR),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=written,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters |= {
    "instant": instant,
    "timed": timed,
    "number": number,
    "size": size,
    "month": month,
    "plural": plural,
    "days": days_in_words,
    "reason": reason_in_words,
    "left_out": left_out_in_words,
}
