"""The windows of a collection that are not asked for yet: claimed in groups, started one by one."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from orchestration.answers.window import Window
from orchestration.collection.claimed_days import ClaimedDays
from orchestration.collection.settling.outcome import WindowTask
from orchestration.progress import Progress

UnderWay = Mapping[str, int]
"""How many windows of each client are asked for at the moment."""


class WaitingWindows:
    """Windows that wait for their turn. Days that others have claimed wait apart.

    `has_to_pause` says whether Meta asked the client's account to wait. `group` is how many windows
    are claimed together: a claim of its own for each would take longer than Meta's answer.
    """

    def __init__(
        self,
        claimed: ClaimedDays,
        has_to_pause: Callable[[str], bool],
        progress: Progress,
        group: int,
    ) -> None:
        self._claimed, self._has_to_pause, self._progress = claimed, has_to_pause, progress
        self._group = group
        self._waiting: list[Window] = []
        self._ready: list[WindowTask] = []
        self.held_by_others: list[Window] = []

    def __bool__(self) -> bool:
        """Whether any window may be asked for now."""
        return bool(self._waiting or self._ready)

    def add(self, windows: Sequence[Window]) -> None:
        """Let windows wait for their turn."""
        self._waiting += windows

    def next_task(self, under_way: UnderWay) -> WindowTask | None:
        """The next window to ask for, claimed, with its batch; None if others have claimed all.

        It is one of an account that need not pause and has the fewest windows under way.
        """
        while self._waiting and all(map(self._task_has_to_pause, self._ready)):
            group = self._next_group(under_way)
            if self._ready and self._has_to_pause(group[0].client_id):
                break
            self._open(group)
        if not self._ready:
            return None
        order = _order([task.window for task in self._ready], under_way, self._has_to_pause)
        return self._ready.pop(order[0])

    def try_held_again(self) -> None:
        """Let the days that others had claimed wait for their turn."""
        self._waiting += self.held_by_others
        self.held_by_others = []

    def _next_group(self, under_way: UnderWay) -> list[Window]:
        order = _order(self._waiting, under_way, self._has_to_pause)
        return [self._waiting[place] for place in order[: self._group]]

    def _open(self, group: Sequence[Window]) -> None:
        taken = {*group}
        self._waiting = [window for window in self._waiting if window not in taken]
        opened = self._claimed.open(group)
        self._ready += opened.tasks
        self.held_by_others += opened.held_by_others
        for client_id, days in Counter(client for client, _ in opened.tried_meanwhile).items():
            self._progress.step(f"{client_id} was collected meanwhile", days)

    def _task_has_to_pause(self, task: WindowTask) -> bool:
        return self._has_to_pause(task.window.client_id)


def _order(
    windows: Sequence[Window], under_way: UnderWay, has_to_pause: Callable[[str], bool]
) -> list[int]:
    """The places of the windows in the order in which they are to be asked for."""
    before = Counter(under_way)
    ranks: list[tuple[bool, int, int]] = []
    pauses: dict[str, bool] = {}
    for place, window in enumerate(windows):
        client_id = window.client_id
        if client_id not in pauses:
            pauses[client_id] = has_to_pause(client_id)
        ranks.append((pauses[client_id], before[client_id], place))
        before[client_id] += 1
    return [place for *_, place in sorted(ranks)]
