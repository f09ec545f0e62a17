"""Errors in Meta's envelope: tokens, permissions, parameters and versions."""

from typing import Any

from starlette.responses import Response

from orchestration.sandbox.faults.service.kind import (
    Apply,
    Extent,
    ServiceKind,
    TrueAnswer,
    refuse,
)
from orchestration.sandbox.faults.service.tokens import debugs_a_token
from orchestration.sandbox.options import LIVE_VERSIONS
from orchestration.sandbox.wire.call import Call
from orchestration.sandbox.wire.envelope import GraphError, json_response, missing_object
from orchestration.sandbox.wire.tokens import token_expired
from orchestration.sandbox.wire.versions import WARNING, retired


def _kind(description: str, apply: Apply, *needs: str) -> ServiceKind:
    return ServiceKind(family="errors", description=description, apply=apply, needs=needs)


def _error(description: str, message: str, *, code: int, **more: Any) -> ServiceKind:
    return _kind(description, refuse(message, code=code, **more))


async def _token_dead(_call: Call, _extent: Extent, _true_answer: TrueAnswer) -> Response:
    raise token_expired()


async def _token_echo(call: Call, _extent: Extent, _true_answer: TrueAnswer) -> Response:
    raise GraphError(f"Malformed access token {call.token}", code=190)


async def _missing(call: Call, _extent: Extent, _true_answer: TrueAnswer) -> Response:
    raise missing_object("/".join(call.nodes[:1]), call.method)


async def _version_retired(_call: Call, _extent: Extent, _true_answer: TrueAnswer) -> Response:
    raise retired(LIVE_VERSIONS[-1])


async def _version_warning(call: Call, _extent: Extent, true_answer: TrueAnswer) -> Response:
    text = f"The call was made with {call.version}, which is going to be retired. Please upgrade."
    return json_response(true_answer(call), headers={WARNING: text})


ERROR_KINDS: dict[str, ServiceKind] = {
    "token_dead": ServiceKind(
        family="errors",
        description="code 190 subcode 463: the token has expired; /debug_token says so",
        apply=_token_dead,
        concerns=lambda call, extent: not debugs_a_token(call, extent),
    ),
    "account_190": _kind(
        "code 190 subcode 463 for the one `account`, which it needs, while /me and all other "
        "accounts are answered",
        _token_dead,
        "account",
    ),
    "token_invalid": _error(
        "code 190 subcode 460: the password was changed",
        "Error validating access token: The session has been invalidated because the user "
        "changed their password.",
        code=190,
        subcode=460,
    ),
    "token_checkpoint": _error(
        "code 190 subcode 459: the user has to log in at facebook.com, with words for people",
        "Error validating access token: The user has been checkpointed and needs to log in.",
        code=190,
        subcode=459,
        title="Please log in",
        shown="You cannot access the app till you log in to www.facebook.com.",
    ),
    "app_blocked": _error(
        "code 200: API access blocked, for all accounts of the app",
        "API access blocked.",
        code=200,
        status=400,
    ),
    "unknown_path": _error(
        "code 2500: the path is unknown, whatever the token",
        "Unknown path components: /insights",
        code=2500,
    ),
    "token_echo": _kind("code 190, and the message quotes the caller's token", _token_echo),
    "permission": _error(
        "code 200: no permission for the account",
        "(#200) Ad account owner has NOT grant ads_management or ads_read permission",
        code=200,
        status=403,
    ),
    "missing_permission": _error("code 100: missing permissions", "Missing permissions", code=100),
    "policy_block": _error(
        "code 368: temporarily blocked for policies",
        "The action attempted has been deemed abusive or is otherwise disallowed",
        code=368,
    ),
    "object_missing": _kind(
        "code 100 subcode 33: the object does not exist or is not visible", _missing
    ),
    "bad_request": _error("code 100: a parameter is invalid", "(#100) Invalid parameter", code=100),
    "version_retired": _kind("code 2635: the version is no longer served", _version_retired),
    "version_warning": _kind(f"the true answer with the header {WARNING}", _version_warning),
    "unknown_error": _error(
        "HTTP 500, code 1 subcode 99",
        "An unknown error occurred",
        code=1,
        subcode=99,
        status=500,
        transient=False,
    ),
    "service_unavailable": _error(
        "code 2: service temporarily unavailable", "Service temporarily unavailable", code=2
    ),
    "transient_flag": _error(
        "an odd code with is_transient", "Please try again", code=4711, transient=True
    ),
    "intermittent_104": _error(
        "code 104, as after a connection reset", "Incorrect signature", code=104
    ),
    "summary_spurious": _error(
        "code 100 about a summary that nobody asked for",
        "(#100) Cannot include spend in summary param because they weren't there while creating "
        "the report run.",
        code=100,
    ),
}
