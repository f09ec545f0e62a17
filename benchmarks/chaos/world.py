"""What a campaign happens in: a sandbox, a state folder with its server, a receiver of alerts."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import requests
import yaml

from benchmarks.chaos.victims import end_all
from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.embedded.server import EmbeddedServer

META_ADS = str(Path(sys.executable).with_name("meta-ads"))
BEGIN = datetime(2026, 11, 15, 12, tzinfo=UTC)
ACCOUNTS = ("act_1001", "act_1004", "act_1007", "act_1002")
TOKEN, WEBHOOK_SECRET, HOOK = "SECRETTOKEN4711X", "planted-webhook-secret-5", "plantedhook6"
SECRETS = (TOKEN, WEBHOOK_SECRET, HOOK)


class Receiver:
    """A webhook on loopback, with the ids of what it accepted; it refuses while `is_broken`."""

    def __init__(self) -> None:
        self.accepted: set[str] = set()
        self.bodies: list[bytes] = []
        self.is_broken = False
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if not receiver.is_broken:
                    receiver.accepted.add(self.headers["webhook-id"])
                    receiver.bodies.append(body)
                self.send_response(503 if receiver.is_broken else 204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/{HOOK}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()


class World:
    """Where everything is, and the commands that are run there."""

    def __init__(self, home: Path, clients: int, first_day: date, sandbox: SandboxProcess) -> None:
        self.home, self.first_day = home, first_day
        self.accounts = ACCOUNTS[:clients]
        self.clients = {f"c{account[4:]}": account for account in self.accounts}
        self.state = home / "state"
        self.server = EmbeddedServer(self.state, home / "system")
        self.receiver = Receiver()
        self.sandbox = sandbox
        self.now = self.latest = BEGIN
        self.leaks: set[str] = set()
        (home / "outputs").mkdir()
        entries = [
            {"client_id": name, "name": name, "ad_account_id": account, "starts_on": first_day}
            for name, account in self.clients.items()
        ]
        (home / "clients.yml").write_text(yaml.safe_dump({"clients": entries}), "utf-8")

    def environment(self) -> dict[str, str]:
        """That of every command: nothing of the caller's own settings comes through."""
        return {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(self.home),
            "META_ADS_HOME": str(self.state),
            "META_ADS_SYSTEM_DATA": str(self.home / "system"),
            "META_ADS_CLIENTS": str(self.home / "clients.yml"),
            "META_ADS_NOW": self.now.isoformat(),
            "META_API_URL": self.sandbox.url,
            "META_ACCESS_TOKEN": TOKEN,
            "META_ADS_RETRY_DELAYS": "0.2,0.5,1",
            "META_ADS_WAIT_BUDGET": "5",
            "META_ADS_DATABASE_WAIT": "10",
            "META_ADS_LOCK_WAIT": "60",
            "META_ADS_WORKERS": "2",
            "META_ADS_WEBHOOK_URL": self.receiver.url,
            "META_ADS_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "META_ADS_ALERT_PENDING_MINUTES": "0",
            "META_ADS_ALERT_FAILED_MINUTES": "0",
            "META_ADS_HEALTH_SECONDS": "0",
            "META_ADS_RATE_LIMIT": "100000",
        }

    def start(self, kind: str, arguments: Sequence[str]) -> "subprocess.Popen[bytes]":
        """Start `meta-ads …` in a group of its own; what it says is kept, to be searched later."""
        with (self.home / "outputs" / f"{kind}.log").open("ab") as log:
            return subprocess.Popen(
                [META_ADS, *arguments],
                env=self.environment(),
                cwd=self.home,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def end(self, process: "subprocess.Popen[bytes]", *, seconds: float) -> int | None:
        """Wait for the end; the exit code, or None where it came too late and was brought about.

        What the process has started may go on, as after the end of any command.
        """
        code: int | None = None
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            kill_group(process)
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
        return code

    def url(self) -> str:
        """Of the server, as long as it runs: those who only read do not start it.

        Raises:
            psycopg.OperationalError: it does not run.
        """
        if not self.server.status().running:
            raise psycopg.OperationalError("The server does not run.")
        return self.server.ensure_running()

    def note_page(self, page: str, content: bytes) -> None:
        """Keep whether an answer shows a secret."""
        self.leaks |= {f"{page} shows {s}" for s in SECRETS if s.encode() in content}

    def run(self, *arguments: str, seconds: float = 300) -> int | None:
        """A command from its beginning to its end."""
        return self.end(self.start(arguments[0], arguments), seconds=seconds)

    def step_clock(self, hours: float) -> None:
        """Go on, or back a little with the commands alone: Meta's clock never goes back."""
        self.now = max(BEGIN, self.latest + timedelta(hours=hours))
        if self.now > self.latest:
            self.latest = self.now
            self._steer("POST", "clock", {"now": self.now.isoformat()})

    def set_fault(self, fault: dict[str, Any]) -> None:
        """Turn the sandbox's dial."""
        self._steer("POST", "faults", fault)

    def clear_faults(self) -> None:
        """Everything that is not a process works again."""
        self._steer("DELETE", "faults", None)
        self.receiver.is_broken = False

    def _steer(self, method: str, path: str, body: dict[str, Any] | None) -> None:
        answer = requests.request(
            method, f"{self.sandbox.url}/sandbox/{path}", json=body, timeout=20
        )
        answer.raise_for_status()


def kill_group(process: "subprocess.Popen[bytes]") -> None:
    """Nothing of the group goes on, also where it is paused."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def world_of(
    home: Path, clients: int, first_day: date, prepare: Callable[[World], None]
) -> Iterator[World]:
    """A world that has run once; nothing of it is left at the end."""
    with SandboxProcess(now=BEGIN) as sandbox:
        world = World(home, clients, first_day, sandbox)
        try:
            prepare(world)
            yield world
        finally:
            end_all(world.state, world.server)
            world.server.remove_data()
            world.receiver.close()
            shutil.rmtree(home, ignore_errors=True)
