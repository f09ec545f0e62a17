"""Asks Meta once a day what the campaigns are: objective, state and budgets.

No number depends on it: where it fails, the campaigns stay described as they were.
"""

import logging
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from orchestration.clients.model import Client
from orchestration.collection.fetcher import Fetcher
from orchestration.collection.isolation import isolated
from orchestration.meta_api.errors import CancelledError, MetaApiError, TransientError
from orchestration.meta_api.money import budget
from orchestration.meta_api.paging import Row
from orchestration.progress import Progress
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.ledger.campaigns import Campaign, clients_to_list, save_campaigns

log = logging.getLogger(__name__)


def refresh_campaigns(
    connection: Connection,
    settings: Settings,
    fetcher: Fetcher,
    clients: Sequence[Client],
    progress: Progress,
) -> None:
    """List the campaigns of these clients, as far as that was not done for a day.

    Clients whose account has to wait for Meta are left for the next collection.
    """
    currencies = clients_to_list(connection, [client.client_id for client in clients])
    stale = [client for client in clients if client.client_id in currencies]
    if not stale:
        return
    progress.stage("Asking about campaigns", len(stale), "account")
    listing = _Listing(fetcher, most_failures=max(2, settings.concurrency))
    pool = ThreadPoolExecutor(settings.concurrency, thread_name_prefix="meta-api")
    try:
        for client, rows in zip(stale, pool.map(listing.rows, stale), strict=True):
            if rows is not None:
                _save(connection, client.client_id, rows, currencies[client.client_id])
            fetcher.share_limits(connection)
            progress.step(client.client_id)
    except BaseException:
        fetcher.cancel()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


@dataclass
class _Listing:
    """Lists the campaigns of one client after the other, from several threads.

    An outage would cost each client all its attempts, and the build waits: after `most_failures`
    in a row nobody else is asked.
    """

    fetcher: Fetcher
    most_failures: int
    failures: int = 0

    def rows(self, client: Client) -> list[Row] | None:
        """The rows of a client's campaigns; None where they cannot be listed now."""
        # Asked only now: a pause may be what a listing before this one was told.
        if self.failures >= self.most_failures or self.fetcher.has_to_pause(client):
            return None
        try:
            with isolated("read"):
                rows = [*self.fetcher.campaigns(client)]
        except CancelledError:
            raise
        except MetaApiError as error:
            self.failures += isinstance(error, TransientError)
            log.warning("%s: the campaigns cannot be listed: %s", client.client_id, error)
            return None
        self.failures = 0
        return rows


def _save(connection: Connection, client_id: str, rows: Iterable[Row], currency: str) -> None:
    try:
        with isolated("kept"), connection.transaction():
            save_campaigns(connection, client_id, _described(rows, currency))
    except MetaApiError as error:
        log.warning("%s: the campaigns cannot be kept: %s", client_id, error)


def _described(rows: Iterable[Row], currency: str) -> list[Campaign]:
    """A description of each campaign, once."""
    by_id = {
        str(row["id"]): Campaign(
            campaign_id=str(row["id"]),
            objective=_text(row.get("objective")),
            effective_status=_text(row.get("effective_status")),
            daily_budget=budget(row.get("daily_budget"), currency),
            lifetime_budget=budget(row.get("lifetime_budget"), currency),
            currency=currency,
        )
        for row in rows
        if row.get("id")
    }
    return [*by_id.values()]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
