"""Asks Meta about the clients' ad accounts once a day: name, currency, time zone, status."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from zoneinfo import ZoneInfo

import psycopg

from orchestration.clients.model import Client
from orchestration.collection.api_access import by_token
from orchestration.collection.fetcher import Fetcher
from orchestration.collection.isolation import isolated
from orchestration.meta_api.client import AccountFacts
from orchestration.meta_api.errors import (
    AccountChangedError,
    MetaApiError,
    TokenDeadError,
    TransientError,
    VersionRetiredError,
)
from orchestration.meta_api.fields import ACTIVE
from orchestration.progress import Progress
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.ledger.accounts import facts_differ
from orchestration.warehouse.ledger.clients import known_clients, save_account_facts

FactsOrError = AccountFacts | MetaApiError
log = logging.getLogger(__name__)


def refresh_account_facts(
    connection: Connection,
    settings: Settings,
    fetcher: Fetcher,
    clients: Sequence[Client],
    progress: Progress,
) -> dict[str, MetaApiError]:
    """Ask about accounts that are unknown or were not asked about for a day.

    Returns the errors by client id.
    """
    stale = with_stale_facts(connection, clients)
    progress.stage("Asking about ad accounts", len(stale), "account")
    errors: dict[str, MetaApiError] = {}
    fetcher.share_limits(connection)
    pool = ThreadPoolExecutor(settings.concurrency, thread_name_prefix="meta-api")
    try:
        for client, facts in _facts_of(pool, fetcher, by_token(settings, stale)):
            try:
                with isolated("kept"):
                    _save(connection, client.client_id, facts)
            except MetaApiError as error:
                log.error("%s: %s", client.client_id, error)
                errors[client.client_id] = error
            fetcher.share_limits(connection)
            progress.step(client.client_id)
    except BaseException:
        fetcher.cancel()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return errors


def with_stale_facts(connection: Connection, clients: Sequence[Client]) -> list[Client]:
    """The clients whose accounts are unknown or were not asked about for a day."""
    known = known_clients(connection, [client.client_id for client in clients])
    fresh = {k.client_id for k in known if k.facts_are_fresh}
    return [client for client in clients if client.client_id not in fresh]


def _facts_of(
    pool: Executor, fetcher: Fetcher, groups: Sequence[Sequence[Client]]
) -> Iterator[tuple[Client, FactsOrError]]:
    """The facts of every client, from one listing for each token, else one by one."""
    rest: list[Client] = []
    listings = pool.map(lambda group: _listed(fetcher, group), groups)
    for group, listed in zip(groups, listings, strict=True):
        for client in group:
            if client.client_id in listed:
                yield client, listed[client.client_id]
            else:
                rest.append(client)
    yield from zip(rest, pool.map(lambda client: _facts(fetcher, client), rest), strict=True)


def _listed(fetcher: Fetcher, clients: Sequence[Client]) -> Mapping[str, FactsOrError]:
    """The result of one listing, by client id. Clients that it lacks are to be asked one by one.

    A listing concerns no account: if it is refused, the token is dead. After another error one
    account is asked, which shows whether it is of any use to ask the others.
    """
    try:
        return fetcher.listed_facts(clients)
    except (TokenDeadError, VersionRetiredError) as error:
        return dict.fromkeys((c.client_id for c in clients), error)
    except MetaApiError as error:
        log.warning("The ad accounts cannot be listed: %s", error)
        facts = _facts(fetcher, clients[0])
        if isinstance(facts, TransientError):
            return dict.fromkeys((c.client_id for c in clients), facts)
        return {clients[0].client_id: facts}


def _facts(fetcher: Fetcher, client: Client) -> FactsOrError:
    try:
        return fetcher.facts(client)
    except MetaApiError as error:
        return error


def _save(connection: Connection, client_id: str, facts: FactsOrError) -> None:
    """Store what Meta says about an account.

    Raises:
        MetaApiError: Meta answered with an error, or the time zone is unknown here.
        AccountChangedError: currency or time zone are not those of the stored days.
    """
    if isinstance(facts, MetaApiError):
        raise facts
    if facts.status not in (None, ACTIVE):
        log.warning("%s: Meta calls the ad account %s", client_id, facts.status_in_words)
    try:
        ZoneInfo(facts.timezone_name)
        if reason := facts_differ(connection, client_id, facts.currency, facts.timezone_name):
            raise AccountChangedError(reason)
        with connection.transaction():
            save_account_facts(
                connection,
                client_id,
                name=facts.name,
                currency=facts.currency,
                timezone_name=facts.timezone_name,
                account_status=facts.status,
            )
    except (LookupError, ValueError, OSError, psycopg.errors.InvalidParameterValue):
        # An unknown zone of one account would break the view of what all clients owe.
        raise MetaApiError(
            f"the account's time zone {facts.timezone_name!r} is unknown to this machine or to the "
            "warehouse's server: update tzdata there"
        ) from None
