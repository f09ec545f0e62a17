"""What one kind of wrong data can do to the days that a fault covers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from orchestration.sandbox.faults.service.kind import Extent
from orchestration.sandbox.world.model import LEVELS, Account, AdObject, Record

PARTS = ("campaign", "adset", "ad")
"""The levels below the account."""

Row = dict[str, Any]
AlterRecord = Callable[[Record, date, int, Extent], Record | None]
"""Changes a campaign's record of a day that is so many days old; `None` when nothing is left."""


@dataclass(frozen=True, kw_only=True)
class DataKind:
    """One kind of wrong data; without more than a description it changes nothing.

    `levels` are the levels of rows that it spoils, `takes` the fields of `Extent` that it reads.
    `alter` changes what campaigns did before any level is made of it, so that all levels that are
    spoiled agree; `is_life` says that the altered numbers are true ones. `records` changes the
    records of one covered day, `keeps` says which objects an account has rows of at all (as of its
    day), `spoil` changes a finished row. `copies` is how often each row comes, and
    `repeats_first_day` serves the numbers of the first covered day for all of them. `check` raises
    `ValueError` when the fields of a fault contradict each other.
    """

    description: str
    levels: tuple[str, ...] = LEVELS
    takes: tuple[str, ...] = ()
    is_life: bool = False
    copies: int = 1
    repeats_first_day: bool = False
    alter: AlterRecord | None = None
    records: Callable[[Sequence[Record]], Sequence[Record]] = lambda records: records
    keeps: Callable[[AdObject, date], bool] = lambda _owner, _today: True
    spoil: Callable[[Row, Account], None] = lambda _row, _account: None
    check: Callable[[Extent], None] = lambda _extent: None

    def levels_at(self, extent: Extent) -> Sequence[str]:
        """The levels of rows that a fault of the kind spoils."""
        return extent.levels.split(",") if extent.levels else self.levels
