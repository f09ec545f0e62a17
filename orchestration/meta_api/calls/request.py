"""One call of the Graph API as it is sent: path, parameters, and the token in a header."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import requests
from pydantic import SecretStr

Method = Literal["GET", "POST"]


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call to make.

    Attributes:
        path: the path behind the version, such as `act_1/insights`.
        params: parameters of the query, or of the form of a POST.
        account: the ad account on whose limits the call counts; empty where it concerns none.
        expects: a key that a whole answer has; for `data` its value must be a list of objects,
            unless `of_rows` is false.
        smaller: lighter questions about the same data. Their answers show whether the call is too
            heavy or the API is down.
        may_be_too_heavy: calls like this are known to be too heavy at times.
    """

    path: str
    params: Mapping[str, str]
    account: str = ""
    expects: str = "data"
    method: Method = "GET"
    smaller: tuple["Call", ...] = ()
    may_be_too_heavy: bool = False
    of_rows: bool = True


def token_check(account: str = "") -> Call:
    """The call that asks who the token is: its answer says whether the token itself is good."""
    return Call(path="me", params={"fields": "id"}, account=account, expects="id")


class BearerAuth(requests.auth.AuthBase):
    """Sends the token as a header; given as `auth`, so that no .netrc file replaces it."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request with the header."""
        request.headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        return request


def app_key(token: SecretStr) -> str:
    """A hash of the token, used as the key of its app wherever the token must not be stored."""
    return f"token:{hashlib.sha256(token.get_secret_value().encode()).hexdigest()[:32]}"


def app_secret_proof(token: SecretStr, app_secret: SecretStr | None) -> dict[str, str]:
    """The parameter that proves that the caller knows the app's secret; nothing without one."""
    if app_secret is None:
        return {}
    key, message = app_secret.get_secret_value(), token.get_secret_value()
    return {"appsecret_proof": hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()}
