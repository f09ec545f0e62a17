"""Connections to the warehouse: the user's own server, or the embedded one, started on demand."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict

from orchestration.errors import MetaAdsError, UnreachableError, UsageError
from orchestration.settings import Settings

CONNECT_TIMEOUT_SECONDS = 10
OLDEST_SERVER = 150000
"""Postgres 15, as `server_version` counts."""

Connection = psycopg.Connection[tuple[Any, ...]]


def warehouse_url(settings: Settings) -> str:
    """The URL of the warehouse; starts the embedded server if no other is named.

    Secret: holds a password.
    """
    if settings.warehouse_url is not None:
        return settings.warehouse_url.get_secret_value()
    from orchestration.warehouse.server import EmbeddedServer

    return EmbeddedServer(settings.home, settings.system_data).ensure_running()


def session_options(settings: Settings) -> str:
    """The libpq `options` that hand business time to SQL (`ops.business_now()`)."""
    options = "-c TimeZone=UTC"
    if settings.now_override is not None:
        options += f" -c meta_ads.now={settings.now_override.strftime('%Y-%m-%dT%H:%M:%SZ')}"
    return options


def libpq_environment(settings: Settings) -> dict[str, str]:
    """The variables under which psql, dbt and every libpq program reach the warehouse.

    Raises:
        UsageError: WAREHOUSE_URL is no URL.
    """
    parts = _parts(warehouse_url(settings))
    names = {"host": "localhost", "port": "5432", "user": "", "password": "", "dbname": ""}
    variables = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER"}
    variables |= {"password": "PGPASSWORD", "dbname": "PGDATABASE"}
    found = {variables[name]: str(parts.get(name) or names[name]) for name in variables}
    if parts.get("sslmode"):
        found["PGSSLMODE"] = str(parts["sslmode"])
    found["PGDATABASE"] = found["PGDATABASE"] or found["PGUSER"]
    return found | {"PGOPTIONS": session_options(settings)}


@contextmanager
def connect(settings: Settings, *, autocommit: bool = False) -> Iterator[Connection]:
    """A connection in its own transaction: committed at the end, rolled back on an error.

    Raises:
        UnreachableError: no answer, wrong password, or the connection was lost on the way.
        UsageError: the server is older than Postgres 15, or the URL is none.
    """
    url = warehouse_url(settings)
    _parts(url)
    try:
        with psycopg.connect(
            url,
            autocommit=autocommit,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            application_name="meta-ads",
            options=session_options(settings),
        ) as connection:
            _check_version(connection)
            yield connection
    except psycopg.errors.DiskFull as error:
        raise MetaAdsError(
            f"The warehouse's disk is full ({_first_line(error)}): nothing of this step was kept. "
            "Free space and run again."
        ) from error
    except psycopg.OperationalError as error:
        raise UnreachableError(
            f"The warehouse cannot be reached ({_first_line(error)}): check WAREHOUSE_URL, or, "
            "without one, `meta-ads server status`."
        ) from error


def role_of(connection: Connection, purpose: str) -> str:
    """The role made for `analyst`, `transformer`, ..., if this login may take it on; else empty."""
    row = connection.execute("select ops.role_for(%s)", [purpose]).fetchone()
    return row[0] if row and row[0] else ""


def storable(text: str) -> str:
    """The text as Postgres takes it: the replacement character stands for what it does not."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "\ufffd")


def display_url(url: str) -> str:
    """The URL without its password, for people."""
    parts = _parts(url)
    user, host = parts.get("user", ""), parts.get("host", "localhost")
    return f"postgresql://{quote(str(user))}@{host}:{parts.get('port', 5432)}/{parts.get('dbname')}"


def _parts(url: str) -> dict[str, Any]:
    try:
        parts: dict[str, Any] = dict(conninfo_to_dict(url))
    except psycopg.ProgrammingError:
        raise UsageError(
            "WAREHOUSE_URL is not a Postgres URL: write postgresql://user:password@host:5432/name."
        ) from None
    return parts


def _check_version(connection: Connection) -> None:
    version = connection.info.server_version
    if version < OLDEST_SERVER:
        raise UsageError(
            f"The warehouse is Postgres {version // 10000}: Postgres 15 or newer is needed."
        )


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
