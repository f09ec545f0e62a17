"""What a fault in the numbers can do: the base that each kind of wrong data builds on.

A kind says at which levels it works and does one of six things, always only to the days the fault
covers: alter what campaigns did, read another day, change the records before they are added up,
leave some out, repeat rows, or spoil a row.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

from orchestration.sandbox.faults.service_kinds import Extent
from orchestration.sandbox.world.model import LEVELS, Account, AdObject, Record

PARTS = ("campaign", "adset", "ad")
"""The levels below the account."""


class DataKind:
    """One kind of wrong data; the base class changes nothing.

    `takes` are the fields of `Extent` that it looks at; `is_life` says that what it does is true.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    levels: ClassVar[tuple[str, ...]] = LEVELS
    copies: ClassVar[int] = 1
    takes: ClassVar[tuple[str, ...]] = ()
    is_life: ClassVar[bool] = False

    def levels_at(self, extent: Extent) -> Sequence[str]:
        """The levels of rows that a fault of the kind spoils."""
        return extent.levels.split(",") if extent.levels else self.levels

    def check(self, extent: Extent) -> None:
        """Raise `ValueError` when the fields of a fault do not go together."""

    def day(self, day: date, first: date) -> date:
        """The day whose numbers are served for a covered one; `first` is the first of those."""
        del first
        return day

    def records(self, records: Sequence[Record]) -> Sequence[Record]:
        """The records of one covered day, changed."""
        return records

    def keeps(self, owner: AdObject, today: date) -> bool:
        """Whether an account serves the records of an object at all on its day `today`."""
        del owner, today
        return True

    def spoil(self, row: dict[str, Any], account: Account) -> None:
        """Change a rendered row that holds a covered day."""


class Alteration(DataKind):
    """Other numbers of campaigns, of which all levels are made: those it works at agree."""

    def alter(self, record: Record, day: date, age: int, extent: Extent) -> Record | None:
        """A campaign's record of a day of that age, changed; `None` when it has none."""
        del day, age, extent
        return record
