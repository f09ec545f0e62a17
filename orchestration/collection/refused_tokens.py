"""Tokens that were refused are asked about again, one cheap call each, beside all collections.

Meta has answered 190 to everybody for hours. Once `/me` answers, the token's clients are due at
once, and nobody has to do anything. A token that was renewed in the environment is seen so, too.
"""

import logging
from collections.abc import Sequence
from time import monotonic

from orchestration.clients.model import Client
from orchestration.collection.fetcher import client_of, new_traffic, token_of
from orchestration.meta_api.errors import MetaApiError
from orchestration.meta_api.retry import RetryPolicy
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.ledger.token_checks import note_token_check, refused_tokens

AGAIN_MINUTES = 30
"""How often a refused token is asked about."""
CALL_SECONDS = 15.0
MOST_SECONDS = 25.0
"""Then the other tokens wait for the next time: whoever asks has a minute in all."""
COMMON = "META_ACCESS_TOKEN"

log = logging.getLogger(__name__)


def try_refused_tokens(
    settings: Settings, connection: Connection, clients: Sequence[Client]
) -> list[str]:
    """Ask `/me` with every refused token that nobody asked about for a while.

    Returns the variables of those that answer again; what is owed for their clients is due then.
    `connection` is in autocommit, so that what was heard is kept.
    """
    by_name = {client.token_env or COMMON: client for client in clients}
    began, answering = monotonic(), []
    for name in refused_tokens(connection, [c.client_id for c in clients], AGAIN_MINUTES):
        if monotonic() - began > MOST_SECONDS:
            break
        is_answered = _answers(settings, by_name[name]) if name in by_name else False
        note_token_check(connection, name, is_answered=is_answered)
        if is_answered:
            log.warning("The token in %s works again", name)
            answering.append(name)
    return answering


def _answers(settings: Settings, client: Client) -> bool:
    token = token_of(settings, client)
    if token is None:
        return False
    api = client_of(
        settings, token, RetryPolicy(()), new_traffic(settings), call_seconds=CALL_SECONDS
    )
    try:
        api.check_token()
    except MetaApiError as error:
        log.info("The token in %s does not work yet: %s", client.token_env or COMMON, error)
        return False
    return True
