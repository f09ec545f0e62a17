"""Keeps the state folder private to its owner, whatever the caller's umask is.

One exception: root runs Postgres as another account. If its data are in the state folder, the two
folders above them let the group of that account walk through, and nothing more.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

OWNER_ONLY = 0o077
"""The umask: files are 0600, folders 0700."""
TOO_WIDE = 0o067
"""Permissions that the state folder never grants; a group may walk through it."""


def only_for_the_owner() -> None:
    """Set the umask: this process and those that it starts make files for their owner only."""
    os.umask(OWNER_ONLY)


def let_walk(folder: Path, group: int) -> None:
    """Let a group walk through a folder, without seeing what is in it."""
    os.chown(folder, -1, group)
    folder.chmod(0o710)


def tighten(home: Path) -> None:
    """Take other users' permissions from a state folder that an earlier release left open.

    Folders that hold other things as well are left alone: the user's home, or the folder in or
    below which the command is called. The state folder itself comes last: if it is closed,
    everything in it is, and one look is enough.
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
        # Files that belong to another user, or are gone by now, are left alone.
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
    """Everything in the folder except links and the data of Postgres, which it keeps private."""
    for folder, names, files in os.walk(home):
        here = Path(folder)
        if here == data.parent:
            names[:] = [name for name in names if not name.startswith("data")]
        yield from (here / name for name in (*names, *files) if not (here / name).is_symlink())


def _other_group(data: Path) -> int | None:
    """The group of the other account that owns the server's data, if another one does."""
    try:
        info = data.stat()
    except OSError:
        return None
    return info.st_gid if info.st_uid != os.geteuid() else None
