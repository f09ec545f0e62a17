"""A file that is whole or absent: written beside its place under another name, then renamed."""

import fcntl
import glob
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from orchestration.errors import UsageError


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write, which takes the place of `path` at the end, and goes away on an error.

    What a killed program left of one that was to be here goes away as well.

    Raises:
        UsageError: its folder is not there, or takes no file.
    """
    _sweep(path)
    try:
        draft, file = _begun(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from None
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            # While it is locked: nobody takes it for one that was left.
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _begun(path: Path) -> tuple[Path, IO[bytes]]:
    """A new draft, locked as long as it is open."""
    while True:
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        file = draft.open("xb")
        # Where a file system has no locks, nothing is swept, either.
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        # Before it was locked, another program may have taken it for one that was left.
        if os.fstat(file.fileno()).st_nlink:
            return draft, file
        file.close()


def _sweep(path: Path) -> None:
    """Delete the drafts of this file that no program holds."""
    for draft in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        # It may be gone by now, somebody else's, or still being written.
        with suppress(OSError), draft.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            draft.unlink()
