"""Finds the values of all secrets, and replaces them in texts: messages, receipts, errors."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import psycopg
from dotenv import dotenv_values
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from orchestration.clients.model import load_clients
from orchestration.clients.routes import Route, load_routes
from orchestration.errors import UsageError
from orchestration.secret_forms import masked
from orchestration.settings import Settings, load_settings
from orchestration.settings.places import env_file

SHORTEST = 6
"""Characters: shorter values also occur in harmless texts."""
SHORTEST_PART = 16
"""Characters of a part of a URL that may be a secret: a token, but not `/services` or `?v=2`."""
HIDDEN = "***"


def secrets(settings: Settings, variables: Iterable[str] = ()) -> list[str]:
    """Every secret value of the settings, whole and as the parts that texts may quote.

    `variables` are environment variables with more secrets: clients' tokens, routes' URLs.
    """
    values = [*_plain(settings), *_passwords(settings)]
    for url in (settings.slack_webhook_url, settings.webhook_url):
        values += _parts(_value(url))
    for variable in variables:
        values += _parts(environment(variable) or "")
    return sorted({value for value in values if len(value) >= SHORTEST})


def hidden_values(
    settings: Settings, routes: Sequence[Route], clients: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """Every secret that a text might quote: of the settings, the routes, the clients' tokens."""
    variables = {name for route in routes for name in route.variables}
    return secrets(settings, variables | {client["token"] for client in clients.values()})


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text with `***` in place of each secret of six characters or more."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST:
            text = text.replace(secret, HIDDEN)
    return text


def redact_all(value: Any, secrets: Sequence[str]) -> Any:
    """The same for every text in lists and mappings, however deep."""
    if isinstance(value, str):
        return redact(value, secrets)
    if isinstance(value, Mapping):
        return {name: redact_all(inner, secrets) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(redact_all(inner, secrets) for inner in value)
    return value


def environment(variable: str) -> str | None:
    """The value of a variable that a route or a client names, from the environment or `.env`."""
    return os.environ.get(variable) or dotenv_values(env_file()).get(variable) or None


def known_secrets() -> list[str]:
    """The secrets of this process: settings, routes, clients; fewer if a file cannot be read."""
    try:
        settings = load_settings()
    except UsageError:
        return []
    variables: set[str] = set()
    with suppress(UsageError):
        variables |= {c.token_env for c in load_clients(settings.clients_file) if c.token_env}
    with suppress(UsageError):
        routes = load_routes(settings.clients_file)
        variables |= {name for route in routes for name in route.variables}
    return secrets(settings, variables)


def hider() -> Callable[[str], str]:
    """A function that puts `***` in place of known secrets and of what looks like a secret."""
    known = known_secrets()
    return lambda text: masked(redact(text, known))


def _plain(settings: Settings) -> Iterator[str]:
    for value in (
        settings.access_token,
        settings.app_secret,
        settings.admin_token,
        settings.cookie_secret,
    ):
        yield _value(value)
    secret = _value(settings.webhook_secret)
    yield from (secret, secret.removeprefix("whsec_"))
    for part in _value(settings.kpi_tokens).split(";"):
        yield part.partition("=")[0].strip()


def _passwords(settings: Settings) -> Iterator[str]:
    """The passwords as they are, and as they are written in a URL."""
    warehouse = _value(settings.warehouse_url)
    with suppress(psycopg.ProgrammingError):
        yield str(conninfo_to_dict(warehouse).get("password") or "")
    for url in (warehouse, _value(settings.smtp_url)):
        written = _split(url).password or ""
        yield from (written, unquote(written))


def _parts(value: str) -> Iterator[str]:
    """The whole URL, its password, and the parts that are long enough to be a token."""
    url = _split(value)
    if not url.netloc:
        yield value
        return
    # A host alone is no secret, and occurs in links.
    if url.path.strip("/") or url.query:
        yield value
    yield from (url.password or "", unquote(url.password or ""))
    pieces = [*url.path.split("/"), *(piece for _, piece in parse_qsl(url.query))]
    for piece in pieces:
        if len(piece) >= SHORTEST_PART:
            yield from (piece, unquote(piece))


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.password
    except ValueError:
        return urlsplit("")
    return parts


def _value(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
