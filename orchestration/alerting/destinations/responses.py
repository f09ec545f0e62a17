"""What destinations have in common: which URLs they take, and what a failure of theirs means.

No text here holds a URL: those of webhooks are secrets, and libraries put them into their errors.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from orchestration.alerting.messages.message import RefusedError, UnavailableError

PASSING = frozenset({408, 409, 425, 429})
"""4xx that may pass: too slow, the same key is in hand elsewhere, too early, too many."""
LONGEST_PAUSE_SECONDS = 86_400.0
"""What is believed of a Retry-After."""

Clock = Callable[[], datetime]
Outcome = str | RefusedError | UnavailableError
"""A receipt or an error, handed over instead of raised: an error that is raised while another one
is handled carries that one along as its context, with the URL in its text."""


def utc_now() -> datetime:
    """The instant of an attempt."""
    return datetime.now(UTC)


def receipt(outcome: Outcome) -> str:
    """The receipt.

    Raises:
        RefusedError, UnavailableError: there is none.
    """
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def check_url(url: str) -> None:
    """Whether requests can be made to a URL.

    Raises:
        ValueError: they cannot; the text goes behind the name of a setting and holds no part of it.
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
    status: int, retry_after: str | None, now: datetime, says: str = ""
) -> RefusedError | UnavailableError:
    """What an answer that is no success means; `says` is its body as far as it may be told."""
    text = _phrase(status) + (f": {says}" if says else "")
    if 300 <= status < 400:
        return RefusedError(f"{text}; a redirect is not followed, the URL must be the final one")
    if status in PASSING or 500 <= status < 600:
        return UnavailableError(text, _seconds(retry_after, now))
    return RefusedError(text)


def silence(error: BaseException) -> UnavailableError:
    """What it means that no answer came."""
    return UnavailableError(f"no answer: {cause(error)}")


def cause(error: BaseException) -> str:
    """Why a connection failed, in the words of the system, or as the kind of the error."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, TimeoutError):
            return "it took too long"
        if isinstance(found, OSError) and found.errno is not None and found.strerror:
            return str(found.strerror)
        if isinstance(found, ConnectionError):
            return "the connection broke off"
        reason = getattr(found, "reason", None)
        nested = reason if isinstance(reason, BaseException) else None
        found = nested or found.__cause__ or found.__context__
    return type(error).__name__


def _phrase(status: int) -> str:
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"


def _seconds(retry_after: str | None, now: datetime) -> float | None:
    """A Retry-After, which is seconds or an instant."""
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
