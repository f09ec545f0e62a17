"""The sandbox's clock: the real one, one that stands still, or one that runs from an instant."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_SPAN = re.compile(r"(\d+)\s*([mhd])")


class UnusableInstantError(ValueError):
    """An instant or a span that cannot be read; the message says why."""


class Clock:
    """Tells what time it is in the sandbox; safe to use from several threads."""

    def __init__(self, now: datetime | None = None) -> None:
        """Stands still at `now`; without it the clock is the real one."""
        self._begun = now if now is None or now.tzinfo else now.replace(tzinfo=UTC)
        self._lock = Lock()
        self._fixed, self._ahead = self._begun, timedelta()

    def __call__(self) -> datetime:
        """The instant it shows, with its offset."""
        with self._lock:
            return self._now()

    def reset(self) -> None:
        """Back to the instant it was started with, or to the real time."""
        with self._lock:
            self._fixed, self._ahead = self._begun, timedelta()

    def set(self, now: datetime, *, running: bool) -> None:
        """Set another instant, at which the clock stands still or from which it runs."""
        with self._lock:
            self._put(now, running=running)

    def advance(self, span: timedelta) -> None:
        """Move the clock forward; one that stands still goes on standing still."""
        with self._lock:
            self._put(self._now() + span, running=self._fixed is None)

    def shown(self) -> dict[str, Any]:
        """The clock as JSON."""
        return {"now": self().isoformat(), "running": self._fixed is None}

    def _now(self) -> datetime:
        return self._fixed or datetime.now(UTC) + self._ahead

    def _put(self, now: datetime, *, running: bool) -> None:
        self._fixed = None if running else now
        self._ahead = now - datetime.now(UTC) if running else timedelta()

    def steer(self, body: Mapping[str, Any]) -> None:
        """Do what `{"now": …, "running": true}` or `{"advance": "3h"}` says.

        Raises:
            UnusableInstantError: it says neither, or nothing that can be read.
        """
        check_steering(body)
        if "now" in body:
            self.set(instant(body["now"]), running=bool(body.get("running")))
        if "advance" in body:
            self.advance(span(body["advance"]))


def check_steering(body: Mapping[str, Any]) -> None:
    """Raise `UnusableInstantError` unless `Clock.steer` can use the body."""
    if body.keys() - {"now", "advance", "running"} or not {"now", "advance"} & body.keys():
        raise UnusableInstantError("a clock takes now or advance, and perhaps running")
    if "now" in body:
        instant(body["now"])
    if "advance" in body:
        span(body["advance"])


def instant(written: str) -> datetime:
    """An ISO instant, in UTC where it has no offset.

    Raises:
        UnusableInstantError: it is none.
    """
    try:
        read = datetime.fromisoformat(written)
    except (TypeError, ValueError):
        raise UnusableInstantError(
            f"{written!r} is not an instant such as 2026-11-24T06:00:00Z"
        ) from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def span(written: str) -> timedelta:
    """A span such as 30m, 3h or 2d.

    Raises:
        UnusableInstantError: it is none.
    """
    match = _SPAN.fullmatch(str(written).strip())
    if not match:
        raise UnusableInstantError(f"{written!r} is not a span such as 30m, 3h or 2d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
