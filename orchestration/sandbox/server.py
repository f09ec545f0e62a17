"""Runs the sandbox in this process until it is ended.

A server that is up says so with one line on stdout, `listening on http://127.0.0.1:8900`, and with
nothing else, so that a parent can wait for that line.
"""

import socket
import sys
from collections.abc import Callable
from functools import partial

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from orchestration.exports.reader import Reading
from orchestration.process.listener import listener
from orchestration.process.parent import exit_with_parent as end_with_parent
from orchestration.process.program import with_program
from orchestration.sandbox.app import sandbox_app
from orchestration.sandbox.control.clock import Clock
from orchestration.sandbox.control.scenario import load_scenario
from orchestration.sandbox.faults.service.transport import CONNECTION
from orchestration.sandbox.options import SandboxOptions
from orchestration.sandbox.process import LISTENING
from orchestration.sandbox.replay.account import ReplayAccount, load_replay
from orchestration.sandbox.world.world import seeded_accounts

SHUTDOWN_SECONDS = 1
_DEMO_HINT = "In another shell: export META_API_URL={url}; meta-ads run"
_GUARDED_HINT = (
    "In another shell: export META_API_URL={url}{proof}; meta-ads init, which asks for the token"
)
_REPLAY_HINT = """\
In another shell:
  printf 'clients:\\n  - {{client_id: replayed, name: Replayed, ad_account_id: act_{account_id}, \
starts_on: {first_day}}}\\n' > replay.yml
  export META_API_URL={url} META_ADS_CLIENTS=replay.yml META_ADS_NOW={now:%Y-%m-%dT%H:%M:%SZ}
  meta-ads run --since {first_day} --until {last_day}"""


def serve(
    options: SandboxOptions, *, exit_with_parent: bool = False, shows_hint: bool = False
) -> None:
    """Serve the demo accounts, or the replayed one, until the process is ended.

    With `exit_with_parent` it also ends when stdin does; with `shows_hint` it says on stderr how to
    point meta-ads at it.

    Raises:
        UsageError: the port is in use, or a file cannot be served.
    """
    scenario = load_scenario(options.scenario) if options.scenario else None
    replay = _replay(options)
    bound = listener(options.host, options.port)
    if exit_with_parent:
        end_with_parent()
    accounts = {replay.account.id: replay.account} if replay else seeded_accounts(options.seed)
    # On the real clock most recordings lie beyond the 37 months that the API looks back.
    now = options.now or (replay.suggested_now if replay else None)
    config = uvicorn.Config(
        sandbox_app(accounts, Clock(now), options, scenario),
        # asyncio's own loop: uvloop takes 100 ms to import and serves nothing faster here.
        loop="asyncio",
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        # The application sends it itself, because a fault may change it.
        date_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    with bound:
        _Server(config, partial(_hint, options, replay) if shows_hint else None).run(
            sockets=[bound]
        )


def _replay(options: SandboxOptions) -> ReplayAccount | None:
    if options.replay is None:
        return None
    how = Reading(
        columns=options.columns,
        currency=options.currency,
        date_order=options.date_order,
        decimal_mark=options.decimal_mark,
    )
    return load_replay(
        options.replay, how, account_id=options.account_id, timezone_name=options.timezone
    )


def _hint(options: SandboxOptions, replay: ReplayAccount | None, url: str) -> str:
    """How to point meta-ads at the sandbox."""
    if replay is None:
        proof = " META_APP_SECRET=..." if options.app_secret else ""
        is_guarded = proof or options.token
        return (_GUARDED_HINT if is_guarded else _DEMO_HINT).format(url=url, proof=proof)
    return _REPLAY_HINT.format(
        url=url,
        account_id=replay.account.id,
        first_day=replay.first_day,
        last_day=replay.last_day,
        now=replay.suggested_now,
    )


class _Protocol(HttpToolsProtocol):
    """Hands the connection to the application, so that a fault can cut it."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {CONNECTION: {"transport": self.transport}}


class _Server(uvicorn.Server):
    """Says on stdout where it listens as soon as it does, and then the hint on stderr."""

    def __init__(self, config: uvicorn.Config, hint: Callable[[str], str] | None) -> None:
        super().__init__(config)
        self._hint = hint

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        host, port = (sockets or [])[0].getsockname()[:2]
        url = f"http://{host}:{port}"
        sys.stdout.write(f"{LISTENING}{url}\n")
        sys.stdout.flush()
        if self._hint is not None:
            sys.stderr.write(f"{with_program(self._hint(url))}\n")
