"""The envelope of every Graph API reply: errors, tokens, usage headers and paging cursors."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import orjson
from starlette.responses import Response

ACCESS_TIER = "standard_access"


class GraphError(Exception):
    """An answer in Meta's error envelope instead of data."""

    def __init__(
        self,
        message: str,
        *,
        code: int = 100,
        subcode: int | None = None,
        kind: str = "OAuthException",
        status: int = 400,
        transient: bool | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self._body: dict[str, Any] = {"message": message, "type": kind, "code": code}
        if subcode is not None:
            self._body["error_subcode"] = subcode
        if transient is not None:
            self._body["is_transient"] = transient

    def response(self, trace_id: str) -> Response:
        """The HTTP reply, with the trace id that its headers carry too."""
        body = {"error": {**self._body, "fbtrace_id": trace_id}}
        return json_response(body, status=self.status, headers=self.headers)


def invalid(message: str) -> GraphError:
    """A parameter that cannot be used."""
    return GraphError(f"(#100) {message}", code=100)


def missing_object(name: str) -> GraphError:
    """Meta's one answer for what does not exist and for what the token may not see."""
    return GraphError(
        f"Unsupported get request. Object with ID '{name}' does not exist, cannot be loaded due to "
        "missing permissions, or does not support this operation.",
        subcode=33,
        kind="GraphMethodException",
    )


def json_response(
    body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON reply."""
    return Response(
        orjson.dumps(body), status, headers=headers, media_type="application/json; charset=UTF-8"
    )


@dataclass(slots=True)
class TokenGuard:
    """Who may ask: one exact token, or any that does not start with `dead`."""

    exact: str | None = None

    def check(self, token: str) -> None:
        """Raise the error that Meta answers a missing, expired or wrong token with."""
        if not token:
            raise GraphError(
                "An active access token must be used to query information about the current user.",
                code=2500,
            )
        if token.startswith("dead"):
            raise token_expired()
        if self.exact is not None and token != self.exact:
            raise GraphError("Invalid OAuth access token - Cannot parse access token", code=190)


def token_expired() -> GraphError:
    """The answer to a token whose time is over."""
    return GraphError(
        "Error validating access token: Session has expired. The current time is later than the "
        "time of expiry.",
        code=190,
        subcode=463,
    )


@dataclass(slots=True)
class Headers:
    """Usage and trace headers; the trace id only has to differ from reply to reply."""

    _replies: int = field(default=0)

    def trace_id(self) -> str:
        """The next trace id."""
        self._replies += 1
        return "A" + blake2b(str(self._replies).encode(), digest_size=8).hexdigest()

    def usage(self, version: str, trace_id: str) -> dict[str, str]:
        """What every reply carries."""
        calm = {"call_count": 1, "total_time": 1, "total_cputime": 1}
        return {
            "facebook-api-version": version,
            "x-fb-trace-id": trace_id,
            "X-App-Usage": orjson.dumps(calm).decode(),
        }


def insights_usage(account_id: str, *, percent: int = 2, minutes: int = 0) -> dict[str, str]:
    """The throttle headers of an insights reply: load in percent, minutes until access is back."""
    case = {
        "type": "ads_insights",
        "call_count": percent,
        "total_cputime": percent,
        "total_time": percent,
        "estimated_time_to_regain_access": minutes,
        "ads_api_access_tier": ACCESS_TIER,
    }
    account = {
        "acc_id_util_pct": percent,
        "reset_time_duration": minutes * 60,
        "ads_api_access_tier": ACCESS_TIER,
    }
    throttle = {
        "app_id_util_pct": percent,
        "acc_id_util_pct": percent,
        "ads_api_access_tier": ACCESS_TIER,
    }
    return {
        "X-Business-Use-Case-Usage": orjson.dumps({account_id: [case]}).decode(),
        "X-Ad-Account-Usage": orjson.dumps(account).decode(),
        "X-FB-Ads-Insights-Throttle": orjson.dumps(throttle).decode(),
    }


def cursor(offset: int) -> str:
    """The cursor that points at a row: base64 with `=` written `ZD`, as Insights does."""
    return b64encode(str(offset).encode()).decode().replace("=", "ZD")


def offset_of(written: str) -> int:
    """The row a cursor points at."""
    try:
        offset = int(b64decode(written.replace("ZD", "="), validate=True))
    except ValueError:
        offset = -1
    if offset < 0:
        raise invalid("Invalid cursors values")
    return offset
