"""A slice: the rows of one client, level and day, with a hash that changes when they change.

Rows become JSON text and a hash as soon as they come, so that a batch needs little memory.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from itertools import count
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from orchestration.answers.violation import Oddity

Row = Mapping[str, Any]

ENTITY_FIELD = {
    "account": "account_id",
    "campaign": "campaign_id",
    "adset": "adset_id",
    "ad": "ad_id",
}
"""The field that names the object of a row, by level."""
OBJECT_IN_WORDS = {"account": "account", "campaign": "campaign", "adset": "ad set", "ad": "ad"}
"""What one object of a level is called."""
LEVELS_IN_WORDS = {
    "account": "the account",
    "campaign": "campaigns",
    "adset": "ad sets",
    "ad": "ads",
}
"""What the objects of a level are called."""
STAGED = (
    "account_id",
    "account_currency",
    "campaign_id",
    "campaign_name",
    "adset_id",
    "adset_name",
    "ad_id",
    "ad_name",
    "spend",
    "impressions",
    "reach",
)
COUNTS = ("clicks", "inline_link_clicks")
ARRAYS = ("actions", "action_values")
"""Fields that go into staging; counts that are absent are 0 there."""
ACTION_TYPE = itemgetter("action_type")
HASH_BYTES = 16

ArraysJson = tuple[bytes, ...]
"""The JSON of a row's `ARRAYS`, with the results of its other fields in them."""


class Document(NamedTuple):
    """A row's number and its JSON in UTF-8; its arrays where other fields added results to them."""

    number: int
    row: bytes
    arrays: ArraysJson | None


@dataclass
class Slice:
    """The number of rows of one client-day and level, and the sum of their hashes."""

    row_count: int = 0
    hashes: int = 0

    @property
    def content_hash(self) -> str:
        """Equal for equal contents, in whatever order the rows and their actions came."""
        return f"{self.hashes % (1 << 8 * HASH_BYTES):0{2 * HASH_BYTES}x}"


class Contents:
    """Rows of one level on their way into the warehouse: their JSON, and `slices` by day.

    Rows of days that were not asked for are in no slice. `new_oddities` are what the gate warns of
    for the first and only time: by rule and subject the first day that has it.
    """

    def __init__(self, days: Iterable[date]) -> None:
        self.row_count = 0
        self.new_oddities: Mapping[Oddity, date] = {}
        self.slices = {day: Slice() for day in days}
        self._by_text = {day.isoformat(): day for day in self.slices}
        # One text a page with a line for each row: separate texts take four times the memory, and
        # memory limits how many answers can wait to be judged together.
        self._pages: list[tuple[bytes, list[date | None], dict[int, ArraysJson]]] = []

    def add(self, rows: Sequence[Row], completed: Sequence[Row]) -> None:
        """Add rows as they came; `completed` are the same with all results in their `ARRAYS`."""
        if not rows:
            return
        days = [self._by_text.get(str(row.get("date_start"))) for row in rows]
        self.row_count += len(rows)
        arrays = {
            place: tuple(orjson.dumps(complete.get(name)) for name in ARRAYS)
            for place, (row, complete) in enumerate(zip(rows, completed, strict=True))
            if complete is not row
        }
        self._pages.append((b"\n".join(map(orjson.dumps, rows)), days, arrays))
        for row, day in zip(completed, days, strict=True):
            if day is not None:
                self.slices[day].row_count += 1
                self.slices[day].hashes += _hash(row)

    def documents(self, without: Collection[date]) -> Iterator[Document]:
        """The rows as they came, except those of some days."""
        numbers = count()
        for page, days, arrays in self._pages:
            for place, (day, row) in enumerate(zip(days, page.split(b"\n"), strict=True)):
                number = next(numbers)
                if day not in without:
                    yield Document(number, row, arrays.get(place))


@dataclass(frozen=True, kw_only=True)
class Batch:
    """An answer in the form in which the warehouse stores it.

    `read_for` is the account's latest due day. `contents` are by level. `figures` are the sums of
    each day by the names of `ops.restatements`. `mended` is the level that completed a day.
    `beside` are level and row of what is stored as evidence only. `readings` are the sums, with
    every family, of days on which something else stands.
    """

    client_id: str
    batch_id: int
    read_for: date
    contents: Mapping[str, Contents]
    figures: Mapping[date, Mapping[str, Decimal]]
    mended: Mapping[date, str] = field(default_factory=dict)
    beside: Sequence[tuple[str, Row]] = ()
    readings: Mapping[date, Mapping[str, float]] = field(default_factory=dict)

    @property
    def row_count(self) -> int:
        """Rows of all levels."""
        return sum(rows.row_count for rows in self.contents.values())

    def rows_besides(self, days: Collection[date]) -> int:
        """How many rows, of all levels, are of no day among these."""
        of_days = (rows.slices[day].row_count for rows in self.contents.values() for day in days)
        return self.row_count - sum(of_days)


def _hash(row: Row) -> int:
    get = row.get
    staged = (
        *map(get, STAGED),
        *[get(name) or "0" for name in COUNTS],
        *[_ordered(get(name)) for name in ARRAYS],
    )
    document = orjson.dumps(staged, option=orjson.OPT_SORT_KEYS)
    return int.from_bytes(blake2b(document, digest_size=HASH_BYTES).digest(), "big")


def _ordered(entries: Any) -> Any:
    """The entries in the order of their types; what the gate will refuse stays as it is."""
    try:
        return sorted(entries or (), key=ACTION_TYPE)
    except (TypeError, KeyError):
        return entries
