"""The operating-system account the embedded Postgres runs as.

Postgres refuses to run as root. A caller that is root therefore hands it to an unprivileged
account, and never changes the permissions of a folder it did not create to make that work.
"""

import os
import pwd
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import UsageError

UNPRIVILEGED_NAMES = ("postgres", "nobody")
READ_BIT, WALK_BIT = 0o4, 0o1


@dataclass(frozen=True)
class ServerAccount:
    """Who runs the server: ids of the account, and whether the caller has to switch to it."""

    uid: int
    gid: int
    switch: bool

    def can_use(self, path: Path) -> bool:
        """Whether the account can walk down to `path` and read it (by permission bits, no ACLs)."""
        is_readable = self._allows(path, READ_BIT)
        return is_readable and self.can_walk_to(path if path.is_dir() else path.parent)

    def can_walk_to(self, folder: Path) -> bool:
        """Whether the account can walk down to a folder and into it, which is all its data need."""
        return all(self._allows(part, WALK_BIT) for part in (folder, *folder.parents))

    def _allows(self, path: Path, wanted: int) -> bool:
        info = path.stat()
        shift = 6 if info.st_uid == self.uid else 3 if info.st_gid == self.gid else 0
        return (stat.S_IMODE(info.st_mode) >> shift) & wanted == wanted

    def own(self, path: Path, mode: int) -> None:
        """Gives a file or folder that this process has just created to the account."""
        if self.switch:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)
        path.chmod(mode)

    def run(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path,
        timeout_seconds: float,
        data: Path | None = None,
        text_in: str = "",
        password: str | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Runs a Postgres program as the account; its output (both streams) is in `stdout`.

        In a session of its own, so that Ctrl-C in the caller's terminal does not reach it, and
        with none of the caller's PG* variables, which would steer it elsewhere. `data` is given
        as PGDATA because pg_ctl puts `-D` through a shell without escaping, `password` as
        PGPASSWORD.
        """
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
        if data is not None:
            environment["PGDATA"] = str(data)
        if password is not None:
            environment["PGPASSWORD"] = password
        return subprocess.run(
            command,
            cwd=cwd,
            env=environment,
            input=text_in,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout_seconds,
            check=False,
            start_new_session=True,
            user=self.uid if self.switch else None,
            group=self.gid if self.switch else None,
            extra_groups=[] if self.switch else None,
        )


def account_for(data: Path) -> ServerAccount:
    """The account for a data folder: the caller, or, when the caller is root, another one.

    Root uses the owner of a data folder that exists, so that a folder begun by a plain user
    keeps working.

    Raises:
        UsageError: the caller is root and the machine has no unprivileged account.
    """
    if os.geteuid() != 0:
        return ServerAccount(os.geteuid(), os.getegid(), switch=False)
    if data.is_dir() and data.stat().st_uid != 0:
        return ServerAccount(data.stat().st_uid, data.stat().st_gid, switch=True)
    for name in UNPRIVILEGED_NAMES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerAccount(entry.pw_uid, entry.pw_gid, switch=True)
    raise UsageError(
        "The embedded Postgres cannot run as root and this machine has neither a user `postgres` "
        "nor `nobody`; run as a plain user or set WAREHOUSE_URL."
    )
