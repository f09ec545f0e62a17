"""The recovery log as JSON lines in a file, to be read while the warehouse is away.

A line is a row of the view `ops.recovery_log` at the time of the failure; what was made good since
is only in the view.
"""

import logging
import os
from pathlib import Path

from orchestration.settings import Settings
from orchestration.text import json_text
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.ledger.recovery import Entry, entries

log = logging.getLogger(__name__)


def recovery_file(settings: Settings) -> Path:
    """The path of the file."""
    return settings.home / "logs" / "recovery.jsonl"


def write_entry(settings: Settings, entry: Entry) -> None:
    """Append a line in one write; a file that cannot be written is logged, and no error."""
    path = recovery_file(settings)
    try:
        line = (json_text(entry) + "\n").encode()
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line)
        finally:
            os.close(file)
    except (OSError, TypeError) as error:
        log.error("%s cannot be written to %s: %s", entry.get("entry"), path, error)


def log_batch(settings: Settings, connection: Connection, kind: str, batch_id: int) -> None:
    """Write the entries of a batch to the file, after its commit."""
    for entry in entries(connection, kind, batch_id=batch_id):
        write_entry(settings, entry)


def log_named(settings: Settings, connection: Connection, kind: str, key: str | int) -> None:
    """Write an entry, such as that of build 12, to the file, after its commit."""
    for entry in entries(connection, kind, name=f"{kind}-{key}"):
        write_entry(settings, entry)
