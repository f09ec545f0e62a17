"""Keeps what is known of an outage in a file beside the warehouse, whatever state the disk is in.

The file is in META_ADS_HOME. Where that cannot be written (full, read-only), it is in the system's
folder for temporary files; where that cannot be written either, this process alone remembers it.
"""

import fcntl
import hashlib
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from orchestration.settings import Settings

FILE = "unreachable.json"
log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class OutageMessage:
    """A message about an outage, with the columns of the outbox; instants are ISO 8601."""

    key: str
    destination: str
    content: dict[str, Any]
    created_at: str
    not_before: str
    state: str = "waiting"
    attempts: int = 0
    sent_at: str | None = None
    receipt: str | None = None
    last_error: str | None = None


@dataclass(kw_only=True)
class Outage:
    """An outage of the warehouse.

    `sights` are the evaluations that met it, `told_at` is when messages were written last.
    """

    outage_id: str
    since: str
    reason: str
    sights: int = 0
    told_at: str | None = None
    messages: list[OutageMessage] = field(default_factory=list)


@dataclass
class StoredOutage:
    """The stored outage; `is_in_file`: the record outlives this process."""

    outage: Outage | None
    is_in_file: bool = True


OUTAGE_ADAPTER = TypeAdapter(Outage)
_remembered: dict[Path, Outage] = {}
"""What no folder could keep, by META_ADS_HOME."""


@contextmanager
def outage_file(settings: Settings) -> Iterator[StoredOutage]:
    """The outage, alone with its file; what changes in it is written at the end, whole or not."""
    with _locked(settings):
        stored = StoredOutage(_read(settings))
        before = _as_json(stored.outage)
        yield stored
        if _as_json(stored.outage) != before:
            stored.is_in_file = _keep(settings, stored.outage)
        else:
            stored.is_in_file = settings.home not in _remembered


def _folders(settings: Settings) -> tuple[Path, Path]:
    """Where the file may be, the best place first."""
    name = hashlib.sha256(os.fsencode(settings.home)).hexdigest()[:12]
    return (
        settings.home / "alerts",
        Path(tempfile.gettempdir()) / f"meta-ads-alerts-{os.getuid()}-{name}",
    )


@contextmanager
def _locked(settings: Settings) -> Iterator[None]:
    """Holds the lock of the first folder that can have one; without such a folder, none."""
    for folder in _folders(settings):
        try:
            _make(folder)
            lock = (folder / "lock").open("a")
        except OSError:
            continue
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        return
    yield


def _make(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else")


def _read(settings: Settings) -> Outage | None:
    """What was kept last, in whichever place. A file that cannot be read is logged and ignored."""
    if settings.home in _remembered:
        return _remembered[settings.home]
    outages: list[tuple[float, Outage]] = []
    for folder in _folders(settings):
        path = folder / FILE
        try:
            if path.lstat().st_uid == os.getuid():
                outage = OUTAGE_ADAPTER.validate_json(path.read_bytes())
                outages.append((path.stat().st_mtime, outage))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValidationError) as error:
            log.warning(
                "%s cannot be read (%s): the outage of the warehouse counts as a new one",
                path,
                type(error).__name__,
            )
    return max(outages, key=lambda pair: pair[0])[1] if outages else None


def _keep(settings: Settings, outage: Outage | None) -> bool:
    """Keep it in the first place that can be written; returns whether there was one."""
    _remembered.pop(settings.home, None)
    folders = _folders(settings)
    kept_in = None if outage is None else _written_to(folders, _as_json(outage))
    for folder in folders:
        if folder != kept_in:
            # A file can be deleted on a full disk, too.
            with suppress(OSError):
                (folder / FILE).unlink()
    if outage is not None and kept_in is None:
        _remembered[settings.home] = outage
    return outage is None or kept_in is not None


def _written_to(folders: tuple[Path, ...], content: bytes) -> Path | None:
    """The first folder that took the file, whole; None where none did."""
    for folder in folders:
        new = folder / f"{FILE}.new"
        try:
            _make(folder)
            new.write_bytes(content)
            new.replace(folder / FILE)
        except OSError as error:
            log.warning("%s cannot be written: %s", folder / FILE, error.strerror or error)
            with suppress(OSError):
                new.unlink()
            continue
        return folder
    return None


def _as_json(outage: Outage | None) -> bytes:
    return b"" if outage is None else orjson.dumps(asdict(outage))
