"""The dial: the faults that are set, and which of them a request runs into."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import count
from threading import Lock
from typing import Any

from orchestration.sandbox.faults.fault import Fault
from orchestration.sandbox.faults.fields import checked
from orchestration.sandbox.faults.kinds import DATA_KINDS, SERVICE_KINDS, kinds
from orchestration.sandbox.faults.service.kind import Extent
from orchestration.sandbox.faults.service.reports import REPORT_KINDS, ReportKind, Stage
from orchestration.sandbox.wire.call import Call
from orchestration.sandbox.wire.ranges import Bucket
from orchestration.sandbox.world.model import Alter, Record


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
        """Take one fault off, or all of them; returns how many were removed."""
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
            return self._first_to_fire(
                call,
                (
                    fault
                    for fault in self._met(call, SERVICE_KINDS)
                    if SERVICE_KINDS[fault.kind].concerns(call, fault.extent)
                ),
            )

    def report(self, call: Call, stage: Stage) -> ReportKind | None:
        """The fault of a report that fires at this stage, if any."""
        with self._lock:
            fault = self._first_to_fire(
                call,
                (
                    fault
                    for fault in self._met(call, REPORT_KINDS)
                    if REPORT_KINDS[fault.kind].stage == stage
                ),
            )
        return REPORT_KINDS[fault.kind] if fault else None

    def limits(self, call: Call, kind: str) -> Extent | None:
        """The extent of a kind of fault for this call, without counting it; `None` when not set."""
        with self._lock:
            return next((fault.extent for fault in self._met(call, (kind,))), None)

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
        """The settings of ordinary life that change an account's numbers."""
        with self._lock:
            return [
                fault
                for fault in self._faults.values()
                if fault.kind in DATA_KINDS
                and fault.data.is_life
                and fault.account in (None, account_id)
                and not fault.is_over
            ]

    def _met(self, call: Call, among: Collection[str]) -> Iterator[Fault]:
        """The faults of some kinds that are meant for the call."""
        return (
            fault
            for fault in self._faults.values()
            if fault.kind in among and fault.meets(call, _level(call))
        )

    def _first_to_fire(self, call: Call, faults: Iterable[Fault]) -> Fault | None:
        fired = next((fault for fault in faults if fault.fires()), None)
        if fired is not None:
            call.fired.append(fired.kind)
        return fired


def alteration(faults: Iterable[Fault], day: date, today: date) -> Alter | None:
    """What the faults do to a campaign's record of a day; `None` when they do not change it."""
    changes = [(fault.data.alter, fault.extent) for fault in faults if fault.data.alter]
    if not changes:
        return None

    def alter(record: Record) -> Record | None:
        altered: Record | None = record
        for change, extent in changes:
            if altered is not None:
                altered = change(altered, day, (today - day).days, extent)
        return altered

    return alter


def _level(call: Call) -> str:
    return call.level or call.params.get("level") or "account"
