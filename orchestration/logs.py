"""How log lines are written: a record is one line, whatever a name in it holds."""

import logging
from typing import TextIO

from orchestration.foreign import shown

FORMAT = "%(asctime)s %(levelname)s %(message)s"
FORMAT_WITH_NAME = "%(asctime)s %(levelname)s %(name)s %(message)s"


class OneLine(logging.Formatter):
    """Line ends in a message are shown; the lines of a traceback are indented, so none can pass
    for a record of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The record's line."""
        record.message = shown(record.message)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        """The line, and what stands below it."""
        first, *below = super().format(record).split("\n")
        return "\n".join([first, *(f"    {shown(line)}" for line in below)])


def log_to(stream: TextIO | None = None, level: int = logging.WARNING, form: str = FORMAT) -> None:
    """Write log lines from `level` on to a stream (None: stderr), and nowhere else."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLine(form))
    logging.basicConfig(level=level, handlers=[handler], force=True)


def guard_last_resort() -> None:
    """The same for what is logged before anything was set up."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(OneLine())
