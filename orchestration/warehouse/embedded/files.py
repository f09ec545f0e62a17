"""Files of the embedded Postgres that are whole or absent, whenever a process is killed."""

import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.errors import UnreachableError

DRAFT, DISCARDED = "new-", "old-"
LOCK_POLL_SECONDS = 0.05


def create_folder(path: Path, mode: int) -> list[Path]:
    """Creates a folder and its parents with the mode; leaves those that exist untouched.

    Returns:
        Those that it created.
    """
    created = []
    for folder in (*reversed(path.parents), path):
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        folder.chmod(mode)
        created.append(folder)
    return created


def write_whole(path: Path, text: str, mode: int) -> None:
    """Writes a small file through a sibling and a rename."""
    draft = path.with_name(f"{DRAFT}{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(descriptor)
    put_in_place(draft, path)


def put_in_place(draft: Path, path: Path) -> None:
    """Gives a finished draft its name, for good: the folder is synced, against a power cut."""
    draft.rename(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def discard(path: Path) -> None:
    """Deletes a file or folder; a folder is renamed first, so that half of it is never found."""
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    discarded = path.with_name(f"{DISCARDED}{secrets.token_hex(4)}")
    path.rename(discarded)
    shutil.rmtree(discarded)


def sweep(folder: Path) -> None:
    """Deletes what a killed process left unfinished. Only to be called under the lock."""
    for pattern in (f"{DRAFT}*", f"{DISCARDED}*"):
        for path in folder.glob(pattern):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


@contextmanager
def hold_lock(path: Path, timeout_seconds: float) -> Iterator[None]:
    """Holds the lock file; the system lets go of it when the holder ends, however that dies.

    Raises:
        UnreachableError: another process still holds it after the timeout.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + timeout_seconds
        while not _take(descriptor):
            if time.monotonic() > deadline:
                raise UnreachableError(
                    f"Another process has held {path} for more than {timeout_seconds:.0f} s; "
                    "end it and try again."
                )
            time.sleep(LOCK_POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
