"""Sessions that were ended: a cookie that somebody kept opens nothing after its owner logged out.

One file in the state folder, so that every server of this warehouse knows, also after a restart.
"""

import fcntl
import os
import time
from hashlib import sha256
from pathlib import Path

MOST = 1000
"""Lines. Where more live sessions than that were ended, all that were opened until then are."""
ALL = "all"


class EndedSessions:
    """What was ended and is not over by itself yet: `digest expiry` a line, `all instant` first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._digests: dict[str, int] = {}
        self._all_before = 0

    def has(self, name: str, opened_at: float) -> bool:
        """Whether the session of this name was ended."""
        self._read_if_changed()
        return int(opened_at) <= self._all_before or _digest(name) in self._digests

    def end(self, name: str, over_at: float) -> None:
        """End a session that would be over by itself at this time (seconds of the epoch).

        Raises:
            OSError: it could not be noted, so the session lives on.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self._parse(file.read())
            self._digests[_digest(name)] = int(over_at) + 1
            if len(self._digests) > MOST:
                self._forget()
            lines = [f"{ALL} {self._all_before}"]
            lines += [f"{digest} {until}" for digest, until in self._digests.items()]
            file.seek(0)
            file.write("\n".join(lines) + "\n")
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        self._stamp = None

    def _forget(self) -> None:
        """Make room without bringing a session back to life."""
        now = int(time.time())
        self._digests = {name: until for name, until in self._digests.items() if until > now}
        if len(self._digests) > MOST:
            self._digests, self._all_before = {}, now

    def _read_if_changed(self) -> None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return
        stamp = found.st_mtime_ns, found.st_size
        if stamp != self._stamp:
            with self._path.open(encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_SH)
                self._parse(file.read())
            self._stamp = stamp

    def _parse(self, text: str) -> None:
        told = [line.split() for line in text.splitlines()]
        # A line that was cut short by a crash says nothing.
        known = {line[0]: int(line[1]) for line in told if len(line) == 2 and line[1].isdecimal()}
        self._all_before = known.pop(ALL, 0)
        self._digests = known


def _digest(name: str) -> str:
    return sha256(name.encode()).hexdigest()
