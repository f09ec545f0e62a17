"""A scripted day: faults that are set and cleared at given times of the sandbox's clock.

- at: "06:00"                     # or after: 90m, or at: 2026-11-24T06:00:00Z
  note: the night's collection runs into an outage
  faults:
    - {kind: http_503, for_seconds: 300, id: outage}
    - {kind: holes, since: -7d}   # days before that of the step: the last seven finished ones
- after: 2h                       # counted from the sandbox's start
  clear: [outage]                 # or true: all faults
  clock: {advance: 1d}            # or {now: 2026-11-24T06:00:00Z, running: true}
- at: tue 05:00                   # the first Tuesday from the step above on
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml

from orchestration.errors import UsageError
from orchestration.sandbox.control.clock import (
    Clock,
    UnusableInstantError,
    check_steering,
    instant,
    span,
)
from orchestration.sandbox.faults.dial import Dial
from orchestration.sandbox.faults.fields import UnusableFaultError, checked
from orchestration.sandbox.faults.kinds import DATA_FIELDS

_FIELDS = {"at", "after", "note", "faults", "clear", "clock", "advance"}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAYS_BEFORE = re.compile(r"-(\d{1,4})d")
_ANY_DAY = date(2026, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Step:
    """What happens at one time.

    `when` gives the instant of the step, from the instant at which the scenario began and that of
    the step before it in the file. `clears` are the ids of faults; `None` in it stands for all.
    """

    when: Callable[[datetime, datetime], datetime]
    note: str = ""
    faults: Sequence[dict[str, Any]] = ()
    clears: Sequence[str | None] = ()
    clock: dict[str, Any] = field(default_factory=dict)

    def happen(self, clock: Clock, dial: Dial, due: datetime) -> None:
        """Clear faults, set faults, steer the clock, in this order; `due` is the step's time."""
        for fault_id in self.clears:
            dial.remove(fault_id)
        for fault in self.faults:
            dial.add(_dated(fault, due.astimezone(UTC).date()))
        if self.clock:
            clock.steer(self.clock)


@dataclass(frozen=True)
class Scenario:
    """The steps in the order of the file."""

    steps: Sequence[Step]

    def player(self, clock: Clock, dial: Dial) -> Callable[[], None]:
        """A function that does the steps that are due; to be called before each request."""
        begun = above = clock()
        waiting = []
        for number, step in enumerate(self.steps):
            above = step.when(begun, above)
            waiting.append((above, number, step))
        waiting.sort()

        def play() -> None:
            while waiting and clock() >= waiting[0][0]:
                due, _, step = waiting.pop(0)
                step.happen(clock, dial, due)

        return play


def load_scenario(path: Path) -> Scenario:
    """Read and check a scenario file.

    Raises:
        UsageError: it cannot be read or used; names the step and the field.
    """
    try:
        written = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The scenario {path} cannot be read: {error}.") from None
    except (yaml.YAMLError, ValueError) as error:
        # ValueError: a day that is in no calendar.
        raise UsageError(f"The scenario {path} is not YAML: {error}") from None
    if not isinstance(written, list) or not written:
        raise UsageError(f"The scenario {path} is not a list of steps.")
    return Scenario([_step(path, number, step) for number, step in enumerate(written, start=1)])


def _step(path: Path, number: int, written: Any) -> Step:
    try:
        if not isinstance(written, dict) or written.keys() - _FIELDS:
            raise ValueError(f"a step has {', '.join(sorted(_FIELDS))} and nothing else")
        faults = written.get("faults") or []
        if not isinstance(faults, list):
            raise ValueError("faults is a list")
        for fault in faults:
            checked(_dated(_plain(fault), _ANY_DAY))
        return Step(
            when=_when(written),
            note=str(written.get("note", "")),
            faults=[_plain(fault) for fault in faults],
            clears=_cleared(written.get("clear", False)),
            clock=_steering(written),
        )
    except (ValueError, UnusableFaultError, UnusableInstantError) as error:
        raise UsageError(f"{path}: step {number}: {error}.") from None


def _cleared(written: Any) -> Sequence[str | None]:
    if isinstance(written, bool):
        return [None] if written else []
    if not isinstance(written, list):
        raise ValueError("clear is true or a list of the ids of faults")
    return [str(name) for name in written]


def _steering(written: dict[str, Any]) -> dict[str, Any]:
    """How a step steers the clock; `advance: 1d` is short for `clock: {advance: 1d}`."""
    steering = written.get("clock", {"advance": written["advance"]} if "advance" in written else {})
    if not isinstance(steering, dict):
        raise ValueError("clock is a mapping with now or advance")
    body = _plain(steering)
    if "clock" in written or body:
        check_steering(body)
    return body


def _plain(fault: Any) -> dict[str, Any]:
    """A fault as it would come in JSON: YAML makes dates of days."""
    if not isinstance(fault, dict):
        raise ValueError("each fault is a mapping with kind")
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in fault.items()
    }


def _dated(fault: dict[str, Any], today: date) -> dict[str, Any]:
    """The fault with `-7d` replaced by that day."""
    dated = dict(fault)
    for name in DATA_FIELDS:
        before = _DAYS_BEFORE.fullmatch(str(fault.get(name)))
        if before:
            dated[name] = (today - timedelta(days=int(before[1]))).isoformat()
    return dated


def _when(written: dict[str, Any]) -> Callable[[datetime, datetime], datetime]:
    if ("at" in written) == ("after" in written):
        raise ValueError("a step has either at or after")
    if "after" in written:
        later = span(written["after"])
        return lambda begun, _: begun + later
    at = written["at"]
    if isinstance(at, datetime):
        moment = at if at.tzinfo else at.replace(tzinfo=UTC)
        return lambda *_: moment
    if isinstance(at, int):
        # YAML reads 06:00 without quotes as a number in base 60.
        at = f"{at // 60:02d}:{at % 60:02d}"
    weekday, _, clock_time = str(at).rpartition(" ")
    if weekday:
        if weekday not in _WEEKDAYS:
            raise ValueError(f"{weekday!r} is not one of {', '.join(_WEEKDAYS)}")
        place, hour = _WEEKDAYS.index(weekday), time.fromisoformat(clock_time)
        return lambda _, above: _next(above, hour, place)
    if "T" in str(at):
        named = instant(str(at))
        return lambda *_: named
    hour = time.fromisoformat(str(at))
    return lambda begun, _: _next(begun, hour)


def _next(start: datetime, hour: time, weekday: int | None = None) -> datetime:
    """The first time from `start` on that it is `hour` in UTC, on the weekday if one is given."""
    moment = datetime.combine(start.astimezone(UTC).date(), hour, UTC)
    while moment < start or weekday not in (None, moment.weekday()):
        moment += timedelta(days=1)
    return moment
