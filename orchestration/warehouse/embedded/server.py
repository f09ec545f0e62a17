"""The embedded Postgres: one server for all processes of the project, without an installation.

The server goes on when the command that started it ends; only `stop` ends it.
"""

import hashlib
import os
import time
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from orchestration.errors import UnreachableError, UsageError
from orchestration.warehouse.embedded.account import account_for
from orchestration.warehouse.embedded.binaries import (
    Binaries,
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
from orchestration.warehouse.embedded.errors import plain_errors
from orchestration.warehouse.embedded.files import discard, sweep
from orchestration.warehouse.embedded.owner import DATABASE, ROLE, login_url
from orchestration.warehouse.embedded.process import (
    POLL_SECONDS,
    answers,
    end_servers,
    is_usable,
    read_pid_file,
    servers_of,
    serves,
)
from orchestration.warehouse.embedded.state import StateFolder, choose_place
from orchestration.warehouse.embedded.upgrade import take_back_upgrade, upgrade_data
from orchestration.warehouse.embedded.versions import binaries_of, version_of


@dataclass(frozen=True, kw_only=True)
class ServerStatus:
    """The state of the server; `pid`, `port` and `since` (UTC) are None when it does not run."""

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
        with plain_errors(self._state.path):
            url = self._running_url()
            if url is None:
                self._create()
                with self._state.locked():
                    url = self._running_url() or self._start()
            return url

    def status(self) -> ServerStatus:
        """The state of the server; starts and creates nothing."""
        with plain_errors(self._state.path):
            place = self._state.place()
            server = read_pid_file(place / "data")
            if server is not None and not serves(server.pid, place / "data"):
                server = None
            return ServerStatus(
                running=server is not None,
                pid=server.pid if server else None,
                port=server.port if server else None,
                since=server.since if server else None,
                version=version_of(place / "data"),
                data_dir=place / "data",
                log_file=place / "server.log",
            )

    def running_url(self) -> str | None:
        """The URL of a server that runs and answers, with the password; starts nothing."""
        with plain_errors(self._state.path):
            return self._running_url()

    def is_made(self) -> bool:
        """Whether there are data, or a password of data that are being made or upgraded."""
        with plain_errors(self._state.path):
            return self._state.has_password() or (self._state.place() / "data").is_dir()

    def stop(self) -> bool:
        """Stops the server within a bounded time; True if there was one to stop.

        Raises:
            UnreachableError: its processes do not end.
        """
        with plain_errors(self._state.path):
            if not self._state.path.is_dir():
                return False
            with self._state.locked():
                return self._end_server()

    def remove_data(self) -> None:
        """Stops the server and deletes its data, log, password, port and pointer."""
        with plain_errors(self._state.path):
            if not self._state.path.is_dir():
                return
            with self._state.locked():
                self._end_server()
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
        with plain_errors(self._state.path):
            self._create()
            with self._state.locked():
                place = self._state.place()
                self._end_server()
                take_back_upgrade(place)
                if major_of(place / "data") is None:
                    raise UsageError("There is no embedded warehouse yet: any command makes one.")
                old, new = binaries_of(place / "data"), installed_binaries()
                if old.major != new.major:
                    # pg_upgrade needs the superuser, which a start adds to older data.
                    self._start()
                    self._end_server()
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
        server = read_pid_file(data)
        if server is None or server.state != "ready" or not is_usable(server.pid, data):
            return None
        return self._url(server.port) if answers(server.port) else None

    def _url(self, port: int) -> str:
        return login_url(port, ROLE, self._state.password(), DATABASE)

    def _settle_owner(self, port: int) -> None:
        """Makes an owner that an earlier version made a superuser an ordinary login."""
        import psycopg

        from orchestration.warehouse.embedded.hand_over import separate_owner

        passwords = self._state.password(), self._state.superuser_password()
        try:
            separate_owner(partial(login_url, port), *passwords)
        except psycopg.Error as error:
            raise UnreachableError(
                f"The embedded Postgres runs, but its owner cannot be settled: {error}".rstrip()
            ) from error

    def _create(self) -> None:
        self._state.create(account_for(self._state.place() / "data"))

    def _start(self) -> str:
        """Starts the server from whatever state an earlier process left. Only under the lock."""
        account = account_for(self._state.place() / "data")
        place = choose_place(self._state, self._system, account)
        url = self._wait_while_starting(place / "data")
        if url is not None:
            return url
        self._end_server()
        for folder in {self._state.path, self._system, place}:
            sweep(folder)
        take_back_upgrade(place)
        installed = binaries_of(place / "data")
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

    def _wait_while_starting(self, data: Path) -> str | None:
        """The URL once a server that another process is starting is ready; None without one."""
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while (server := read_pid_file(data)) and server.state != "stopping":
            if not is_usable(server.pid, data):
                return None
            if url := self._running_url():
                return url
            if time.monotonic() > deadline:
                raise UnreachableError(
                    f"The embedded Postgres (pid {server.pid}) is not ready after "
                    f"{START_TIMEOUT_SECONDS} s; try again, or `meta-ads server stop` first."
                )
            time.sleep(POLL_SECONDS)
        return None

    def _end_server(self) -> bool:
        data = self._state.place() / "data"
        if not servers_of(data):
            return False
        if not end_servers(data):
            raise UnreachableError(f"The embedded Postgres of {data} does not end when killed.")
        return True
