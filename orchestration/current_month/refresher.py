"""A process that refreshes the running month of clients as soon as the KPI API asks for it."""

import logging
import time
from collections.abc import Sequence

from orchestration.clients.model import Client
from orchestration.current_month.cache import (
    REFRESHER,
    REQUESTED,
    claim_requests,
    close_requests,
)
from orchestration.current_month.refresh import refresh_current_month
from orchestration.errors import UnreachableError
from orchestration.process.owner import build_owner
from orchestration.settings import Settings
from orchestration.warehouse.clock import database_clock
from orchestration.warehouse.connection import connect
from orchestration.warehouse.heartbeats import beat

LOOK_SECONDS = 15
"""How often it writes its heartbeat, and looks for requests that it was not notified of."""
BEAT_SECONDS = 60
"""The longest time between two heartbeats: during a refresh it writes none."""
RECONNECT_SECONDS = 5.0
"""The pause after the connection to the warehouse was lost."""

log = logging.getLogger(__name__)


def serve_refreshes(settings: Settings, clients: Sequence[Client]) -> None:
    """Refresh what is asked for until interrupted; a lost warehouse is waited for."""
    while True:
        try:
            _listen(settings, clients)
        except UnreachableError as error:
            log.warning("%s Again in %.0f s", error, RECONNECT_SECONDS)
            time.sleep(RECONNECT_SECONDS)


def _listen(settings: Settings, clients: Sequence[Client]) -> None:
    owner = build_owner()
    with connect(settings, autocommit=True) as connection:
        connection.execute(f"listen {REQUESTED}")
        while True:
            beat(connection, REFRESHER, BEAT_SECONDS)
            if wanted := claim_requests(connection, owner):
                read_at = database_clock(connection)
                reason = _refresh(settings, clients, wanted)
                close_requests(connection, wanted, reason, until=read_at)
            for _ in connection.notifies(timeout=LOOK_SECONDS, stop_after=1):
                pass


def _refresh(settings: Settings, clients: Sequence[Client], wanted: Sequence[str]) -> str:
    """Refresh these clients; returns the reason for those that are not refreshed."""
    try:
        refresh_current_month(settings, clients, wanted)
    except UnreachableError:
        raise
    except Exception as error:
        # The reader gets the reason, and the next request is tried: a missing token may be set.
        reason = f"{type(error).__name__}: {error}"
        log.error("The refresh of %s failed: %s", ", ".join(wanted), reason)
        return reason
    return "the client does not advertise today"
