"""Errors in Meta's envelope: tokens, permissions, versions, and the many ways to be throttled."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from starlette.responses import Response

from orchestration.sandbox.faults.service_kinds import Extent, Honest, ServiceKind
from orchestration.sandbox.wire.call import Call
from orchestration.sandbox.wire.envelope import (
    OMITTED,
    GraphError,
    Load,
    json_response,
    missing_object,
    token_expired,
)
from orchestration.sandbox.wire.versions import LIVE, WARNING, retired

TOO_MANY = "There have been too many calls from this ad-account. Wait a bit and try again."


def _error(description: str, message: str, *, code: int, **more: Any) -> ServiceKind:
    async def apply(call: Call, extent: Extent, honest: Honest) -> Response:
        del call, extent, honest
        raise GraphError(message, code=code, **more)

    return ServiceKind("errors", description, apply)


def _throttle(
    description: str, message: str, code: int, subcode: int | None, case: str = "ads_insights"
) -> ServiceKind:
    async def apply(call: Call, extent: Extent, honest: Honest) -> Response:
        del honest
        raise GraphError(
            f"(#{code}) {message}",
            code=code,
            subcode=subcode,
            headers=_exhausted(call, extent, case),
        )

    return ServiceKind("throttling", description, apply, ("minutes", "headers"))


def _exhausted(call: Call, extent: Extent, case: str) -> Mapping[str, str]:
    """Headers at 100 % with the time until access is back, or none if told so."""
    if not extent.headers:
        return OMITTED
    return Load(account=100, minutes=extent.minutes, case=case).headers(call.account_id or "0")


async def _app_limit(call: Call, extent: Extent, honest: Honest) -> Response:
    del honest
    load = Load(account=2, app=100, minutes=extent.minutes)
    raise GraphError(
        "(#4) Application request limit reached",
        code=4,
        subcode=1504022,
        headers=load.headers(call.account_id or "0") if extent.headers else OMITTED,
    )


_LOADS: dict[str, Callable[[int], Load]] = {
    "account": lambda percent: Load(account=percent),
    "app": lambda percent: Load(app=percent),
    "business": lambda percent: Load(business=percent),
}


async def _usage(call: Call, extent: Extent, honest: Honest) -> Response:
    load = _LOADS[extent.scope](extent.percent)
    load = replace(load, minutes=extent.minutes, case=extent.case)
    return json_response(honest(call), headers=load.headers(call.account_id or "0"))


async def _token_dead(call: Call, extent: Extent, honest: Honest) -> Response:
    del call, extent, honest
    raise token_expired()


async def _token_echo(call: Call, extent: Extent, honest: Honest) -> Response:
    del extent, honest
    raise GraphError(f"Malformed access token {call.token}", code=190)


async def _missing(call: Call, extent: Extent, honest: Honest) -> Response:
    del extent, honest
    raise missing_object("/".join(call.nodes[:1]), call.method)


async def _version_retired(call: Call, extent: Extent, honest: Honest) -> Response:
    del call, extent, honest
    raise retired(LIVE[-1])


async def _version_warning(call: Call, extent: Extent, honest: Honest) -> Response:
    del extent
    text = f"The call was made with {call.version}, which is going to be retired. Please upgrade."
    return json_response(honest(call), headers={WARNING: text})


ERROR_KINDS: dict[str, ServiceKind] = {
    "token_dead": ServiceKind("errors", "code 190 subcode 463: the token has expired", _token_dead),
    "account_190": ServiceKind(
        "errors",
        "code 190 subcode 463 for the one `account`, which it needs, while /me and all other "
        "accounts are answered",
        _token_dead,
        needs=("account",),
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
    "token_echo": ServiceKind(
        "errors", "code 190, and the message quotes the caller's token", _token_echo
    ),
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
    "object_missing": ServiceKind(
        "errors", "code 100 subcode 33: the object does not exist or is not visible", _missing
    ),
    "bad_request": _error("code 100: a parameter is invalid", "(#100) Invalid parameter", code=100),
    "version_retired": ServiceKind(
        "errors", "code 2635: the version is no longer served", _version_retired
    ),
    "version_warning": ServiceKind(
        "errors", f"the true answer with the header {WARNING}", _version_warning
    ),
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
    "rate_limit": _throttle(
        "code 80000 with usage headers at 100 %, access back in `minutes` (default 1)",
        TOO_MANY,
        80000,
        2446079,
    ),
    "user_limit": _throttle(
        "code 17: the ad account's limit", "User request limit reached", 17, 2446079
    ),
    "buc_limit": _throttle(
        "code 80004: the limit of the business use case ads_management",
        TOO_MANY,
        80004,
        2446079,
        "ads_management",
    ),
    "custom_limit": _throttle(
        "code 613: a limit of the endpoint",
        "Calls to this api have exceeded the rate limit.",
        613,
        1487742,
    ),
    "app_limit": ServiceKind(
        "throttling",
        "code 4: the app's limit, for all its accounts",
        _app_limit,
        ("minutes", "headers"),
    ),
    "usage": ServiceKind(
        "throttling",
        "the true answer with usage headers at `percent` for `scope` (account, app, business) and "
        "access back in `minutes`, of the use case `case` (default ads_insights)",
        _usage,
        ("percent", "scope", "minutes", "case"),
    ),
}
