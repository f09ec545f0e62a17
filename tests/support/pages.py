"""The commands of a page, called one after the other in one installation with everything real."""

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests
from databases import META_ADS, Warehouse
from documented import CRON, VALUES, Command, commands_of
from factories import write_clients
from server_watchdog import stop_server_when_we_die

from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.embedded.server import EmbeddedServer

INSTALLED = "/srv/meta-ads/.venv/bin/meta-ads"
TRIAL = "/tmp/trial"
BACKUPS = "/backups/"
SHELL_SECONDS = 300


@dataclass(frozen=True)
class Step:
    """A command as a page shows it, and what it has to do."""

    shown: str
    says: str = ""
    """A regular expression of what is printed."""
    code: int = 0
    given: Mapping[str, str] = field(default_factory=dict)
    """What stands for placeholders here."""
    before: Callable[["Installation"], None] | None = None
    after: Callable[["Installation"], None] | None = None


@dataclass
class Installation:
    """A state folder with an embedded server, a sandbox for Meta, and folders that pages name."""

    folder: Path
    sandbox: SandboxProcess
    warehouse: Warehouse

    @property
    def trial(self) -> EmbeddedServer:
        """The server of the folder in which backups are tried."""
        return EmbeddedServer(self.folder / "trial", self.folder / "system")

    @property
    def backups(self) -> list[Path]:
        """The files that backups wrote, the oldest first."""
        return sorted(self.folder.glob("backups/*"), key=lambda path: path.stat().st_mtime)

    def here(self, text: str) -> str:
        """The paths that a page names, below the folder of this test."""
        text = text.replace(INSTALLED, META_ADS).replace(TRIAL, str(self.folder / "trial"))
        return text.replace(BACKUPS, f"{self.folder}/backups/")

    def perform(self, step: Step, command: Command) -> None:
        """Call a command and see that it does what the page says."""
        if step.before:
            step.before(self)
        done = self._by_cron(command) if command.is_of_cron else self._by_hand(step, command)
        said = done.stdout + done.stderr
        assert done.returncode == step.code, f"{command.text}\n{said}"
        assert re.search(step.says, said), f"{command.text}\nmatches no {step.says}\n{said}"
        assert "Traceback" not in said, said
        if not self.warehouse.url:
            # For the test itself: commands find the server by the state folder.
            server = EmbeddedServer(self.warehouse.home, self.folder / "system")
            self.warehouse.url = server.ensure_running()
        if step.after:
            step.after(self)

    def _by_hand(self, step: Step, command: Command) -> "subprocess.CompletedProcess[str]":
        values = {**VALUES, "FILE": str(self.folder / "backups" / "by_hand.backup"), **step.given}
        words = [values[word] if word in values else self.here(word) for word in command.words]
        return self.warehouse.run(
            *words, **{name: self.here(value) for name, value in command.environment.items()}
        )

    def _by_cron(self, command: Command) -> "subprocess.CompletedProcess[str]":
        # Cron hands a line to sh, and takes the backslash off a per cent sign.
        line = self.here(CRON.sub("", command.text.strip())).replace("\\%", "%")
        return subprocess.run(
            ["/bin/sh", "-c", line],
            env=self.warehouse.command_environment({}),
            cwd="/",
            capture_output=True,
            text=True,
            timeout=SHELL_SECONDS,
            check=False,
        )


@contextmanager
def installation(
    folder: Path, sandbox: SandboxProcess, clients: Sequence[str]
) -> Iterator[Installation]:
    """A new state folder with a clients file; the servers below it are removed at the end."""
    home, system = folder / "state", folder / "system"
    for each in (home, folder / "backups"):
        each.mkdir()
    write_clients(home / "clients.yml", *clients)
    variables = {"META_API_URL": sandbox.url, "META_ADS_SYSTEM_DATA": str(system)}
    variables["WAREHOUSE_URL"] = ""
    made = Installation(folder, sandbox, Warehouse("", home, variables))
    stop_server_when_we_die(home, system)
    stop_server_when_we_die(folder / "trial", system)
    try:
        yield made
    finally:
        EmbeddedServer(home, system).remove_data()
        made.trial.remove_data()


def complete_commands(document: str) -> dict[str, Command]:
    """The commands of a page that can be called; of several that are alike, one to copy if any."""
    found: dict[str, Command] = {}
    for command in commands_of(document):
        if command.is_complete and (command.shown not in found or command.is_block):
            found[command.shown] = command
    return found


def set_clock(sandbox: SandboxProcess, now: str) -> None:
    """Let it be another time at Meta."""
    requests.post(f"{sandbox.url}/sandbox/clock", json={"now": now}, timeout=20).raise_for_status()
