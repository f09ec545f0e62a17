"""Answers that may be a little old, because asking anew for each request would cost too much."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """One answer, for so many seconds. Who asks meanwhile waits for the one who is asking."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._asking = asyncio.Lock()
        self._answer: tuple[float, T] | None = None

    async def get(self, ask: Callable[[], Awaitable[T]]) -> T:
        """The answer; what `ask` raises is not remembered."""
        async with self._asking:
            if self._answer is None or monotonic() - self._answer[0] >= self._seconds:
                self._answer = (monotonic(), await ask())
            return self._answer[1]
