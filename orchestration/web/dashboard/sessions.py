"""Logging in and out, and the check that a form was sent by a page of this server."""

import re
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from orchestration.web.dashboard.pages import TEMPLATE_DIR, PageRoute, keep_session, page
from orchestration.web.security.access import COOKIE, Access, Caller
from orchestration.web.security.protection import LOGIN


@dataclass(frozen=True)
class Pages:
    """Where the browser goes after a login: to the page that was asked for, or to the first page.

    `known` matches the pages that it may go to.
    """

    start: str
    known: re.Pattern[str]


DASHBOARD = Pages(
    "/admin/monitoring",
    re.compile(r"/admin/(monitoring(/[a-z]+/[a-z0-9_-]+)?|runbook)(\?[\x21-\x5b\x5d-\x7e]*)?"),
)
STYLE = (TEMPLATE_DIR / "login.css").read_text("utf-8")
DIGEST = b64encode(sha256(STYLE.encode()).digest()).decode()
# /static needs a token: so the login page contains its style, which the policy allows by its hash.
POLICY = "; ".join(
    (
        "default-src 'none'",
        f"style-src 'sha256-{DIGEST}'",
        "img-src data:",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get(LOGIN)
async def login_form(request: Request) -> Response:
    """The login page; a caller who is known already goes on to the first page."""
    state = request.scope["state"]
    if state.get("caller") is not None:
        return RedirectResponse(request.app.state.pages.start, 303)
    query = request.url.query
    return _form(request, state.get("login_for", "") + (f"?{query}" if query else ""), "")


@router.post(LOGIN)
async def log_in(
    request: Request,
    token: Annotated[str, Form()] = "",
    next_page: Annotated[str, Form(alias="next")] = "",
) -> Response:
    """Open a session for the admin token; KPI tokens cannot open one."""
    access: Access = request.app.state.access
    caller = access.of_token(token.strip())
    if caller is None or not caller.is_admin:
        address = request.client.host if request.client else ""
        status, reason = request.scope["state"]["refuse_token"](address)
        message = reason.capitalize() + "." if status == 429 else "This is not the admin token."
        return _form(request, next_page, message, status)
    answer = RedirectResponse(safe_page(request, next_page), 303)
    keep_session(request, answer, access.new_session())
    return answer


@router.post("/admin/logout")
async def log_out(
    request: Request, csrf_token: Annotated[str, Form(alias="proof")] = ""
) -> Response:
    """End the session of this browser, also for copies of its cookie."""
    session = check_form(request, csrf_token).session
    assert session is not None
    request.app.state.access.end_session(session)
    answer = RedirectResponse(LOGIN, 303)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    return answer


def check_form(request: Request, csrf_token: str) -> Caller:
    """Who sent a form, if a page of this server made it for their session.

    Raises:
        HTTPException: 403 if not.
    """
    access: Access = request.app.state.access
    caller: Caller = request.scope["state"]["caller"]
    if not caller.session:
        raise HTTPException(403, "The form was not sent by a page of this server.")
    if not access.is_csrf_token(caller.session, csrf_token):
        raise HTTPException(403, "The form is too old: load its page again and send it once more.")
    return caller


def safe_page(request: Request, wanted: str) -> str:
    """The page itself if it is a page of this server, else the first page."""
    pages: Pages = request.app.state.pages
    return wanted if pages.known.fullmatch(wanted) else pages.start


def _form(request: Request, next_page: str, reason: str, status: int = 401) -> Response:
    values = {"next_page": safe_page(request, next_page), "reason": reason, "style": STYLE}
    answer = page(request, "login.html", values, status)
    answer.headers["content-security-policy"] = POLICY
    if status == 429:
        answer.headers["retry-after"] = "60"
    return answer
