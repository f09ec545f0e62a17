"""`meta-ads refresh`: what it prints."""

import sys
from collections.abc import Sequence
from contextlib import suppress

from orchestration.cli.output.console import say_error
from orchestration.cli.output.watcher import Watcher
from orchestration.cli.session import Session
from orchestration.current_month.refresh import refresh_current_month
from orchestration.current_month.refresher import serve_refreshes
from orchestration.foreign_text import shown
from orchestration.process.logs import log_to
from orchestration.text import plural

HEALTHY, UNFINISHED = 0, 1


def refresh_once(session: Session, only: Sequence[str]) -> int:
    """Refresh the clients named, or all; returns the exit code."""
    for client_id in only:
        session.client(client_id)
    watcher = Watcher()
    done = refresh_current_month(session.settings, session.clients, only, watcher)
    watcher.end()
    for client_id, error in done.errors.items():
        say_error(f"{client_id}: {shown(str(error))} (its old value stays)")
    sys.stdout.write(f"{plural(len(done.fresh), 'client')} refreshed in {done.calls} calls.\n")
    return UNFINISHED if done.errors else HEALTHY


def listen_for_refreshes(session: Session) -> None:
    """Refresh what is asked for until interrupted."""
    log_to()
    say_error("Refreshing what reads of the KPIs ask for. Ctrl-C ends it.")
    with suppress(KeyboardInterrupt):
        serve_refreshes(session.settings, session.clients)
