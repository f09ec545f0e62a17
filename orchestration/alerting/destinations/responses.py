"""What destinations have in common: which URLs are usable, and what a failed request means.

No text here holds a URL: URLs of webhooks are secrets, and libraries put them into their errors.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from orchestration.alerting.messages.message import RefusedError, UnavailableError

TEMPORARY_4XX = frozenset({408, 409, 425, 429})
"""Too slow, the same key is being handled elsewhere, too early, too many requests."""
LONGEST_PAUSE_SECONDS = 86_400.0
"""The longest Retry-After that is obeyed."""

Clock = Callable[[], datetime]
Outcome = str | RefusedError | UnavailableError
"""A receipt, or an error that is returned instead of raised: an error raised while another one is
handled has that one as its context, with the URL in its text."""


def utc_now() -> datetime:
    """The current instant."""
    return datetime.now(UTC)


def receipt(outcome: Outcome) -> str:
    """The receipt of an outcome.

    Raises:
        RefusedError, UnavailableError: the outcome is this error.
    """
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def check_url(url: str) -> None:
    """Check that requests can be made to a URL.

    Raises:
        ValueError: they cannot; the text belongs after the name of a setting, and holds no part of
            the URL.
    """
    try:
        parts = urlsplit(url)
        # The name of the host must be one that can be looked up: `a..example` cannot.
        has_host = bool((parts.hostname or "").encode("idna")) and parts.port != 0
        is_good = has_host and parts.scheme in ("http", "https")
    except ValueError:
        is_good = False
    if not is_good or re.search(r"[^!-~]", url):
        raise ValueError("is no http or https URL")


def failure(
    status: int, retry_after: str | None, now: datetime, body: str = ""
) -> RefusedError | UnavailableError:
    """What a response without success means; `body` is the part of it that holds no secret."""
    text = _phrase(status) + (f": {body}" if body else "")
    if 300 <= status < 400:
        return RefusedError(f"{text}; redirects are not followed, set the final URL")
    if status in TEMPORARY_4XX or 500 <= status < 600:
        return UnavailableError(text, _seconds(retry_after, now))
    return RefusedError(text)


def silence(error: BaseException) -> UnavailableError:
    """The error of a request that got no answer."""
    return UnavailableError(f"no answer: {cause(error)}")


def cause(error: BaseException) -> str:
    """Why a connection failed, in words of the operating system, or as the kind of the error."""
    current: BaseException | None = error
    while current is not None:
        if isinstance(current, TimeoutError):
            return "it took too long"
        if isinstance(current, OSError) and current.errno is not None and current.strerror:
            return str(current.strerror)
        if isinstance(current, ConnectionError):
            return "the connection broke off"
        reason = getattr(current, "reason", None)
        nested = reason if isinstance(reason, BaseException) else None
        current = nested or current.__cause__ or current.__context__
    return type(error).__name__


def _phrase(status: int) -> str:
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"


def _seconds(retry_after: str | None, now: datetime) -> float | None:
    """The seconds of a Retry-After header, which may name seconds or an instant."""
    if retry_after is None:
        return None
    if re.fullmatch(r"\s*\d+\s*", retry_after, re.ASCII):
        return min(float(retry_after), LONGEST_PAUSE_SECONDS)
    try:
        at = parsedate_to_datetime(retry_after)
    except (ValueError, TypeError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(0.0, (at - now).total_seconds()), LONGEST_PAUSE_SECONDS)
