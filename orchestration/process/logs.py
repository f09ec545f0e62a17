"""The format of log lines: a record is one line, whatever characters a name in it has."""

import logging
from collections.abc import Callable
from typing import TextIO

from orchestration.foreign_text import shown
from orchestration.process.program import with_program
from orchestration.secret_forms import masked

FORMAT = "%(asctime)s %(levelname)s %(message)s"
FORMAT_WITH_NAME = "%(asctime)s %(levelname)s %(name)s %(message)s"


class OneLine(logging.Formatter):
    """Shows line ends in a message as escapes, and indents the lines of a traceback.

    So no line of a message or traceback looks like a record of its own.
    """

    def __init__(self, form: str = FORMAT, hide: Callable[[str], str] = masked) -> None:
        super().__init__(form)
        self._hide = hide

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The record's line."""
        record.message = shown(record.message)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        """The record's line, and an indented traceback below it."""
        first, *below = self._hide(with_program(super().format(record))).split("\n")
        return "\n".join([first, *(f"    {shown(line)}" for line in below)])


def log_to(
    stream: TextIO | None = None,
    level: int = logging.WARNING,
    form: str = FORMAT,
    hide: Callable[[str], str] = masked,
) -> None:
    """Write log lines from `level` on to a stream (None: stderr), and nowhere else.

    `hide` removes secrets from each line.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLine(form, hide))
    logging.basicConfig(level=level, handlers=[handler], force=True)


def guard_last_resort() -> None:
    """Use the same format for what is logged before `log_to` was called."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(OneLine())
