"""From Meta's error object to an exception type: which code means what.

Source of the codes: Meta's error reference of the Insights API.
"""

import re
from collections.abc import Mapping
from typing import Any

from orchestration.meta_api.calls.remedies import remedy
from orchestration.meta_api.errors import (
    INSIGHTS,
    BadRequestError,
    MetaApiError,
    PermissionDeniedError,
    ThrottledError,
    TokenDeadError,
    TooMuchDataError,
    TransientError,
    VersionRetiredError,
)

TRANSIENT_CODES = {-2, 1, 2, 99, 104, 960, 2601}
UNKNOWN_CODES = {1, 99}
"""Meta's "unknown error", which it also sends for a question that was too heavy for it."""
APP_THROTTLE_CODES = {4, 341}
ACCOUNT_THROTTLE_CODES = {17, 32, 613, *range(80000, 80015)}
TOKEN_CODES = {102, 190}
PERMISSION_CODES = {3, 10, 294, 368, *range(200, 300)}
VERSION_CODES = {2635}
TOO_MUCH_DATA = {(2, 1504038), (100, 1504018), (100, 1487534)}
PERMANENT_SUBCODES = {2853001, 1504041, 1504042}
NOT_VISIBLE_SUBCODE = 33
REDUCE = re.compile(r"reduce the amount of data", re.IGNORECASE)
# Also sent for calls that name no summary; the next attempt succeeds.
SPURIOUS_SUMMARY = re.compile(r"cannot include .* in summary param", re.IGNORECASE)
# With code 2500, which otherwise means that the path is wrong.
NO_TOKEN = re.compile(r"active access token", re.IGNORECASE)
TEXTS_FOR_PEOPLE = ("error_user_title", "error_user_msg")
"""Fields of an error that hold what Meta would show to a person."""
MAX_TEXT_CHARACTERS = 500
USE_CASES = {80000: INSIGHTS, 80003: "custom_audience", 80004: "ads_management"}
"""The use case whose limit a throttled call has reached, as the usage headers name it."""


def graph_error(error: Mapping[str, Any]) -> MetaApiError:
    """The exception for the `error` object of a Graph answer."""
    code, subcode = _integer(error.get("code")), _integer(error.get("error_subcode"))
    message = _short(error.get("message")) or "no message"
    kind = _kind(code, subcode, message, bool(error.get("is_transient")))
    numbers = f"{code}{f'/{subcode}' if subcode else ''}"
    cause = f"Meta answers with error {numbers}: {message}{_text_for_people(error)}"
    is_about_token = issubclass(kind, TokenDeadError)
    what_to_do = remedy(code, subcode, message, is_about_token=is_about_token)
    exception = kind(f"{cause} ({what_to_do})" if what_to_do else cause, code=code, subcode=subcode)
    exception.cause = cause
    if isinstance(exception, ThrottledError):
        exception.scope = "app" if code in APP_THROTTLE_CODES else "account"
        exception.use_case = USE_CASES.get(code or 0, INSIGHTS)
    if isinstance(exception, TransientError):
        exception.may_be_size = code in UNKNOWN_CODES
    if isinstance(exception, TooMuchDataError):
        exception.by_page = code in UNKNOWN_CODES
    return exception


def _kind(
    code: int | None, subcode: int | None, message: str, is_transient: bool
) -> type[MetaApiError]:
    if (code, subcode) in TOO_MUCH_DATA or (code in UNKNOWN_CODES and REDUCE.search(message)):
        return TooMuchDataError
    if code in APP_THROTTLE_CODES | ACCOUNT_THROTTLE_CODES:
        return ThrottledError
    if code in TOKEN_CODES or (code == 2500 and NO_TOKEN.search(message)):
        return TokenDeadError
    if code in VERSION_CODES:
        return VersionRetiredError
    if code in PERMISSION_CODES or (code == 100 and "missing permission" in message[:40].lower()):
        return PermissionDeniedError
    if is_transient or SPURIOUS_SUMMARY.search(message):
        return TransientError
    if code in TRANSIENT_CODES and subcode not in PERMANENT_SUBCODES:
        return TransientError
    return BadRequestError


def _text_for_people(error: Mapping[str, Any]) -> str:
    """What Meta would show to a person, where it says more than the message."""
    texts = (_short(error.get(name)) for name in TEXTS_FOR_PEOPLE)
    shown = ": ".join(text for text in texts if text and text != _short(error.get("message")))
    return f" [{shown}]" if shown else ""


def _short(text: Any) -> str:
    """The beginning of one of Meta's texts: it may quote a whole call."""
    return str(text)[:MAX_TEXT_CHARACTERS] if text else ""


def _integer(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None
