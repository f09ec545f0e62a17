"""A value that may be a little old, because computing it for each request would cost too much."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")


class TimedCache(Generic[T]):
    """Keeps one value for some seconds. While it is computed, all who ask for it wait together."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = asyncio.Lock()
        self._entry: tuple[float, Hashable, T] | None = None

    async def get(self, compute: Callable[[], Awaitable[T]], key: Hashable = None) -> T:
        """The value; computed again when it is too old, or when the key differs from its own.

        An exception of `compute` is not kept.
        """
        async with self._lock:
            if self._entry is not None:
                computed_at, entry_key, value = self._entry
                if key == entry_key and monotonic() - computed_at < self._seconds:
                    return value
            value = await compute()
            self._entry = (monotonic(), key, value)
            return value
