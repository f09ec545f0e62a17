"""The dial of faults: which ones are set, which requests they match, how often they still fire."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import count
from threading import Lock
from typing import Any

from orchestration.sandbox.call import Call
from orchestration.sandbox.data_faults import DATA_KINDS, LEVELS, DataKind
from orchestration.sandbox.ranges import Bucket
from orchestration.sandbox.transport_faults import TRANSPORT_KINDS, Extent

_TRANSPORT_ONLY: dict[str, tuple[str, ...]] = {"slow": ("seconds",), "rate_limit": ("minutes",)}
_MATCHING = ("account", "path", "level", "times", "after")


class UnusableFaultError(ValueError):
    """A fault that cannot be set; the text says why."""


@dataclass(slots=True)
class Fault:
    """One fault on the dial; `matched` counts the requests it met, `fired` those it spoiled.

    The first `after` matches are spared, then `times` fire (all, when it is `None`). `since` and
    `until` are days, both included, and belong to faults in the data.
    """

    id: str
    kind: str
    account: str | None = None
    path: str | None = None
    level: str | None = None
    since: date | None = None
    until: date | None = None
    times: int | None = None
    after: int = 0
    seconds: float = 1.0
    minutes: int = 1
    matched: int = field(default=0)
    fired: int = field(default=0)

    @property
    def data(self) -> DataKind:
        """What a fault in the data does."""
        return DATA_KINDS[self.kind]

    @property
    def extent(self) -> Extent:
        """How bad a fault of the service is."""
        return Extent(self.seconds, self.minutes)

    def covers(self, start: date, stop: date) -> bool:
        """Whether any day from `start` to `stop` is one of the fault's."""
        return not (self.since and stop < self.since) and not (self.until and start > self.until)

    def meets(self, call: Call, level: str) -> bool:
        """Whether the request is one of those the fault is meant for."""
        path = "/" + "/".join(call.nodes)
        return (
            (self.account is None or self.account == call.account_id)
            and (self.path is None or self.path in path)
            and (self.level is None or (call.edge == "insights" and self.level == level))
        )

    def fires(self) -> bool:
        """Count one match and say whether this one is spoiled."""
        self.matched += 1
        if self.matched <= self.after or (self.times is not None and self.fired >= self.times):
            return False
        self.fired += 1
        return True

    def shown(self) -> dict[str, Any]:
        """The fault as JSON shows it, without what was left open."""
        return {name: value for name, value in asdict(self).items() if value is not None}


class Dial:
    """All faults that are set; safe to use from several threads."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}
        self._numbers = count(1)
        self._lock = Lock()

    def add(self, body: Mapping[str, Any]) -> Fault:
        """Set a fault.

        Raises:
            UnusableFaultError: the kind, a field or a value is unknown.
        """
        values = _checked(body)
        with self._lock:
            fault = Fault(id=str(next(self._numbers)), **values)
            self._faults[fault.id] = fault
        return fault

    def remove(self, fault_id: str | None = None) -> int:
        """Take one fault off, or all; the number of those that were set."""
        with self._lock:
            gone = [fault_id] if fault_id is not None else list(self._faults)
            return sum(self._faults.pop(name, None) is not None for name in gone)

    def shown(self) -> dict[str, Any]:
        """The faults that are set, and the kinds there are."""
        with self._lock:
            return {"faults": [fault.shown() for fault in self._faults.values()], "kinds": kinds()}

    def transport(self, call: Call) -> Fault | None:
        """The fault of the service that this request runs into, if any."""
        level = call.params.get("level") or "account"
        with self._lock:
            for fault in self._faults.values():
                if fault.kind in TRANSPORT_KINDS and fault.meets(call, level) and fault.fires():
                    return fault
        return None

    def data(self, call: Call, level: str, buckets: Sequence[Bucket]) -> list[Fault]:
        """The faults in the data of this insights request."""
        with self._lock:
            return [
                fault
                for fault in self._faults.values()
                if fault.kind in DATA_KINDS
                and level in fault.data.levels
                and fault.meets(call, level)
                and any(fault.covers(*bucket) for bucket in buckets)
                and fault.fires()
            ]


def kinds() -> dict[str, str]:
    """Every kind with its description."""
    return {
        **{name: kind.description for name, kind in TRANSPORT_KINDS.items()},
        **{name: kind.description for name, kind in DATA_KINDS.items()},
    }


def _checked(body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a fault, each of its own type."""
    kind = body.get("kind")
    if not isinstance(kind, str) or kind not in kinds():
        raise UnusableFaultError(f"kind {kind!r} is unknown")
    own = ("since", "until") if kind in DATA_KINDS else _TRANSPORT_ONLY.get(kind, ())
    _refuse_others(kind, body, ("kind", *_MATCHING, *own))
    values = {name: _converted(name, value) for name, value in body.items() if value is not None}
    if kind in DATA_KINDS and values.get("level", DATA_KINDS[kind].levels[0]) not in (
        DATA_KINDS[kind].levels
    ):
        raise UnusableFaultError(f"{kind} works at level {DATA_KINDS[kind].levels[0]} only")
    return values


def _refuse_others(kind: str, body: Mapping[str, Any], allowed: Iterable[str]) -> None:
    unknown = sorted(set(body) - set(allowed))
    if unknown:
        raise UnusableFaultError(
            f"{kind} has no field {', '.join(unknown)}; it takes {', '.join(allowed)}"
        )


def _converted(name: str, value: Any) -> Any:
    try:
        if name in ("since", "until"):
            return date.fromisoformat(value)
        if name in ("times", "after", "minutes", "seconds"):
            return _count(name, value)
    except (TypeError, ValueError):
        raise UnusableFaultError(f"{name} cannot be {value!r}") from None
    if not isinstance(value, str) or (name == "level" and value not in LEVELS):
        raise UnusableFaultError(f"{name} cannot be {value!r}")
    return value.removeprefix("act_") if name == "account" else value


def _count(name: str, value: Any) -> int | float:
    """A number from 0 on; only seconds may have a fraction."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, float) and name == "seconds" and 0 <= value < float("inf"):
        return value
    raise ValueError(name)
