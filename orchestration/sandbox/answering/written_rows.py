"""Rows as they were written once: most of a page's time goes into spelling out its numbers."""

from collections import OrderedDict
from collections.abc import Callable, Hashable

import orjson

MOST_ROWS = 60_000
"""About 1 kB each; what was asked for longest ago is forgotten first."""


class WrittenRows:
    """The JSON of rows, by the query that asked for them and by the row's place in it."""

    def __init__(self, bound: int = MOST_ROWS) -> None:
        self._bound = bound
        self._held = 0
        self._queries: OrderedDict[Hashable, dict[Hashable, orjson.Fragment]] = OrderedDict()

    def of(self, query: Hashable) -> Callable[[Hashable, Callable[[], object]], orjson.Fragment]:
        """A function that gives the row at a key, and writes it if it is not there."""
        known = self._queries.setdefault(query, {})
        self._queries.move_to_end(query)

        def row(key: Hashable, made: Callable[[], object]) -> orjson.Fragment:
            found = known.get(key)
            if found is None:
                found = known[key] = orjson.Fragment(orjson.dumps(made()))
                self._make_room()
            return found

        return row

    def _make_room(self) -> None:
        self._held += 1
        while self._held > self._bound:
            _, forgotten = self._queries.popitem(last=False)
            self._held -= len(forgotten)
            forgotten.clear()
