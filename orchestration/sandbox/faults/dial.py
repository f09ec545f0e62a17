"""The dial of faults: which ones are set, which requests they match, how often they still fire."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from threading import Lock
from time import monotonic
from typing import Any

from orchestration.sandbox.faults.data import DATA_KINDS, DataKind
from orchestration.sandbox.faults.data_kind import Alteration
from orchestration.sandbox.faults.fields import checked
from orchestration.sandbox.faults.kinds import DATA_FIELDS, MATCHING, SERVICE_KINDS, kinds, takes
from orchestration.sandbox.faults.reports import REPORT_KINDS, ReportKind, Stage
from orchestration.sandbox.faults.service_kinds import Extent
from orchestration.sandbox.wire.call import Call
from orchestration.sandbox.wire.ranges import Bucket
from orchestration.sandbox.world.model import Alter, Record


@dataclass(slots=True)
class Fault:
    """One fault on the dial; `matched` counts the requests it met, `fired` those it spoiled.

    The first `after` matches are spared, then `times` fire (all, when it is `None`), each with the
    `probability`, which `seed` makes repeatable; `nth` is one match alone. After `for_seconds` it
    is over. `since` and `until` are days, both included, and belong to faults in the data.
    """

    id: str
    kind: str
    account: str | None = None
    path: str | None = None
    level: str | None = None
    since: date | None = None
    until: date | None = None
    nth: int | None = None
    after: int = 0
    times: int | None = None
    probability: float | None = None
    seed: int = 0
    for_seconds: float | None = None
    extent: Extent = field(default_factory=Extent)
    matched: int = 0
    fired: int = 0
    began: float = field(default_factory=monotonic)
    chance: random.Random = field(default_factory=random.Random)

    @property
    def data(self) -> DataKind:
        """What a fault in the data does."""
        return DATA_KINDS[self.kind]

    def covers(self, start: date, stop: date) -> bool:
        """Whether any day from `start` to `stop` is one of the fault's."""
        return not (self.since and stop < self.since) and not (self.until and start > self.until)

    def meets(self, call: Call, level: str) -> bool:
        """Whether the request is one of those the fault is meant for."""
        return (
            (self.account is None or self.account == call.account_id)
            and (self.path is None or self.path in call.path)
            and (self.level is None or (call.edge == "insights" and self.level == level))
        )

    @property
    def is_over(self) -> bool:
        """Whether its time is over."""
        return self.for_seconds is not None and monotonic() - self.began > self.for_seconds

    def fires(self) -> bool:
        """Count one match and say whether this one is spoiled."""
        self.matched += 1
        if (
            self.is_over
            or self.matched <= self.after
            or (self.nth is not None and self.matched != self.nth)
            or (self.times is not None and self.fired >= self.times)
            or (self.probability is not None and self.chance.random() >= self.probability)
        ):
            return False
        self.fired += 1
        return True

    def shown(self) -> dict[str, Any]:
        """The fault as JSON shows it, without what was left open."""
        own = {name: getattr(self, name) for name in ("id", "kind", *MATCHING, *DATA_FIELDS)}
        taken = {n: getattr(self.extent, n) for n in takes(self.kind) if n not in DATA_FIELDS}
        counted = {"matched": self.matched, "fired": self.fired}
        every = {**own, **taken, **counted}
        return {name: value for name, value in every.items() if value is not None}


class Dial:
    """All faults that are set; safe to use from several threads."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}
        self._numbers = count(1)
        self._lock = Lock()

    def add(self, body: Mapping[str, Any]) -> Fault:
        """Set a fault; one with the `id` of an earlier one takes its place.

        Raises:
            UnusableFaultError: the kind, a field or a value is unknown.
        """
        values = checked(body)
        with self._lock:
            name = values.pop("id", None) or str(next(self._numbers))
            fault = Fault(id=name, **values)
            fault.chance.seed(fault.seed)
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

    def service(self, call: Call) -> Fault | None:
        """The fault of the service that this request runs into, if any."""
        with self._lock:
            return self._first(
                call,
                (
                    fault
                    for fault in self._faults.values()
                    if fault.kind in SERVICE_KINDS
                    and fault.meets(call, _level(call))
                    and SERVICE_KINDS[fault.kind].concerns(call, fault.extent)
                ),
            )

    def report(self, call: Call, stage: Stage) -> ReportKind | None:
        """The fault of a report run that fires at this stage, if any."""
        with self._lock:
            fault = self._first(
                call,
                (
                    fault
                    for fault in self._faults.values()
                    if fault.kind in REPORT_KINDS
                    and REPORT_KINDS[fault.kind].stage == stage
                    and fault.meets(call, _level(call))
                ),
            )
        return REPORT_KINDS[fault.kind] if fault else None

    def limits(self, call: Call, kind: str) -> Extent | None:
        """How much a kind allows to this call, without counting the call; `None` when not set."""
        with self._lock:
            for fault in self._faults.values():
                if fault.kind == kind and fault.meets(call, _level(call)):
                    return fault.extent
        return None

    def data(self, call: Call, level: str, buckets: Sequence[Bucket]) -> list[Fault]:
        """The faults in the data of this insights request."""
        with self._lock:
            fired = [
                fault
                for fault in self._faults.values()
                if fault.kind in DATA_KINDS
                and level in fault.data.levels_at(fault.extent)
                and fault.meets(call, level)
                and any(fault.covers(*bucket) for bucket in buckets)
                and fault.fires()
            ]
        call.fired.extend(fault.kind for fault in fired)
        return fired

    def life(self, account_id: str) -> list[Fault]:
        """What ordinary life is set to do to an account's numbers."""
        with self._lock:
            return [
                fault
                for fault in self._faults.values()
                if fault.kind in DATA_KINDS
                and fault.data.is_life
                and fault.account in (None, account_id)
                and not fault.is_over
            ]

    def _first(self, call: Call, faults: Iterable[Fault]) -> Fault | None:
        found = next((fault for fault in faults if fault.fires()), None)
        if found is not None:
            call.fired.append(found.kind)
        return found


def alteration(faults: Iterable[Fault], day: date, today: date) -> Alter | None:
    """What the faults make of a campaign's record of a day; `None` when they leave it alone."""
    kinds = [(fault.data, fault.extent) for fault in faults]
    found = [(kind, extent) for kind, extent in kinds if isinstance(kind, Alteration)]
    if not found:
        return None

    def alter(record: Record) -> Record | None:
        left: Record | None = record
        for kind, extent in found:
            if left is not None:
                left = kind.alter(left, day, (today - day).days, extent)
        return left

    return alter


def _level(call: Call) -> str:
    return call.level or call.params.get("level") or "account"
