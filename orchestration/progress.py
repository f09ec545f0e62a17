"""How long-running work reports its progress.

The work reports to `current()`; the command line sets what is shown with `watch`.
"""

from contextvars import ContextVar
from typing import Protocol


class Progress(Protocol):
    """Takes reports about stages, of known or unknown size, and the steps in them."""

    def stage(self, title: str, total: int | None, unit: str = "") -> None:
        """A stage of `total` steps begins (None: unknown); it ends the stage before.

        `unit` is the noun of one step, such as `client-day`.
        """

    def step(self, note: str, count: int = 1) -> None:
        """`count` more steps are done; `note` says which."""

    def note(self, text: str) -> None:
        """Show a text that the person who watches should know."""


class Silent:
    """Shows nothing, for work that nobody watches."""

    def stage(self, title: str, total: int | None, unit: str = "") -> None:
        """Show nothing."""

    def step(self, note: str, count: int = 1) -> None:
        """Show nothing."""

    def note(self, text: str) -> None:
        """Show nothing."""


_watcher: ContextVar[Progress] = ContextVar("progress", default=Silent())  # noqa: B039  stateless


def current() -> Progress:
    """Where this process reports its progress."""
    return _watcher.get()


def watch(progress: Progress) -> None:
    """Report to `progress` from now on."""
    _watcher.set(progress)
