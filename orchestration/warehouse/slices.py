"""A slice: the rows of one client, level and day, with the hash that tells a change.

Rows become JSON text and a hash as they come, so that a batch needs little memory while it waits.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from operator import itemgetter
from typing import Any

import orjson

Row = Mapping[str, Any]

ENTITY_FIELD = {
    "account": "account_id",
    "campaign": "campaign_id",
    "adset": "adset_id",
    "ad": "ad_id",
}
"""The field that names the object of a row, by level."""
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

    Rows of days that were not asked for are in no slice.
    """

    def __init__(self, days: Iterable[date]) -> None:
        self.row_count = 0
        self.slices = {day: Slice() for day in days}
        self._by_text = {day.isoformat(): part for day, part in self.slices.items()}
        # A line a row. As texts of their own they take four times the memory, which is what limits
        # how many answers can wait to be judged together.
        self._pages: list[bytes] = []

    @property
    def documents(self) -> Iterator[bytes]:
        """Each row as it came, as JSON in UTF-8."""
        for page in self._pages:
            yield from page.split(b"\n")

    def add(self, rows: Sequence[Row]) -> None:
        """So many rows more."""
        if not rows:
            return
        self.row_count += len(rows)
        self._pages.append(b"\n".join(map(orjson.dumps, rows)))
        for row in rows:
            part = self._by_text.get(str(row.get("date_start")))
            if part is not None:
                part.row_count += 1
                part.hashes += _hash(row)


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
