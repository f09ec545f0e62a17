"""Running the sandbox: in this process until it is ended, or as a child that dies with its parent.

A server that is up says so with one line on stdout, `listening on http://127.0.0.1:8900`, and with
nothing else; whoever starts one waits for that line instead of guessing.
"""

import socket
import sys
from collections.abc import Sequence
from datetime import datetime

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from orchestration.process.listener import listener
from orchestration.process.parent import exit_with_parent as end_with_parent
from orchestration.sandbox.app import sandbox_app
from orchestration.sandbox.control.clock import Clock
from orchestration.sandbox.control.scenario import Scenario
from orchestration.sandbox.faults.transport import CONNECTION
from orchestration.sandbox.process import LISTENING, SandboxProcess
from orchestration.sandbox.replay.account import ReplayAccount
from orchestration.sandbox.wire.versions import LIVE
from orchestration.sandbox.world.world import seeded_accounts

__all__ = ["SandboxProcess", "serve"]

SHUTDOWN_SECONDS = 1


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 8900,
    seed: int = 7,
    now: datetime | None = None,
    replay: ReplayAccount | None = None,
    token: str | None = None,
    app_secret: str | None = None,
    live_versions: Sequence[str] = LIVE,
    report_seconds: float = 0.0,
    scenario: Scenario | None = None,
    exit_with_parent: bool = False,
    hint: str = "",
) -> None:
    """Serve the demo accounts, or the replayed one, until the process is told to end.

    Args:
        port: 0 takes any free one.
        now: the instant that the sandbox lives at; without it the real clock, read anew per call.
        token: the only token accepted; without it any that does not start with `dead`.
        app_secret: makes every call carry an `appsecret_proof`.
        live_versions: in order; older ones are forwarded to the first, down to v22.0.
        report_seconds: how long a report run takes; 0 lets three polls end it.
        scenario: faults and clock changes at given times.
        exit_with_parent: end as soon as stdin does.
        hint: what to tell a person on stderr once it listens; `{url}` is its address.

    Raises:
        UsageError: the port is in use.
    """
    bound = listener(host, port)
    if exit_with_parent:
        end_with_parent()
    accounts = {replay.account.id: replay.account} if replay else seeded_accounts(seed)
    config = uvicorn.Config(
        sandbox_app(
            accounts,
            clock=Clock(now),
            token=token,
            app_secret=app_secret,
            live_versions=live_versions,
            report_seconds=report_seconds,
            scenario=scenario,
        ),
        # asyncio's own loop: uvloop takes 100 ms to import and serves nothing faster here.
        loop="asyncio",
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    with bound:
        _Server(config, hint).run(sockets=[bound])


class _Protocol(HttpToolsProtocol):
    """Hands the connection to the application, so that a fault can cut it."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {CONNECTION: {"transport": self.transport}}


class _Server(uvicorn.Server):
    """Says where it listens once it does, and then the hint."""

    def __init__(self, config: uvicorn.Config, hint: str) -> None:
        super().__init__(config)
        self._hint = hint

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        host, port = (sockets or [])[0].getsockname()[:2]
        sys.stdout.write(f"{LISTENING}http://{host}:{port}\n")
        sys.stdout.flush()
        if self._hint:
            sys.stderr.write(f"{self._hint.format(url=f'http://{host}:{port}')}\n")
