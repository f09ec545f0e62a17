"""One fault that is set: which requests it meets, and which of those it spoils."""

import random
from dataclasses import dataclass, field
from datetime import date
from time import monotonic
from typing import Any

from orchestration.sandbox.faults.data.kind import DataKind
from orchestration.sandbox.faults.kinds import DATA_FIELDS, DATA_KINDS, MATCHING, takes
from orchestration.sandbox.faults.service.kind import Extent
from orchestration.sandbox.wire.call import Call


@dataclass(slots=True, kw_only=True)
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
        """The kind of a fault in the data."""
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
        """Count one match, and tell whether this one is spoiled."""
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
        """The fault as JSON, without the fields that were not set."""
        own = {name: getattr(self, name) for name in ("id", "kind", *MATCHING, *DATA_FIELDS)}
        extent = {n: getattr(self.extent, n) for n in takes(self.kind) if n not in DATA_FIELDS}
        counted = {"matched": self.matched, "fired": self.fired}
        every = {**own, **extent, **counted}
        return {name: value for name, value in every.items() if value is not None}
