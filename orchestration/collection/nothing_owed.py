"""Whether a collection of what is owed would ask Meta anything; answered without asking."""

from collections.abc import Sequence

from orchestration.clients.model import Client
from orchestration.collection.accounts import with_stale_facts
from orchestration.collection.api_access import check_tokens
from orchestration.collection.plan import owed_windows
from orchestration.collection.request import CollectionRequest
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.ledger.clients import set_owed_since, sync_clients


def is_nothing_owed(
    settings: Settings, connection: Connection, clients: Sequence[Client], only: Sequence[str]
) -> bool:
    """Whether no day of these clients is owed and no account has to be asked about.

    Writes the clients to the ledger first, as each collection does. The connection is in
    autocommit.

    Raises:
        UsageError: no token is set at all.
    """
    check_tokens(settings, clients)
    with connection.transaction():
        sync_clients(connection, clients)
    chosen = CollectionRequest(clients=clients, run_id="", only=tuple(only)).chosen_clients()
    if with_stale_facts(connection, chosen):
        return False
    with connection.transaction():
        set_owed_since(connection, settings)
    return not owed_windows(connection, chosen)
