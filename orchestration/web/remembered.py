"""Answers that may be a little old, because asking anew for each request would cost too much."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """One answer, for so many seconds. Who asks meanwhile waits for the one who is asking."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._asking = asyncio.Lock()
        self._answer: tuple[float, Hashable, T] | None = None

    async def get(self, ask: Callable[[], Awaitable[T]], key: Hashable = None) -> T:
        """The answer, asked for anew also when the key is another one than it was.

        What `ask` raises is not remembered.
        """
        async with self._asking:
            if self._answer is not None:
                asked_at, known_key, answer = self._answer
                if key == known_key and monotonic() - asked_at < self._seconds:
                    return answer
            answer = await ask()
            self._answer = (monotonic(), key, answer)
            return answer
