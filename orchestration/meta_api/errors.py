"""What can go wrong with a call, as types: what to do next is decided by the type alone.

MetaApiError
├── TransientError         passes by itself: tried again
│   └── ThrottledError     too many calls: tried again after what Meta asks for
├── TooMuchDataError       the query is too heavy: asked for again in smaller parts
├── ReportFailedError      a report run that ended without rows: started again, then in parts
├── TokenDeadError         a person has to renew the token: never tried again
├── PermissionDeniedError  the token may not read this account: never tried again
│   └── AccountRefusedError  a token's error for this account alone: the token itself works
├── AccountChangedError    the client's ad account is not the one that its days are of
├── VersionRetiredError    META_API_VERSION is no longer served: never tried again
├── BadRequestError        the call itself is wrong: never tried again
├── PagingError            the pages contradict each other: never tried again
├── UnusableAnswerError    an answer that cannot be read, judged or kept: the client's alone
├── BudgetExhaustedError   this run's calls or waiting are used up: the next run asks again
└── CancelledError         the run was interrupted

Source of the codes: Meta's error reference of the Insights API.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from orchestration.meta_api.remedies import remedy

Scope = Literal["account", "app"]

TRANSIENT_CODES = {-2, 1, 2, 99, 104, 960, 2601}
UNKNOWN_CODES = {1, 99}
"""What Meta says when it does not know, too, that a question was too heavy for it."""
APP_THROTTLE_CODES = {4, 341}
ACCOUNT_THROTTLE_CODES = {17, 32, 613, *range(80000, 80015)}
TOKEN_CODES = {102, 190}
PERMISSION_CODES = {3, 10, 294, 368, *range(200, 300)}
VERSION_CODES = {2635}
TOO_MUCH_DATA = {(2, 1504038), (100, 1504018), (100, 1487534)}
PERMANENT_SUBCODES = {2853001, 1504041, 1504042}
REDUCE = re.compile(r"reduce the amount of data", re.IGNORECASE)
# Sent for calls that name no summary too, and gone with the next attempt.
SPURIOUS_SUMMARY = re.compile(r"cannot include .* in summary param", re.IGNORECASE)
# With 2500, which elsewhere means that the path is wrong.
NO_TOKEN = re.compile(r"active access token", re.IGNORECASE)
NOT_VISIBLE_SUBCODE = 33
FOR_PEOPLE = ("error_user_title", "error_user_msg")
"""Fields of an error that hold text in words for people."""
MOST_SAID = 500
INSIGHTS = "ads_insights"
USE_CASES = {80000: INSIGHTS, 80003: "custom_audience", 80004: "ads_management"}
"""Whose limit a throttled call has met, as the usage headers name it."""


@dataclass(frozen=True)
class Attempt:
    """One failed attempt of a call: when it failed, in UTC, and why."""

    at: datetime
    error: str


class MetaApiError(Exception):
    """A call that did not end in data. The text holds no token: URLs and parameters stay out.

    `attempts` are all that were made of the call that failed, the last one included; `calls` are
    those that the whole answer had cost by then, where somebody counted; `told` is the text without
    what to do.
    """

    def __init__(
        self, message: str, *, code: int | None = None, subcode: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.subcode = subcode
        self.told = message
        self.attempts: Sequence[Attempt] = ()
        self.calls = 0


class TransientError(MetaApiError):
    """A fault of the transport or of Meta's side that usually passes.

    `may_be_size`: Meta answers so, too, whenever a question is too heavy, until less is asked.
    """

    may_be_size = False


class ThrottledError(TransientError):
    """Meta asks for a pause, of the account or of the whole app; `use_case`: whose limit it is."""

    scope: Scope = "account"
    use_case = INSIGHTS


class TooMuchDataError(MetaApiError):
    """The same call will not work again, a smaller one may; `by_page`: even a smaller page.

    `in_disguise`: Meta said something else, and answers to less; `only_reports`: to a report alone.
    """

    by_page = False
    in_disguise = False
    only_reports = False

    @classmethod
    def disguised(cls, error: MetaApiError, only_reports: bool = False) -> "TooMuchDataError":
        """What looked like a fault that passes, and is none."""
        made = cls(f"{error}; too much was asked for", code=error.code, subcode=error.subcode)
        made.by_page, made.in_disguise, made.only_reports = True, True, only_reports
        return made


class ReportFailedError(MetaApiError):
    """A report run failed, was skipped or stood still; `may_pass` if another run may do better."""

    may_pass = True


class TokenDeadError(MetaApiError):
    """The token is expired, revoked or missing."""


class PermissionDeniedError(MetaApiError):
    """The token is good, but may not read this account."""


class AccountRefusedError(PermissionDeniedError):
    """Meta answers as if the token were dead, but for one ad account only."""

    @classmethod
    def of(cls, error: TokenDeadError, account: str) -> "AccountRefusedError":
        """The account's own error, out of what looked like the token's; keeps its attempts."""
        made = cls(
            f"only {account} is refused, /me does not refuse the token: give the token's system "
            f"user access to that ad account, or see to the account's own state ({error.told})",
            code=error.code,
            subcode=error.subcode,
        )
        made.attempts = error.attempts
        return made


class AccountChangedError(MetaApiError):
    """The ad account is another one than that of the client's days; nothing of it is taken."""


class VersionRetiredError(MetaApiError):
    """Meta serves this version of the API no longer: no client can be read."""


class BadRequestError(MetaApiError):
    """The account does not exist, or a parameter is not valid."""


class PagingError(MetaApiError):
    """Pages that never end, or that lead to another server."""


class UnusableAnswerError(MetaApiError):
    """An answer that makes something go wrong here; it concerns the one client."""


class BudgetExhaustedError(MetaApiError):
    """What one run may spend on the account, in calls or in waiting, is spent."""


class CancelledError(MetaApiError):
    """The run was interrupted; nothing more is asked."""


def graph_error(error: Mapping[str, Any]) -> MetaApiError:
    """The exception for the `error` object of a Graph answer."""
    code, subcode = _integer(error.get("code")), _integer(error.get("error_subcode"))
    text = _short(error.get("message")) or "no message"
    kind = _kind(code, subcode, text, bool(error.get("is_transient")))
    known = f"{code}{f'/{subcode}' if subcode else ''}"
    told = f"Meta answers with error {known}: {text}{_for_people(error)}"
    is_about_token = issubclass(kind, TokenDeadError)
    what_to_do = remedy(code, subcode, text, is_about_token=is_about_token)
    said = f"{told} ({what_to_do})" if what_to_do else told
    made = kind(said, code=code, subcode=subcode)
    made.told = told
    if isinstance(made, ThrottledError):
        made.scope = "app" if code in APP_THROTTLE_CODES else "account"
        made.use_case = USE_CASES.get(code or 0, INSIGHTS)
    if isinstance(made, TransientError):
        made.may_be_size = code in UNKNOWN_CODES
    if isinstance(made, TooMuchDataError):
        made.by_page = code in UNKNOWN_CODES
    return made


def _kind(
    code: int | None, subcode: int | None, text: str, is_transient: bool
) -> type[MetaApiError]:
    if (code, subcode) in TOO_MUCH_DATA or (code in UNKNOWN_CODES and REDUCE.search(text)):
        return TooMuchDataError
    if code in APP_THROTTLE_CODES | ACCOUNT_THROTTLE_CODES:
        return ThrottledError
    if code in TOKEN_CODES or (code == 2500 and NO_TOKEN.search(text)):
        return TokenDeadError
    if code in VERSION_CODES:
        return VersionRetiredError
    if code in PERMISSION_CODES or (code == 100 and "missing permission" in text[:40].lower()):
        return PermissionDeniedError
    if is_transient or SPURIOUS_SUMMARY.search(text):
        return TransientError
    if code in TRANSIENT_CODES and subcode not in PERMANENT_SUBCODES:
        return TransientError
    return BadRequestError


def _for_people(error: Mapping[str, Any]) -> str:
    """What Meta would show to a person, where it says more than the message."""
    texts = (_short(error.get(name)) for name in FOR_PEOPLE)
    shown = ": ".join(text for text in texts if text and text != _short(error.get("message")))
    return f" [{shown}]" if shown else ""


def _short(text: Any) -> str:
    """A text of Meta's, cut: it may quote a whole call."""
    return str(text)[:MOST_SAID] if text else ""


def _integer(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None
