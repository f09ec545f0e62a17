"""API clients as the settings say, and the token of each client."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import SecretStr

from orchestration.clients.model import Client
from orchestration.errors import UsageError
from orchestration.meta_api.client import InsightsClient
from orchestration.meta_api.retry import RetryPolicy
from orchestration.meta_api.throttling.traffic import Traffic
from orchestration.settings import Settings
from orchestration.settings.env_file import META_URL
from orchestration.settings.places import env_files

COMMON_TOKEN_VARIABLE = "META_ACCESS_TOKEN"
"""The variable of clients that name no other."""
PLACEHOLDER_TOKEN = "sandbox"
"""Sent where META_API_URL names a server other than Meta's and no token is set."""


def new_traffic(settings: Settings) -> Traffic:
    """The budgets of one run, as the settings say."""
    return Traffic(
        calls=settings.call_budget,
        wait_seconds=settings.wait_budget_seconds,
        concurrency=settings.concurrency,
    )


def new_api_client(
    settings: Settings, token: SecretStr, policy: RetryPolicy, traffic: Traffic, **options: Any
) -> InsightsClient:
    """An API client as the settings say; the options are those of `Graph`."""
    return InsightsClient(
        settings.api_url,
        settings.api_version,
        token,
        app_secret=settings.app_secret,
        policy=policy,
        traffic=traffic,
        **options,
    )


def token_variable(client: Client) -> str:
    """The environment variable that holds the client's token."""
    return client.token_env or COMMON_TOKEN_VARIABLE


def token_of(settings: Settings, client: Client) -> SecretStr | None:
    """The client's token; a placeholder where the API is not Meta's own and none is set."""
    return token_or_placeholder(settings, settings.token(client.token_env))


def token_or_placeholder(settings: Settings, token: SecretStr | None) -> SecretStr | None:
    """The token, or the placeholder that a sandbox accepts."""
    if token is None and settings.api_url != META_URL:
        return SecretStr(PLACEHOLDER_TOKEN)
    return token


def by_token(settings: Settings, clients: Iterable[Client]) -> list[list[Client]]:
    """The clients in groups that share a token."""
    groups: dict[str, list[Client]] = {}
    for client in clients:
        token = token_of(settings, client)
        groups.setdefault(token.get_secret_value() if token else "", []).append(client)
    return list(groups.values())


def check_tokens(settings: Settings, clients: Sequence[Client]) -> None:
    """Stop before any call if no client has a token.

    Raises:
        UsageError: names the missing variables.
    """
    if any(token_of(settings, client) for client in clients):
        return
    names = sorted({token_variable(client) for client in clients})
    files = " or ".join(map(str, env_files()))
    raise UsageError(
        f"No token: set {', '.join(names)} to a system user's token with ads_read, in the "
        f"environment or in {files}."
    )
