"""Deletes old files of the state folder: Data Docs pages and logs."""

import logging
import shutil
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import orjson

from orchestration.settings import Settings
from orchestration.warehouse.ledger.recovery_file import recovery_file

DAY_SECONDS = 86400
log = logging.getLogger(__name__)


def delete_old_files(settings: Settings) -> int:
    """Delete old pages and logs; returns how many runs of pages and log files were deleted.

    A file that cannot be deleted is logged, and no error.
    """
    deleted = 0
    for path in old_files(settings):
        try:
            if path == recovery_file(settings):
                # Whoever is about to write a line writes it into the renamed file: none is lost.
                path.replace(_earlier(path))
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            deleted += 1
        except OSError as error:
            log.warning("%s is old and cannot be deleted: %s", path, error)
    return deleted


def old_files(settings: Settings) -> Iterator[Path]:
    """The folders of pages and the logs that are too old; 0 days: none.

    The recovery log is moved aside when its first line is old, and deleted when its last one is.
    """
    now = time.time()
    if days := settings.keep_data_docs_days:
        yield from _older(settings.home / "data_docs", "*", now - days * DAY_SECONDS)
    if days := settings.keep_logs_days:
        before = now - days * DAY_SECONDS
        # The logs that are written to now have no number.
        yield from _older(settings.home / "logs", "*.[0-9]*", before)
        yield from _older(settings.dbt_target, "dbt.log.[0-9]*", before)
        yield from _older(settings.home / "dbt" / "logs", "dbt.log.[0-9]*", before)
        recovery = recovery_file(settings)
        # One that is moved away while the earlier one is not old yet would replace it.
        if _begins_before(recovery, before) and not _earlier(recovery).exists():
            yield recovery


def _earlier(path: Path) -> Path:
    return path.with_name(f"{path.name}.1")


def _older(folder: Path, pattern: str, before: float) -> Iterator[Path]:
    """Files and folders in a folder that were not changed since an instant."""
    for path in sorted(folder.glob(pattern)):
        try:
            if path.lstat().st_mtime < before:
                yield path
        except OSError:
            continue


def _begins_before(path: Path, before: float) -> bool:
    """Whether the first line of the file was written before an instant."""
    try:
        with path.open("rb") as lines:
            at = orjson.loads(next(lines, b"{}")).get("at")
        return bool(at) and datetime.fromisoformat(at).timestamp() < before
    except (OSError, ValueError):
        return False
