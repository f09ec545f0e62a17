"""What can go wrong with a call, as types: what to do next is decided by the type alone.

MetaApiError
├── TransientError      passes by itself: tried again
│   └── ThrottledError  too many calls: tried again after what Meta asks for
├── TooMuchDataError    the query is too heavy: asked for again in smaller parts
├── TokenDeadError      a person has to renew the token: never tried again
├── PermissionDeniedError  the token may not read this account: never tried again
└── BadRequestError     the call itself is wrong: never tried again

Source of the codes: Meta's error reference of the Insights API.
"""

from collections.abc import Mapping
from typing import Any

TRANSIENT_CODES = {1, 2, 104, 960, 2601}
THROTTLE_CODES = {4, 17, 32, 341, 613, *range(80000, 80015)}
TOKEN_CODES = {102, 190, 2500}
PERMISSION_CODES = {3, 10, 294, 368, *range(200, 300)}
TOO_MUCH_DATA = {(1, None), (2, 1504038), (100, 1504018), (100, 1487534)}
PERMANENT_SUBCODES = {2853001, 1504041, 1504042}


class MetaApiError(Exception):
    """A call that did not end in data. The text holds no token: URLs and parameters stay out."""

    def __init__(
        self, message: str, *, code: int | None = None, subcode: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.subcode = subcode


class TransientError(MetaApiError):
    """A fault of the transport or of Meta's side that usually passes."""


class ThrottledError(TransientError):
    """Meta asks for a pause; `wait_seconds` is how long, where it said so."""

    wait_seconds: float | None = None


class TooMuchDataError(MetaApiError):
    """The same call will not work again, a smaller one may."""


class TokenDeadError(MetaApiError):
    """The token is expired, revoked or missing."""


class PermissionDeniedError(MetaApiError):
    """The token is good, but may not read this account."""


class BadRequestError(MetaApiError):
    """The account does not exist, or a parameter is not valid."""


def graph_error(error: Mapping[str, Any]) -> MetaApiError:
    """The exception for the `error` object of a Graph answer."""
    code, subcode = _integer(error.get("code")), _integer(error.get("error_subcode"))
    text = str(error.get("message") or "no message")
    message = f"Meta answers with error {code}{f'/{subcode}' if subcode else ''}: {text}"
    return _kind(code, subcode, text, bool(error.get("is_transient")))(
        message, code=code, subcode=subcode
    )


def _kind(
    code: int | None, subcode: int | None, text: str, is_transient: bool
) -> type[MetaApiError]:
    if (code, subcode) in TOO_MUCH_DATA and (code != 1 or "reduce the amount" in text.lower()):
        return TooMuchDataError
    if code in THROTTLE_CODES:
        return ThrottledError
    if code in TOKEN_CODES:
        return TokenDeadError
    if code in PERMISSION_CODES:
        return PermissionDeniedError
    if is_transient or (code in TRANSIENT_CODES and subcode not in PERMANENT_SUBCODES):
        return TransientError
    return BadRequestError


def _integer(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
