"""A slice: the rows of one client, level and day, with the hash that tells a change.

Rows become JSON text and a hash as they come, so that a batch needs little memory while it waits.
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

Row = Mapping[str, Any]

ENTITY_FIELD = {
    "account": "account_id",
    "campaign": "campaign_id",
    "adset": "adset_id",
    "ad": "ad_id",
}
"""The field that names the object of a row, by level."""
LEVELS_IN_WORDS = {
    "account": "the account",
    "campaign": "campaigns",
    "adset": "ad sets",
    "ad": "ads",
}
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
"""Fields that go into staging. Counts that are absent are none there."""
ACTION_TYPE = itemgetter("action_type")
HASH_BYTES = 16


ArraysJson = tuple[bytes, ...]
"""The JSON of a row's `ARRAYS` with the results of its other fields."""


class Document(NamedTuple):
    """A row's number and JSON, in UTF-8, and its arrays where other fields add to them."""

    number: int
    row: bytes
    arrays: ArraysJson | None


@dataclass
class Slice:
    """How many rows there are of one client-day and level, and the sum of their hashes."""

    row_count: int = 0
    hashes: int = 0

    @property
    def content_hash(self) -> str:
        """Equal for equal contents, in whatever order the rows and their actions came."""
        return f"{self.hashes % (1 << 8 * HASH_BYTES):0{2 * HASH_BYTES}x}"


class Contents:
    """Rows of one level on their way into the warehouse: their JSON, and `slices` by day.

    Rows of days that were not asked for are in no slice. `oddities` are what the gate told of them
    and will not tell again: by rule and subject the first day.
    """

    def __init__(self, days: Iterable[date]) -> None:
        self.row_count = 0
        self.oddities: Mapping[tuple[str, str], date] = {}
        self.slices = {day: Slice() for day in days}
        self._by_text = {day.isoformat(): day for day in self.slices}
        # A line a row. As texts of their own they take four times the memory, which is what limits
        # how many answers can wait to be judged together.
        self._pages: list[tuple[bytes, list[date | None], dict[int, ArraysJson]]] = []

    def add(self, rows: Sequence[Row], folded: Sequence[Row]) -> None:
        """So many rows more: as they came, and each with all its results in its `ARRAYS`."""
        if not rows:
            return
        days = [self._by_text.get(str(row.get("date_start"))) for row in rows]
        self.row_count += len(rows)
        arrays = {
            place: tuple(orjson.dumps(whole.get(name)) for name in ARRAYS)
            for place, (row, whole) in enumerate(zip(rows, folded, strict=True))
            if whole is not row
        }
        self._pages.append((b"\n".join(map(orjson.dumps, rows)), days, arrays))
        for row, day in zip(folded, days, strict=True):
            if day is not None:
                self.slices[day].row_count += 1
                self.slices[day].hashes += _hash(row)

    def documents(self, without: Collection[date]) -> Iterator[Document]:
        """The rows as they came, but for those of some days."""
        numbers = count()
        for page, days, arrays in self._pages:
            for place, (day, row) in enumerate(zip(days, page.split(b"\n"), strict=True)):
                number = next(numbers)
                if day not in without:
                    yield Document(number, row, arrays.get(place))


@dataclass(frozen=True)
class Batch:
    """An answer as the warehouse takes it in.

    `read_for` is the account's latest due day, `contents` stand by level, `figures` are the days'
    sums by the names of `ops.restatements`. `mended` is the level that completed a day, `beside`
    are level and row of what only proves something. `readings` are the sums, of every family, of
    days on which something else stands.
    """

    client_id: str
    batch_id: int
    read_for: date
    contents: Mapping[str, Contents]
    figures: Mapping[date, Mapping[str, Decimal]]
    mended: Mapping[date, str] = field(default_factory=dict)
    beside: Sequence[tuple[str, Row]] = ()
    readings: Mapping[date, Mapping[str, float]] = field(default_factory=dict)


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
    """The entries by their type; what the gate will refuse stays as it is."""
    try:
        return sorted(entries or (), key=ACTION_TYPE)
    except (TypeError, KeyError):
        return entries
