"""What no message, receipt or error may show: the values of all secrets."""

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
from orchestration.settings.env_file import ENV_FILE

SHORTEST = 6
"""Characters: shorter values stand in innocent texts, too."""
SHORTEST_PART = 16
"""Characters of a path or a query that may be a secret: a token, but not `/services` or `?v=2`."""
HIDDEN = "***"


def secrets(settings: Settings, variables: Iterable[str] = ()) -> list[str]:
    """Every secret value that the settings hold, whole and as the parts that texts may quote.

    `variables` are environment variables that hold more of them: clients' tokens, routes' URLs.
    """
    found = [*_plain(settings), *_passwords(settings)]
    for url in (settings.slack_webhook_url, settings.webhook_url):
        found += _parts(_value(url))
    for variable in variables:
        found += _parts(environment(variable) or "")
    return sorted({value for value in found if len(value) >= SHORTEST})


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text with `***` in place of each secret of six characters or more."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST:
            text = text.replace(secret, HIDDEN)
    return text


def redact_all(value: Any, secrets: Sequence[str]) -> Any:
    """The same for every text in lists and mappings."""
    if isinstance(value, str):
        return redact(value, secrets)
    if isinstance(value, Mapping):
        return {name: redact_all(one, secrets) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(redact_all(one, secrets) for one in value)
    return value


def environment(variable: str) -> str | None:
    """A variable that a route or a client names, from the environment or `.env`."""
    return os.environ.get(variable) or dotenv_values(ENV_FILE).get(variable) or None


def known_secrets() -> list[str]:
    """Those of this process's settings, routes and clients; fewer where a file cannot be read."""
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
    """What puts `***` in place of the known secrets, and of what has a secret's form."""
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
    """As they are, and as they are written in a URL."""
    warehouse = _value(settings.warehouse_url)
    with suppress(psycopg.ProgrammingError):
        yield str(conninfo_to_dict(warehouse).get("password") or "")
    for url in (warehouse, _value(settings.smtp_url)):
        written = _split(url).password or ""
        yield from (written, unquote(written))


def _parts(value: str) -> Iterator[str]:
    """Of a URL the whole, the password, and what is long enough to be a token."""
    url = _split(value)
    if not url.netloc:
        yield value
        return
    # A bare host is no secret, and stands in links.
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


def hidden_values(
    settings: Settings, routes: Sequence[Route], clients: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """Every secret that a text might quote: of the settings, the routes, the clients' tokens."""
    named = {name for route in routes for c in route.channels().values() for name in c.variables}
    return secrets(settings, named | {client["token"] for client in clients.values()})
