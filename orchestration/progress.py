"""How long work reports where it stands; the caller decides whether a person watches."""

from typing import Protocol


class Progress(Protocol):
    """Stages of known size, one step at a time."""

    def stage(self, title: str, total: int) -> None:
        """A stage of `total` steps begins; it ends the one before."""

    def step(self, note: str) -> None:
        """One step is done; `note` says which."""


class Silent:
    """Nobody watches."""

    def stage(self, title: str, total: int) -> None:
        """Nothing is shown."""

    def step(self, note: str) -> None:
        """Nothing is shown."""
