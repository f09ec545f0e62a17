"""The state folder `<home>/postgres`: lock, password, last port, and the pointer to the data."""

import secrets
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import UsageError
from orchestration.process.private_files import let_walk
from orchestration.warehouse.embedded.account import ServerAccount
from orchestration.warehouse.embedded.files import create_folder, discard, hold_lock, write_whole

PASSWORD_BYTES = 24
# Longer than one initdb and one start together, which is what the holder may be doing.
LOCK_TIMEOUT_SECONDS = 200.0


@dataclass(frozen=True)
class StateFolder:
    """Small files of the caller; the server's account only walks through their folder."""

    path: Path

    def create(self, account: ServerAccount) -> None:
        """Makes the folder for its owner alone; the server's account may walk through it."""
        for folder in create_folder(self.path, 0o700):
            if account.switch:
                let_walk(folder, account.gid)

    def locked(self) -> AbstractContextManager[None]:
        """Only one process starts, stops or removes the server at a time."""
        return hold_lock(self.path / "lock", LOCK_TIMEOUT_SECONDS)

    def place(self) -> Path:
        """The folder that holds `data` and `server.log`: the pointer's, else this folder."""
        try:
            return Path((self.path / "location").read_text().strip())
        except FileNotFoundError:
            return self.path

    def point_to(self, place: Path) -> None:
        """Keeps the data elsewhere from now on."""
        write_whole(self.path / "location", f"{place}\n", 0o600)

    def password(self) -> str:
        """The password of the data that exists.

        Raises:
            UsageError: it is missing.
        """
        try:
            return (self.path / "password").read_text().strip()
        except FileNotFoundError:
            raise UsageError(
                f"The password of the embedded Postgres is missing: put {self.path}/password "
                "back, or start anew with `meta-ads server stop --remove-data`."
            ) from None

    def has_password(self) -> bool:
        """Whether data exist, or a process began to make them."""
        return (self.path / "password").exists()

    def new_password(self) -> str:
        """The password for new data; the one that a killed process wrote is used again."""
        return self._read_or_make("password")

    def superuser_password(self) -> str:
        """The password of the superuser, who makes and upgrades the data; made when missing."""
        return self._read_or_make("superuser_password")

    def _read_or_make(self, name: str) -> str:
        path = self.path / name
        if not path.exists():
            write_whole(path, secrets.token_urlsafe(PASSWORD_BYTES), 0o600)
        return path.read_text().strip()

    def last_port(self) -> int | None:
        """The TCP port of the last start, so that a URL that a user wrote down keeps working."""
        with suppress(FileNotFoundError, ValueError):
            return int((self.path / "port").read_text())
        return None

    def remember_port(self, port: int) -> None:
        """Keeps the port for the next start."""
        write_whole(self.path / "port", f"{port}\n", 0o600)

    def forget(self) -> None:
        """Deletes all but the lock, which others may be waiting for; the pointer goes last."""
        for name in ("password", "superuser_password", "port", "location"):
            discard(self.path / name)


def choose_place(state: StateFolder, system: Path, account: ServerAccount) -> Path:
    """The folder for the data: below the state folder, or `system` where the account cannot go.

    Chosen once; the pointer names it from then on.

    Raises:
        UsageError: the account cannot reach either folder.
    """
    place = state.place()
    if place == state.path:
        if (place / "data").is_dir() or not account.switch or account.can_walk_to(place):
            return place
        place = system
    create_folder(place, 0o711)
    if account.switch and not account.can_walk_to(place):
        raise UsageError(
            f"The account of the embedded Postgres reaches neither {state.path} nor "
            f"{place}; set META_ADS_SYSTEM_DATA to a folder that every user can walk to."
        )
    state.point_to(place)
    return place
