"""A program that runs once for a state folder: whoever starts it again is told where it runs."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.errors import MetaAdsError, UsageError


class OnlyOne:
    """The file that such a program holds, with a note on where it runs.

    The system lets go of it when the program ends, even if it is killed.
    """

    def __init__(self, path: Path, program: str) -> None:
        self._path, self._program = path, program

    @contextmanager
    def held(self) -> Iterator["OnlyOne"]:
        """Hold the file until the block ends.

        Raises:
            UsageError: the program runs already; says what its note says.
            MetaAdsError: the file cannot be written.
        """
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = self._path.open("a+")
        except OSError as error:
            raise MetaAdsError(f"{self._path} cannot be written: {error.strerror}.") from None
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UsageError(self._told(self._path.read_text("utf-8"))) from None
            self.say("")
            yield self

    def say(self, note: str) -> None:
        """What whoever starts it again is told: where it runs."""
        lines = f"process {os.getpid()}\n{note}\n"
        self._path.write_text(lines, "utf-8")

    def _told(self, lines: str) -> str:
        process, _, note = lines.partition("\n")
        where = f": {note.strip()}" if note.strip() else ""
        return (
            f"{self._program} runs already for {self._path.parent} ({process}){where}. "
            "Ctrl-C ends it there; another installation needs a META_ADS_HOME of its own."
        )
