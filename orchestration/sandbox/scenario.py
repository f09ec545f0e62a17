"""A scripted day: at given times of the sandbox's clock faults come and go.

- at: "06:00"                     # or after: 90m, or at: 2026-11-24T06:00:00Z
  note: the night's collection runs into an outage
  faults:
    - {kind: http_503, for_seconds: 300, id: outage}
- after: 2h                       # counted from the sandbox's start
  clear: [outage]                 # or true: all faults
  clock: {advance: 1d}            # or {now: 2026-11-24T06:00:00Z, running: true}
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml

from orchestration.errors import UsageError
from orchestration.sandbox.clock import (
    Clock,
    UnusableInstantError,
    check_steering,
    instant,
    span,
)
from orchestration.sandbox.fault_fields import UnusableFaultError, checked
from orchestration.sandbox.faults import Dial

_FIELDS = {"at", "after", "note", "faults", "clear", "clock", "advance"}


@dataclass(frozen=True)
class Step:
    """What happens at one time: `when` gives the instant for a scenario begun at an instant.

    `clears` are the ids of faults; `None` among them stands for all.
    """

    when: Callable[[datetime], datetime]
    note: str = ""
    faults: Sequence[dict[str, Any]] = ()
    clears: Sequence[str | None] = ()
    clock: dict[str, Any] = field(default_factory=dict)

    def happen(self, clock: Clock, dial: Dial) -> None:
        """Clear, set and move, in this order."""
        for fault_id in self.clears:
            dial.remove(fault_id)
        for fault in self.faults:
            dial.add(fault)
        if self.clock:
            clock.steer(self.clock)


@dataclass(frozen=True)
class Scenario:
    """The steps in the order of the file."""

    steps: Sequence[Step]

    def player(self, clock: Clock, dial: Dial) -> Callable[[], None]:
        """A function that does what is due; to be called before each request."""
        begun = clock()
        waiting = sorted(((step.when(begun), n, step) for n, step in enumerate(self.steps)))

        def play() -> None:
            while waiting and clock() >= waiting[0][0]:
                waiting.pop(0)[2].happen(clock, dial)

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
    except yaml.YAMLError as error:
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
            checked(_plain(fault))
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
    """What becomes of the clock; `advance` alone is short for it."""
    told = written.get("clock", {"advance": written["advance"]} if "advance" in written else {})
    if not isinstance(told, dict):
        raise ValueError("clock is a mapping with now or advance")
    body = _plain(told)
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


def _when(written: dict[str, Any]) -> Callable[[datetime], datetime]:
    if ("at" in written) == ("after" in written):
        raise ValueError("a step has either at or after")
    if "after" in written:
        later = span(written["after"])
        return lambda begun: begun + later
    at = written["at"]
    if isinstance(at, datetime):
        moment = at if at.tzinfo else at.replace(tzinfo=UTC)
        return lambda _: moment
    if isinstance(at, int):
        # YAML reads 06:00 without quotes as a number in base 60.
        at = f"{at // 60:02d}:{at % 60:02d}"
    if "T" in str(at):
        named = instant(str(at))
        return lambda _: named
    hour = time.fromisoformat(str(at))
    return lambda begun: _next(begun, hour)


def _next(begun: datetime, hour: time) -> datetime:
    """The first time that the clock shows the hour, in UTC, from the start on."""
    today = datetime.combine(begun.astimezone(UTC).date(), hour, UTC)
    return today if today >= begun else today + timedelta(days=1)
