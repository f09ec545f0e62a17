"""How long work reports where it stands.

The work asks for `current()` and reports; the command line sets what is shown for the process.
"""

from contextvars import ContextVar
from typing import Protocol


class Progress(Protocol):
    """Stages of known size, one step at a time."""

    def stage(self, title: str, total: int | None) -> None:
        """A stage of `total` steps (None: unknown) begins; it ends the one before."""

    def step(self, note: str, count: int = 1) -> None:
        """So many steps are done; `note` says which."""

    def note(self, text: str) -> None:
        """Something that the person who watches should know."""


class Silent:
    """Nobody watches."""

    def stage(self, title: str, total: int | None) -> None:
        """Nothing is shown."""

    def step(self, note: str, count: int = 1) -> None:
        """Nothing is shown."""

    def note(self, text: str) -> None:
        """Nothing is shown."""


_watcher: ContextVar[Progress] = ContextVar("progress", default=Silent())  # noqa: B039  stateless


def current() -> Progress:
    """Who is watching."""
    return _watcher.get()


def watch(progress: Progress) -> None:
    """Report to this one from now on."""
    _watcher.set(progress)
