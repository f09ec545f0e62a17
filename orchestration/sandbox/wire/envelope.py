"""The envelope of every Graph API reply: errors, tokens, usage headers and paging cursors."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from typing import Any, NamedTuple

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
        title: str | None = None,
        shown: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self._body: dict[str, Any] = {"message": message, "type": kind, "code": code}
        if subcode is not None:
            self._body["error_subcode"] = subcode
        if transient is not None:
            self._body["is_transient"] = transient
        if title is not None:
            self._body |= {"error_user_title": title, "error_user_msg": shown}

    def response(self, trace_id: str) -> Response:
        """The HTTP reply, with the trace id that its headers carry too."""
        body = {"error": {**self._body, "fbtrace_id": trace_id}}
        return json_response(body, status=self.status, headers=self.headers)


def invalid(message: str) -> GraphError:
    """A parameter that cannot be used."""
    return GraphError(f"(#100) {message}", code=100)


def missing_object(name: str, method: str = "get") -> GraphError:
    """Meta's one answer for what does not exist and for what the token may not see or do."""
    return GraphError(
        f"Unsupported {method.lower()} request. Object with ID '{name}' does not exist, cannot be "
        "loaded due to missing permissions, or does not support this operation.",
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
    """Who may ask: one exact token, or any that does not start with `dead`.

    With the app's secret every call has to prove that it knows it.
    """

    exact: str | None = None
    app_secret: str | None = None

    def check(self, token: str, proof: str = "") -> None:
        """Raise the error that Meta answers a missing, expired or wrong token or proof with."""
        if not token:
            raise GraphError(
                "An active access token must be used to query information about the current user.",
                code=2500,
            )
        if token.startswith("dead"):
            raise token_expired()
        if self.exact is not None and token != self.exact:
            raise GraphError("Invalid OAuth access token - Cannot parse access token", code=190)
        if self.app_secret is not None:
            self._check_proof(self.app_secret, token, proof)

    def knows(self, token: str | None) -> bool:
        """Whether a token is one that may ask."""
        return bool(token) and not str(token).startswith("dead") and self.exact in (None, token)

    def _check_proof(self, secret: str, token: str, proof: str) -> None:
        if not proof:
            raise GraphError(
                "API calls from the server require an appsecret_proof argument",
                kind="GraphMethodException",
            )
        right = hmac.new(secret.encode(), token.encode(), sha256).hexdigest()
        if not hmac.compare_digest(right.encode(), proof.encode()):
            raise GraphError(
                "Invalid appsecret_proof provided in the API argument", kind="GraphMethodException"
            )


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
    """Headers of every reply; the trace id only has to differ from reply to reply."""

    _replies: int = field(default=0)

    def trace_id(self) -> str:
        """The next trace id."""
        self._replies += 1
        return "A" + blake2b(str(self._replies).encode(), digest_size=8).hexdigest()

    def always(self, version: str, trace_id: str) -> dict[str, str]:
        """What every reply carries beside its usage."""
        return {
            "facebook-api-version": version,
            "x-fb-trace-id": trace_id,
            "x-fb-request-id": trace_id,
        }


@dataclass(frozen=True, slots=True)
class Load:
    """How near the limits are, in percent, and the minutes until lost access is back.

    The business's own limit is that of `case`; the account's counts for it where none is given.
    """

    account: int = 2
    app: int = 1
    minutes: int = 0
    business: int | None = None
    case: str = "ads_insights"

    def headers(self, account_id: str) -> dict[str, str]:
        """The four usage headers; all of them are percent but for the times."""
        business = self.account if self.business is None else self.business
        case = {
            "type": self.case,
            "call_count": business,
            "total_cputime": business,
            "total_time": business,
            "estimated_time_to_regain_access": self.minutes,
            "ads_api_access_tier": ACCESS_TIER,
        }
        account = {
            "acc_id_util_pct": self.account,
            "reset_time_duration": self.minutes * 60,
            "ads_api_access_tier": ACCESS_TIER,
        }
        throttle = {
            "app_id_util_pct": self.app,
            "acc_id_util_pct": self.account,
            "ads_api_access_tier": ACCESS_TIER,
        }
        app = {"call_count": self.app, "total_time": self.app, "total_cputime": self.app}
        return {
            "X-App-Usage": orjson.dumps(app).decode(),
            "X-Business-Use-Case-Usage": orjson.dumps({account_id: [case]}).decode(),
            "X-Ad-Account-Usage": orjson.dumps(account).decode(),
            "X-FB-Ads-Insights-Throttle": orjson.dumps(throttle).decode(),
        }


OMITTED = dict.fromkeys(Load().headers(""), "")
"""Empty usage headers, which a reply then goes without."""


class Place(NamedTuple):
    """The row that a cursor points at; `mark` tells apart cursors that point at the same row."""

    offset: int
    mark: str = ""


def cursor(offset: int, mark: str = "") -> str:
    """The cursor that points at a row: base64 with `=` written `ZD`, as Insights does.

    A mark must not be spelled so that `ZD` comes out of it, as that of `d` would be.
    """
    written = f"{mark}:{offset}" if mark else str(offset)
    return b64encode(written.encode()).decode().replace("=", "ZD")


def place_of(written: str) -> Place:
    """The place a cursor points at."""
    try:
        text = b64decode(written.replace("ZD", "="), validate=True).decode()
        mark, _, offset = text.rpartition(":")
        place = Place(int(offset), mark)
    except ValueError:
        place = Place(-2)
    # Only the sandbox's own faults make cursors that point before the first row.
    if place.offset < (-1 if place.mark else 0):
        raise invalid("Invalid cursors values")
    return place
