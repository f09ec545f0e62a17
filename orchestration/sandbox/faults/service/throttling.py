"""The ways to be throttled, and usage headers that come near the limits."""

from typing import Any

from starlette.responses import Response

from orchestration.sandbox.faults.service.kind import Apply, Extent, ServiceKind, TrueAnswer
from orchestration.sandbox.wire.call import Call
from orchestration.sandbox.wire.envelope import GraphError, json_response
from orchestration.sandbox.wire.headers import OMITTED, Load

_TOO_MANY = "There have been too many calls from this ad-account. Wait a bit and try again."


def _kind(description: str, apply: Apply, *takes: str) -> ServiceKind:
    return ServiceKind(family="throttling", description=description, apply=apply, takes=takes)


def _throttle(
    description: str, message: str, *, code: int, subcode: int, case: str = "ads_insights"
) -> ServiceKind:
    """An error; with `headers` also usage headers at 100 % and the time until access is back."""

    async def apply(call: Call, extent: Extent, _true_answer: TrueAnswer) -> Response:
        load = Load(account=100, minutes=extent.minutes, case=case)
        raise GraphError(
            f"(#{code}) {message}",
            code=code,
            subcode=subcode,
            headers=_headers(load, call, extent),
        )

    return _kind(description, apply, "minutes", "headers")


async def _app_limit(call: Call, extent: Extent, _true_answer: TrueAnswer) -> Response:
    raise GraphError(
        "(#4) Application request limit reached",
        code=4,
        subcode=1504022,
        headers=_headers(Load(app=100, minutes=extent.minutes), call, extent),
    )


async def _usage(call: Call, extent: Extent, true_answer: TrueAnswer) -> Response:
    used: dict[str, Any] = {extent.scope: extent.percent}
    load = Load(minutes=extent.minutes, case=extent.case, **used)
    return json_response(true_answer(call), headers=load.headers(call.account_id or "0"))


def _headers(load: Load, call: Call, extent: Extent) -> dict[str, str]:
    return load.headers(call.account_id or "0") if extent.headers else OMITTED


THROTTLING_KINDS: dict[str, ServiceKind] = {
    "rate_limit": _throttle(
        "code 80000 with usage headers at 100 %, access back in `minutes` (default 1)",
        _TOO_MANY,
        code=80000,
        subcode=2446079,
    ),
    "user_limit": _throttle(
        "code 17: the ad account's limit",
        "User request limit reached",
        code=17,
        subcode=2446079,
    ),
    "buc_limit": _throttle(
        "code 80004: the limit of the business use case ads_management",
        _TOO_MANY,
        code=80004,
        subcode=2446079,
        case="ads_management",
    ),
    "custom_limit": _throttle(
        "code 613: a limit of the endpoint",
        "Calls to this api have exceeded the rate limit.",
        code=613,
        subcode=1487742,
    ),
    "app_limit": _kind(
        "code 4: the app's limit, for all its accounts", _app_limit, "minutes", "headers"
    ),
    "usage": _kind(
        "the true answer with usage headers at `percent` for `scope` (account, app, business) and "
        "access back in `minutes`, of the use case `case` (default ads_insights)",
        _usage,
        "percent",
        "scope",
        "minutes",
        "case",
    ),
}
