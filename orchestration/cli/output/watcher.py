"""Shows on stderr how far a run is."""

from time import monotonic
from typing import Any, Self

from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from orchestration.cli.output.console import Terminal
from orchestration.text import plural


class _Count(ProgressColumn):
    """`3/16 accounts`; nothing where nobody knows how many there are."""

    def render(self, task: Task) -> Text:
        if task.total is None:
            return Text()
        return Text(f"{task.completed:.0f}/{task.total:.0f} {task.fields['units']}")


class Watcher:
    """Shows each stage of a run: as a bar on a terminal, else as a line.

    `seconds` says how long each stage took. As a context it ends the last stage, so that no bar
    moves on below the sentence of an error.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Terminal(stderr=True, quiet=quiet)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            _Count(),
            TimeElapsedColumn(),
            console=self._console,
            # A job's stdout leads to its log, where the lines of dbt belong.
            redirect_stdout=False,
            disable=not self._console.is_terminal or quiet,
        )
        self._task: Any = None
        self._stage: tuple[str, float] | None = None
        self.seconds: dict[str, float] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def stage(self, title: str, total: int | None, unit: str = "") -> None:
        """Begin a stage of so many steps (None: unknown), and end the one before."""
        self.end()
        self._stage = (title, monotonic())
        if self._bar.disable:
            count = f" ({plural(total, unit)})" if total else ""
            self._console.print(f"{title}{count} ...")
        else:
            self._bar.start()
            units = f"{unit}s" if unit else ""
            self._task = self._bar.add_task(title, total=total, units=units)

    def step(self, note: str, count: int = 1) -> None:  # noqa: ARG002  a bar has no room for it
        """Count steps of the stage as done."""
        if self._task is not None:
            self._bar.advance(self._task, count)

    def note(self, text: str) -> None:
        """Print something that the person should know."""
        self._console.print(f"Note: {text}", soft_wrap=True)

    def end(self) -> None:
        """End the last stage."""
        if self._stage is not None:
            title, began = self._stage
            self.seconds[title] = self.seconds.get(title, 0.0) + monotonic() - began
            self._stage = None
        self._bar.stop()
        self._task = None
