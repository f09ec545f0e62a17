"""Answers on their way to being settled: gathered into groups, settled here or by processes."""

from collections.abc import Iterator
from concurrent.futures import Future
from time import monotonic

from orchestration.collection.settling.outcome import Received, Settlement
from orchestration.collection.settling.settler import Settler
from orchestration.collection.settling.workers import Workers

GROUP_WINDOWS = 24
"""Answers settled together: enough to share the suites' fixed cost of a quarter of a second."""
MOST_GROUP_WINDOWS = 32
"""... and so many where that still gives each process several groups."""
GROUPS_OF_PROCESS = 4
GROUP_ROWS = 40_000
"""A group is settled as soon as it has this many rows, which bounds the memory that it takes ..."""
GROUP_SECONDS = 15.0
"""... or when the last group was this long ago: waiting answers are lost if the process dies."""


class Settling:
    """The answers that were received and are not settled yet.

    Memory is bounded: each process holds one group at a time, and while one group more waits here,
    `has_room` is false and nothing new is asked for.
    """

    def __init__(self, settler: Settler, workers: Workers, windows: int) -> None:
        self._settler, self._workers = settler, workers
        self._group_windows = _group_windows(windows, workers.most)
        self._received: list[Received] = []
        self._finished: list[Settlement] = []
        self._settled_at = monotonic()

    @property
    def is_busy(self) -> bool:
        """Whether any answer is not settled yet."""
        return bool(self._received or self._workers.under_way)

    @property
    def under_way(self) -> list["Future[Settlement]"]:
        """Groups that processes are settling."""
        return self._workers.under_way

    @property
    def has_room(self) -> bool:
        """Whether more may be asked for; not while a whole group waits for a process."""
        return not (self._workers.exist and self._is_full())

    def add(self, received: Received) -> None:
        """Take in an answer."""
        self._received.append(received)

    def settle(self, *, more_come: bool) -> Iterator[Settlement]:
        """Settle what is enough for a group, or everything if no more answers come.

        Yields what became of each group that is finished.

        Raises:
            MetaAdsError, psycopg.Error: an error that concerns no single answer. `end` then tells
                what became of the groups that were not yielded.
        """
        done = [future for future in self.under_way if future.done()]
        self._finished += [self._workers.finish(future) for future in done]
        for settlement in self._finished:
            if settlement.error is not None:
                raise settlement.error
        while self._finished:
            settlement = self._finished.pop(0)
            self._received += settlement.untouched
            yield settlement
        while self._received and (self._is_enough() or not more_come):
            group = self._next_group()
            self._settled_at = monotonic()
            if not self._workers.exist:
                yield self._settle_here(group)
            elif not self._workers.take(group):
                self._received = [*group, *self._received]
                if self._workers.exist:
                    return

    def close(self) -> None:
        """End the processes; what they have not committed is undone."""
        self._workers.close()

    def end(self) -> list[Settlement]:
        """End the processes; returns what became of the groups that were not yielded."""
        self.close()
        return [*self._finished, *self._workers.rest()]

    def _settle_here(self, group: list[Received]) -> Settlement:
        settlement = Settlement()
        results = self._settler.settle(group)
        try:
            for (task, _), result in zip(group, results, strict=True):
                settlement.add(task, result)
        except Exception:
            self._finished.append(settlement)
            raise
        return settlement

    def _next_group(self) -> list[Received]:
        """The answers to settle together; one that a process may have ended from is alone."""
        size, rows = 0, 0
        for task, answer in self._received[: self._group_windows]:
            if size and (task.was_lost or rows >= GROUP_ROWS):
                break
            size, rows = size + 1, rows + answer.row_count
            if task.was_lost:
                break
        group, self._received = self._received[:size], self._received[size:]
        return group

    def _is_enough(self) -> bool:
        is_late = bool(self._received) and monotonic() - self._settled_at > GROUP_SECONDS
        return is_late or self._is_full()

    def _is_full(self) -> bool:
        rows = sum(answer.row_count for _, answer in self._received)
        return len(self._received) >= self._group_windows or rows >= GROUP_ROWS


def processes_for(windows: int, most: int) -> int:
    """How many processes settle the answers to so many windows; 0: the collection itself does.

    A process pays where it gets a group of its own; a single one would only be waited for.
    """
    processes = min(most, -(-windows // GROUP_WINDOWS))
    return processes if processes > 1 else 0


def _group_windows(windows: int, processes: int) -> int:
    if not processes:
        return GROUP_WINDOWS
    share = windows // (GROUPS_OF_PROCESS * processes)
    return min(MOST_GROUP_WINDOWS, max(GROUP_WINDOWS // 2, share))
