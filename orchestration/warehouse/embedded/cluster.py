"""One Postgres data folder: initdb makes it and pg_ctl starts it, as the server's account.

A place is a folder with `data` (owned by the account) and `server.log` in it.
"""

import os
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import MetaAdsError, UnreachableError, UsageError
from orchestration.warehouse.embedded.account import ServerAccount
from orchestration.warehouse.embedded.binaries import Binaries
from orchestration.warehouse.embedded.files import DRAFT, discard, put_in_place, sweep
from orchestration.warehouse.embedded.owner import DATABASE, ROLE, SUPERUSER, new_owner
from orchestration.warehouse.embedded.process import (
    LOOPBACK,
    cluster_name,
    free_port,
    read_pid_file,
)

BEFORE_UPGRADE = "data-before-upgrade"
"""The data of the earlier version, until a server runs on the upgraded ones."""
INIT_TIMEOUT_SECONDS = 120
START_TIMEOUT_SECONDS = 60
# pg_ctl gives up by itself; this only guards against a pg_ctl that hangs.
START_MARGIN_SECONDS = 15
PORT_ATTEMPTS = 5
LOG_KEPT_BYTES = 16 * 1024 * 1024
LINES_SHOWN = 3
PORT_TAKEN = "could not create any TCP/IP sockets"
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
    "shared_buffers": "128MB",
    # What archiving and pg_basebackup need; archive_command is set in the data folder.
    "wal_level": "replica",
    "max_wal_senders": "4",
    "logging_collector": "off",
}


@dataclass(frozen=True)
class Cluster:
    """A place, the programs that serve it and the account they run as."""

    place: Path
    binaries: Binaries
    account: ServerAccount

    @property
    def data(self) -> Path:
        """Postgres' data folder."""
        return self.place / "data"

    @property
    def log(self) -> Path:
        """What the server writes about itself."""
        return self.place / "server.log"

    def initialise(self, password: str, superuser_password: str) -> None:
        """Makes the data folder, with the owner and the database, in a draft that is then renamed.

        Raises:
            MetaAdsError: initdb or the creation of the database failed; ends with its last words.
        """
        draft = self.place / f"{DRAFT}{secrets.token_hex(4)}"
        draft.mkdir(mode=0o700)
        try:
            self.account.own(draft, 0o700)
            self.make_data(draft, superuser_password)
            self._create_database(draft / "data", password)
            put_in_place(draft / "data", self.data)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def make_data(self, draft: Path, password: str, *options: str) -> None:
        """Makes the folder `data` of a cluster in a draft: nothing in it but the superuser.

        Raises:
            MetaAdsError: initdb failed; ends with its last words.
        """
        password_file = draft / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(password)
        self.account.own(password_file, 0o600)
        self._initdb(draft / "data", password_file, *options)

    def _initdb(self, data: Path, password_file: Path, *more: str) -> None:
        options = [
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            *more,
        ]
        options += ["--encoding=UTF8", "--no-locale", f"--pgdata={data}"]
        self._prepare([self.binaries.program("initdb"), *options], data)

    def _create_database(self, data: Path, password: str) -> None:
        """In single-user mode, before the rename: no data folder is ever without its database."""
        # A statement that fails is not repeated in what is said: it may hold the password.
        settings = ["-c", "exit_on_error=true", "-c", "log_min_error_statement=panic"]
        program = self.binaries.program("postgres")
        command: list[str | Path] = [program, "--single", *settings, "template1"]
        statements = [*new_owner(password), f"create database {DATABASE} owner {ROLE}"]
        self._prepare(command, data, "".join(f"{statement}\n" for statement in statements))

    def _prepare(self, command: Sequence[str | Path], data: Path, text_in: str = "") -> None:
        completed = self.account.run(
            command,
            cwd=self.place,
            data=data,
            text_in=text_in,
            timeout_seconds=INIT_TIMEOUT_SECONDS,
        )
        if completed.returncode != 0:
            raise MetaAdsError(
                f"The embedded Postgres cannot make its data folder in {self.place}: "
                f"{last_words(completed.stdout)}"
            )

    def launch(self, preferred_port: int | None) -> int:
        """Starts the server and waits until it is ready; returns its TCP port.

        Raises:
            UnreachableError: it did not start; ends with its last words.
        """
        self._open_log()
        words = ""
        for _ in range(PORT_ATTEMPTS):
            words = self._try_launch(free_port(preferred_port))
            server = read_pid_file(self.data)
            if not words and server is not None:
                return server.port
            if PORT_TAKEN not in words:
                break
            preferred_port = None
        raise UnreachableError(
            f"The embedded Postgres did not start: {words or 'it ended at once.'} "
            f"Its log is {self.log}."
        )

    def _try_launch(self, port: int) -> str:
        """Empty on success, else the last words of this attempt."""
        values = {**SETTINGS, "port": str(port), "cluster_name": cluster_name(self.data)}
        options = " ".join(f"-c {name}={value}" for name, value in values.items())
        command = [str(self.binaries.program("pg_ctl")), "start", "-w"]
        before = self.log.stat().st_size
        completed = self.account.run(
            # The log is named relative to the place: pg_ctl does not escape it for the shell.
            [*command, f"--timeout={START_TIMEOUT_SECONDS}", "-l", self.log.name, "-o", options],
            cwd=self.place,
            data=self.data,
            timeout_seconds=START_TIMEOUT_SECONDS + START_MARGIN_SECONDS,
        )
        if completed.returncode == 0:
            return ""
        with self.log.open(errors="replace") as stream:
            stream.seek(before)
            return last_words(stream.read()) or last_words(completed.stdout)

    def _open_log(self) -> None:
        """Makes a log that the account can write; one that is too long is kept once, renamed."""
        if self.log.exists() and self.log.stat().st_size > LOG_KEPT_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        os.close(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600))
        self.account.own(self.log, 0o600)


def major_of(data: Path) -> str | None:
    """The major version that wrote a data folder, such as `18`; None where there is none.

    Raises:
        UsageError: the folder holds something else.
    """
    if not data.is_dir():
        return None
    try:
        return (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise UsageError(
            f"{data} is not a Postgres data folder; move it away and start again."
        ) from None


def remove_place(place: Path) -> None:
    """Deletes what this module makes in a place, by name, and the place if nothing else is in it.

    By name because the pointer is a text file: whatever it says, nothing else is deleted.
    """
    if not place.is_dir():
        return
    names = ("data", BEFORE_UPGRADE, "server.log", "server.log.1")
    for path in (place / name for name in names):
        discard(path)
    for path in place.glob("binaries-*"):
        discard(path)
    sweep(place)
    if not any(place.iterdir()):
        place.rmdir()


def last_words(text: str) -> str:
    """The lines that say why a Postgres program failed, in one line of text."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    marks = ("FATAL:", "PANIC:", "error:")
    telling = [line for line in lines if any(mark in line for mark in marks)]
    return " ".join((telling or lines)[-LINES_SHOWN:])
