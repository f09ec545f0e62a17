"""What may be wrong with a token that is no error of one call, and with the API's clock."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from starlette.responses import Response

from orchestration.sandbox.faults.service.kind import Extent, ServiceKind, TrueAnswer, refuse
from orchestration.sandbox.wire.call import Call
from orchestration.sandbox.wire.envelope import json_response

ABOUT_THE_TOKEN = (("me",), ("me", "permissions"), ("debug_token",))
"""Calls that need no scope."""


def debugs_a_token(call: Call, _extent: Extent) -> bool:
    """Whether the call asks about a token with the rights of another one."""
    return call.nodes == ("debug_token",)


def _needs_a_scope(call: Call, _extent: Extent) -> bool:
    return call.nodes not in ABOUT_THE_TOKEN


async def _as_it_is(call: Call, _extent: Extent, true_answer: TrueAnswer) -> Response:
    return json_response(true_answer(call))


async def _clock_ahead(call: Call, extent: Extent, true_answer: TrueAnswer) -> Response:
    at = datetime.now(UTC) + timedelta(minutes=extent.minutes)
    return json_response(true_answer(call), headers={"Date": format_datetime(at, usegmt=True)})


TOKEN_KINDS: dict[str, ServiceKind] = {
    "missing_scope": ServiceKind(
        family="tokens",
        description="the token lacks ads_read: code 200 for all but what is about the token",
        apply=refuse("(#200) Requires ads_read or ads_management permission", code=200, status=403),
        concerns=_needs_a_scope,
    ),
    "token_expires": ServiceKind(
        family="tokens",
        description="/debug_token says that the token ends in so many `days`",
        apply=_as_it_is,
        takes=("days",),
        concerns=debugs_a_token,
    ),
    "debug_refused": ServiceKind(
        family="tokens",
        description="code 100 for /debug_token, as for users who are no developers of the app",
        apply=refuse(
            "(#100) You must provide an app access token, or a user access token that is an owner "
            "or developer of the app",
            code=100,
        ),
        concerns=debugs_a_token,
    ),
    "clock_ahead": ServiceKind(
        family="tokens",
        description="the header Date is so many `minutes` ahead",
        apply=_clock_ahead,
        takes=("minutes",),
    ),
}
