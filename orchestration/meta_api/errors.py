"""What can go wrong with a call, as types: what to do next is decided by the type alone.

MetaApiError
├── TransientError         passes by itself: tried again
│   └── ThrottledError     too many calls: tried again after the pause that Meta asks for
├── TooMuchDataError       the query is too heavy: asked for again in smaller parts
├── ReportFailedError      a report run that ended without rows: started again, then in parts
├── TokenDeadError         a person has to renew the token: never tried again
├── PermissionDeniedError  the token may not read this account: never tried again
│   └── AccountRefusedError  the error of a dead token, for one account only: the token works
├── AccountChangedError    the client's ad account is not the one that its days belong to
├── VersionRetiredError    META_API_VERSION is no longer served: never tried again
├── BadRequestError        the call itself is wrong: never tried again
├── PagingError            the pages contradict each other: never tried again
├── UnusableAnswerError    an answer that cannot be read, judged or kept: fails for one client only
├── BudgetExhaustedError   this run's calls or waiting time are used up: the next run asks again
└── CancelledError         the run was interrupted

Which code of Meta becomes which type: `calls/error_codes.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Scope = Literal["account", "app"]

INSIGHTS = "ads_insights"
"""The use case of insights calls, as Meta's usage headers name it."""


@dataclass(frozen=True)
class Attempt:
    """One failed attempt of a call: when it failed, in UTC, and why."""

    at: datetime
    error: str


class MetaApiError(Exception):
    """A call that did not end in data. The text holds no token: URLs and parameters stay out.

    Attributes:
        cause: the text without the advice on what to do.
        attempts: all attempts of the call that failed, including the last.
        calls: all calls made for the whole answer until then, where they were counted.
    """

    def __init__(
        self, message: str, *, code: int | None = None, subcode: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.subcode = subcode
        self.cause = message
        self.attempts: Sequence[Attempt] = ()
        self.calls = 0


class TransientError(MetaApiError):
    """A fault of the network or of Meta's servers that usually passes.

    `may_be_size`: Meta sends the same error for a question that is too heavy, each time it is
    asked.
    """

    may_be_size = False


class ThrottledError(TransientError):
    """Meta asks for a pause.

    `scope` says whether the account or the whole app has to pause, `use_case` whose limit it is.
    """

    scope: Scope = "account"
    use_case = INSIGHTS


class TooMuchDataError(MetaApiError):
    """The same call will not work again, a smaller one may.

    Attributes:
        by_page: a smaller page may be enough.
        in_disguise: Meta sent another error, but answered a lighter question.
        only_reports: only a report run is expected to work.
    """

    by_page = False
    in_disguise = False
    only_reports = False

    @classmethod
    def disguised(cls, error: MetaApiError, only_reports: bool = False) -> "TooMuchDataError":
        """The error for a question that was too heavy though Meta sent a transient error."""
        exception = cls(f"{error}; too much was asked for", code=error.code, subcode=error.subcode)
        exception.by_page = exception.in_disguise = True
        exception.only_reports = only_reports
        return exception


class ReportFailedError(MetaApiError):
    """A report run failed, was skipped or made no progress.

    `may_pass`: another run may succeed.
    """

    may_pass = True


class TokenDeadError(MetaApiError):
    """The token is expired, revoked or missing."""


class PermissionDeniedError(MetaApiError):
    """The token is good, but may not read this account."""


class AccountRefusedError(PermissionDeniedError):
    """Meta answers as if the token were dead, but for one ad account only."""

    @classmethod
    def of(cls, error: TokenDeadError, account: str) -> "AccountRefusedError":
        """The error of one account, made from what looked like an error of its token.

        It keeps the attempts.
        """
        exception = cls(
            f"only {account} is refused, /me does not refuse the token: give the token's system "
            f"user access to that ad account, or see to the account's own state ({error.cause})",
            code=error.code,
            subcode=error.subcode,
        )
        exception.attempts = error.attempts
        return exception


class AccountChangedError(MetaApiError):
    """The ad account is not the one of the client's stored days; nothing of it is taken."""


class VersionRetiredError(MetaApiError):
    """Meta no longer serves this version of the API: no client can be read."""


class BadRequestError(MetaApiError):
    """The account does not exist, or a parameter is not valid."""


class PagingError(MetaApiError):
    """Pages that never end, or that lead to another server."""


class UnusableAnswerError(MetaApiError):
    """An answer that cannot be read, judged or kept here; it fails for its client only."""


class BudgetExhaustedError(MetaApiError):
    """The calls or the waiting time that one run may spend on the account are used up."""


class CancelledError(MetaApiError):
    """The run was interrupted; nothing more is asked."""
