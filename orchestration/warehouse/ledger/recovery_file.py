"""What finally failed, as JSON lines in a file beside the warehouse: readable while that is away.

A line is the row of the view `ops.recovery_log` as it was written; what was made good since, only
the view says.
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
    """Where the lines stand."""
    return settings.home / "logs" / "recovery.jsonl"


def write_entry(settings: Settings, entry: Entry) -> None:
    """Append one line, in one write; that it cannot be written is no reason to fail."""
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
    """Write what a batch left in the ledger, after its commit."""
    for entry in entries(connection, kind, batch_id=batch_id):
        write_entry(settings, entry)


def log_named(settings: Settings, connection: Connection, kind: str, key: str | int) -> None:
    """Write one entry of the ledger, such as that of build 12, after its commit."""
    for entry in entries(connection, kind, name=f"{kind}-{key}"):
        write_entry(settings, entry)
