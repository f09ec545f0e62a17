"""The sessions that were ended, so that a copied cookie is invalid after its owner logged out.

They stand in a file of the state folder, which every server of this warehouse reads.
"""

import fcntl
import os
import time
from hashlib import sha256
from pathlib import Path

MOST = 1000
"""Lines. If more sessions were ended that have not expired, all sessions until then are ended."""
ALL = "all"


class EndedSessions:
    """Ended sessions that have not expired: a line `all INSTANT`, then `DIGEST EXPIRY` for each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._digests: dict[str, int] = {}
        self._all_before = 0

    def has(self, session_id: str, opened_at: float) -> bool:
        """Whether the session was ended."""
        self._read_if_changed()
        return int(opened_at) <= self._all_before or _digest(session_id) in self._digests

    def end(self, session_id: str, expires_at: float) -> None:
        """End a session that would expire at this time (seconds since the epoch).

        Raises:
            OSError: it could not be written, so the session goes on.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self._parse(file.read())
            self._digests[_digest(session_id)] = int(expires_at) + 1
            if len(self._digests) > MOST:
                self._make_room()
            lines = [f"{ALL} {self._all_before}"]
            lines += [f"{digest} {until}" for digest, until in self._digests.items()]
            file.seek(0)
            file.write("\n".join(lines) + "\n")
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        self._stamp = None

    def _make_room(self) -> None:
        """Remove expired sessions; if that is not enough, end all that were opened until now."""
        now = int(time.time())
        self._digests = {digest: until for digest, until in self._digests.items() if until > now}
        if len(self._digests) > MOST:
            self._digests, self._all_before = {}, now

    def _read_if_changed(self) -> None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return
        stamp = status.st_mtime_ns, status.st_size
        if stamp != self._stamp:
            with self._path.open(encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_SH)
                self._parse(file.read())
            self._stamp = stamp

    def _parse(self, text: str) -> None:
        lines = [line.split() for line in text.splitlines()]
        # A line that a crash cut short is ignored.
        digests = {
            line[0]: int(line[1]) for line in lines if len(line) == 2 and line[1].isdecimal()
        }
        self._all_before = digests.pop(ALL, 0)
        self._digests = digests


def _digest(session_id: str) -> str:
    return sha256(session_id.encode()).hexdigest()
