"""Keeps the JSON of rows: writing numbers as text takes most of the time of a page."""

from collections import OrderedDict
from collections.abc import Callable, Hashable

import orjson

MOST_ROWS = 60_000
"""About 1 kB each; the query used longest ago is dropped first."""


class WrittenRows:
    """The JSON of rows, by the query that asked for them and by the row's place in it."""

    def __init__(self, bound: int = MOST_ROWS) -> None:
        self._bound = bound
        self._held = 0
        self._queries: OrderedDict[Hashable, dict[Hashable, orjson.Fragment]] = OrderedDict()

    def of(self, query: Hashable) -> Callable[[Hashable, Callable[[], object]], orjson.Fragment]:
        """A function that returns the row at a key, and writes it the first time."""
        known = self._queries.setdefault(query, {})
        self._queries.move_to_end(query)

        def row(key: Hashable, make: Callable[[], object]) -> orjson.Fragment:
            written = known.get(key)
            if written is None:
                written = known[key] = orjson.Fragment(orjson.dumps(make()))
                self._make_room()
            return written

        return row

    def _make_room(self) -> None:
        self._held += 1
        while self._held > self._bound:
            _, forgotten = self._queries.popitem(last=False)
            self._held -= len(forgotten)
            forgotten.clear()
