"""What the commands of `meta-ads clients` do: check and list the clients file, ask for accounts."""

from dataclasses import asdict
from pathlib import Path

from orchestration.cli.output.clients import print_accounts, print_clients, print_entries
from orchestration.cli.output.console import say
from orchestration.cli.output.documents import print_document
from orchestration.cli.session import Session
from orchestration.clients.model import load_clients
from orchestration.collection.api_access import (
    COMMON_TOKEN_VARIABLE,
    new_api_client,
    new_traffic,
    token_or_placeholder,
)
from orchestration.errors import MetaAdsError, UnreachableError, UsageError
from orchestration.meta_api.client import AccountFacts
from orchestration.meta_api.errors import MetaApiError, TokenDeadError, TransientError
from orchestration.meta_api.retry import RetryPolicy
from orchestration.secret_forms import variable_name
from orchestration.settings import Settings
from orchestration.text import plural
from orchestration.warehouse.connection import connect
from orchestration.warehouse.ledger.clients import known_clients, sync_clients


def check_file(path: Path) -> None:
    """Check a clients file and print how many clients it has.

    Raises:
        UsageError: the file has errors; the text names the line and field of each.
    """
    say(f"{path}: {plural(len(load_clients(path)), 'client')}, no error.")


def list_clients(session: Session) -> None:
    """List the clients of the clients file with what is known of their ad accounts."""
    with connect(session.settings) as connection:
        sync_clients(connection, session.clients)
        clients = known_clients(connection, session.client_ids)
    print_clients(clients)


def discover(settings: Settings, token_env: str | None, *, as_json: bool) -> None:
    """List the ad accounts that a token can read, and the entries that the clients file lacks.

    Raises:
        UsageError: `token_env` is no name of a variable, or there is no token.
        UnreachableError: Meta cannot be reached, or the token is dead.
        MetaAdsError: Meta refuses to list the accounts.
    """
    accounts = sorted(_accounts(settings, token_env), key=lambda account: account.name.lower())
    clients = load_clients(settings.clients_file) if settings.clients_file.exists() else []
    owners = {client.ad_account_id: client.client_id for client in clients}
    if as_json:
        documents = [asdict(a) | {"client_id": owners.get(f"act_{a.account_id}")} for a in accounts]
        print_document({"ad_accounts": documents})
        return
    print_accounts(accounts, owners)
    if missing := [account for account in accounts if f"act_{account.account_id}" not in owners]:
        taken = [client.client_id for client in clients]
        print_entries(missing, settings.clients_file.name, taken, token_env)


def _accounts(settings: Settings, token_env: str | None) -> list[AccountFacts]:
    try:
        token = token_or_placeholder(
            settings, settings.token(token_env and variable_name(token_env))
        )
    except ValueError as error:
        raise UsageError(f"--token-env {error}.") from None
    if token is None:
        raise UsageError(f"No token: set {token_env or COMMON_TOKEN_VARIABLE}.")
    traffic = new_traffic(settings)
    api = new_api_client(
        settings, token, RetryPolicy(settings.retry_delays, sleep=traffic.sleep), traffic
    )
    try:
        return [account for page in api.accounts() for account in page]
    except (TokenDeadError, TransientError) as error:
        raise UnreachableError(f"The ad accounts cannot be listed: {error}.") from None
    except MetaApiError as error:
        raise MetaAdsError(f"The ad accounts cannot be listed: {error}.") from None
