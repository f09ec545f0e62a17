"""Keeps the state folder its owner's alone, whatever the caller's umask is.

The one exception is a Postgres that root hands to another account and whose data lie inside: the
two folders above them let the group of that account walk through, and nothing more.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

OWNER_ONLY = 0o077
"""The umask: files are 0600, folders 0700."""
TOO_WIDE = 0o067
"""What an owner's folder never grants; that a group may walk through is not among it."""


def only_for_the_owner() -> None:
    """From now on this process and those it starts make files that only their owner may use."""
    os.umask(OWNER_ONLY)


def let_walk(folder: Path, group: int) -> None:
    """Let a group walk through a folder, without seeing what is in it."""
    os.chown(folder, -1, group)
    folder.chmod(0o710)


def tighten(home: Path) -> None:
    """Close a state folder that an earlier release or another program left open.

    Not one that holds other things as well: the user's own folder, or one that the command is
    called in or below. The folder itself is closed last, so that a closed one was closed to its
    end and costs one look.
    """
    try:
        info = home.stat()
    except OSError:
        return
    is_closed = not info.st_mode & TOO_WIDE
    if is_closed or info.st_uid != os.geteuid() or _is_shared(home):
        return
    data = home / "postgres" / "data"
    for path in _below(home, data):
        # What belongs to somebody else, or is gone by now, is not ours to close.
        with suppress(OSError):
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~OWNER_ONLY)
    group = _other_group(data)
    for folder in (home / "postgres", home):
        if group is not None:
            let_walk(folder, group)
        elif folder.is_dir():
            folder.chmod(0o700)


def _is_shared(home: Path) -> bool:
    with suppress(OSError, RuntimeError):
        return any(
            here.resolve().is_relative_to(home.resolve()) for here in (Path.cwd(), Path.home())
        )
    return True


def _below(home: Path, data: Path) -> Iterator[Path]:
    """Everything in the folder but links, and the data of Postgres, which closes them itself."""
    for folder, names, files in os.walk(home):
        here = Path(folder)
        if here == data.parent:
            names[:] = [name for name in names if not name.startswith("data")]
        yield from (here / name for name in (*names, *files) if not (here / name).is_symlink())


def _other_group(data: Path) -> int | None:
    """The group of the account that the server's data were handed to, if they were."""
    try:
        info = data.stat()
    except OSError:
        return None
    return info.st_gid if info.st_uid != os.geteuid() else None
