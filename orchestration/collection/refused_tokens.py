"""Asks about refused tokens again, one cheap call for each, independently of collections.

Meta has refused every token with error 190 for hours. As soon as `/me` answers, what is owed for
the token's clients is due at once, and nobody has to do anything. A token that was replaced in the
environment is noticed in the same way.
"""

import logging
from collections.abc import Sequence
from time import monotonic

from orchestration.clients.model import Client
from orchestration.collection.api_access import (
    new_api_client,
    new_traffic,
    token_of,
    token_variable,
)
from orchestration.meta_api.errors import MetaApiError
from orchestration.meta_api.retry import RetryPolicy
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.ledger.token_checks import note_token_check, refused_tokens

CHECK_AGAIN_MINUTES = 30
"""How often a refused token is asked about."""
CALL_SECONDS = 15.0
MAX_SECONDS = 25.0
"""After this time the other tokens wait for the next time: the sensor that asks has a minute."""

log = logging.getLogger(__name__)


def try_refused_tokens(
    settings: Settings, connection: Connection, clients: Sequence[Client]
) -> list[str]:
    """Ask `/me` with every refused token that was not asked about recently.

    Returns the variables of tokens that work again; what is owed for their clients is due then.
    `connection` is in autocommit, so that each result is stored.
    """
    by_variable = {token_variable(client): client for client in clients}
    began, working = monotonic(), []
    client_ids = [client.client_id for client in clients]
    for variable in refused_tokens(connection, client_ids, CHECK_AGAIN_MINUTES):
        if monotonic() - began > MAX_SECONDS:
            break
        is_answered = variable in by_variable and _answers(settings, by_variable[variable])
        note_token_check(connection, variable, is_answered=is_answered)
        if is_answered:
            log.warning("The token in %s works again", variable)
            working.append(variable)
    return working


def _answers(settings: Settings, client: Client) -> bool:
    """Whether `/me` answers with the client's token."""
    token = token_of(settings, client)
    if token is None:
        return False
    api = new_api_client(
        settings, token, RetryPolicy(()), new_traffic(settings), call_seconds=CALL_SECONDS
    )
    try:
        api.check_token()
    except MetaApiError as error:
        log.info("The token in %s does not work yet: %s", token_variable(client), error)
        return False
    return True
