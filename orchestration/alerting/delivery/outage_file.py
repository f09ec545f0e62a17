"""Keeps what is known of an outage in a file beside the warehouse, whatever state the disk is in.

It lies in META_ADS_HOME. Where that takes nothing (full, read-only), it goes to the system's folder
for temporary files, and where that takes nothing either it is kept in this process alone.
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


@dataclass
class Outage:
    """Since when, how often seen, when last told, and messages as the outbox has them."""

    outage_id: str
    since: str
    reason: str
    sights: int = 0
    told_at: str | None = None
    messages: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Kept:
    """The outage as it is kept; `is_lasting` says that it outlives this process."""

    outage: Outage | None
    is_lasting: bool = True


FORM = TypeAdapter(Outage)
_remembered: dict[Path, Outage] = {}
"""What no folder took, by META_ADS_HOME."""


@contextmanager
def outage_file(settings: Settings) -> Iterator[Kept]:
    """The outage as it is kept; changes are kept at the end, whole or not at all."""
    with _locked(settings):
        kept = Kept(_read(settings))
        content = _content(kept.outage)
        yield kept
        if _content(kept.outage) != content:
            kept.is_lasting = _keep(settings, kept.outage)
        else:
            kept.is_lasting = settings.home not in _remembered


def _folders(settings: Settings) -> tuple[Path, Path]:
    """Where the file may lie, the best place first."""
    name = hashlib.sha256(os.fsencode(settings.home)).hexdigest()[:12]
    return (
        settings.home / "alerts",
        Path(tempfile.gettempdir()) / f"meta-ads-alerts-{os.getuid()}-{name}",
    )


@contextmanager
def _locked(settings: Settings) -> Iterator[None]:
    """Alone with the file, as far as a lock can be had at all."""
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
    """What was kept last, wherever. A file that cannot be read counts as none, which is said."""
    if settings.home in _remembered:
        return _remembered[settings.home]
    found: list[tuple[float, Outage]] = []
    for folder in _folders(settings):
        path = folder / FILE
        try:
            if path.lstat().st_uid == os.getuid():
                found.append((path.stat().st_mtime, FORM.validate_json(path.read_bytes())))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValidationError) as error:
            log.warning(
                "%s cannot be read (%s): what it told of an outage of the warehouse is begun anew",
                path,
                type(error).__name__,
            )
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _keep(settings: Settings, outage: Outage | None) -> bool:
    """Keep it in the first place that takes it; returns whether one did."""
    _remembered.pop(settings.home, None)
    folders = _folders(settings)
    kept_in = None if outage is None else _written(folders, _content(outage))
    for folder in folders:
        if folder != kept_in:
            # Deleting needs no room.
            with suppress(OSError):
                (folder / FILE).unlink()
    if outage is not None and kept_in is None:
        _remembered[settings.home] = outage
    return outage is None or kept_in is not None


def _written(folders: tuple[Path, ...], content: bytes) -> Path | None:
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


def _content(outage: Outage | None) -> bytes:
    return b"" if outage is None else orjson.dumps(asdict(outage))
