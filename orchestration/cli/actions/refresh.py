"""What `meta-ads refresh` does: refresh the current month once, or whenever the KPI API asks."""

from collections.abc import Sequence
from contextlib import suppress

from orchestration.cli.exit_codes import DONE, UNFINISHED
from orchestration.cli.output.console import say, say_error
from orchestration.cli.output.watcher import Watcher
from orchestration.cli.session import Session
from orchestration.current_month.refresh import refresh_current_month
from orchestration.current_month.refresher import serve_refreshes
from orchestration.foreign_text import shown
from orchestration.process.logs import log_to
from orchestration.process.parent import exit_with_parent
from orchestration.text import plural

GRACE_SECONDS = 10.0
"""How long a refresh that is under way may take to end after its parent process has ended."""


def refresh_once(session: Session, only: Sequence[str]) -> int:
    """Refresh the clients named, or all; returns the exit code.

    Raises:
        UsageError: the clients file has no such client.
    """
    session.chosen(only)
    watcher = Watcher()
    refreshed = refresh_current_month(session.settings, session.clients, only, watcher)
    watcher.end()
    for client_id, error in refreshed.errors.items():
        say_error(f"{client_id}: {shown(str(error))} (its old value stays)")
    say(f"{plural(len(refreshed.fresh), 'client')} refreshed in {refreshed.calls} calls.")
    return UNFINISHED if refreshed.errors else DONE


def listen_for_refreshes(session: Session) -> None:
    """Refresh the clients that readers of the KPI API ask for, until Ctrl-C."""
    log_to()
    say_error("Refreshing what readers of the KPI API ask for. Ctrl-C ends it.")
    with suppress(KeyboardInterrupt):
        serve_refreshes(session.settings, session.clients)


def end_with_parent() -> None:
    """End this process when the one that started it has ended."""
    exit_with_parent(GRACE_SECONDS)
