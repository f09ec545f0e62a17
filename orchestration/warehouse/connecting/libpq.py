"""The warehouse's URL as libpq's parameters and variables, for psycopg, dbt and psql."""

from configparser import ConfigParser
from functools import cache
from pathlib import Path

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from orchestration.errors import UsageError

CONNECT_TIMEOUT_SECONDS = 10
SERVICE = "meta-ads"
SERVICE_FILE = Path(__file__).with_name("pg_service.conf")
PSQLRC = Path(__file__).with_name("psqlrc")


def url_parts(url: str) -> dict[str, str]:
    """The connection parameters in the URL.

    Raises:
        UsageError: it is no Postgres URL; the message holds no part of it.
    """
    try:
        return {name: str(value) for name, value in conninfo_to_dict(url).items()}
    except psycopg.ProgrammingError:
        raise UsageError(
            "WAREHOUSE_URL is not a Postgres URL: write postgresql://user:password@host:5432/name, "
            "with every character of the password that is no letter or digit percent-encoded."
        ) from None


def parameters(url: str) -> dict[str, str]:
    """The parameters for psycopg: the URL's, and limits on each wait for a server that is gone."""
    limits = {"connect_timeout": str(CONNECT_TIMEOUT_SECONDS), **_keepalives()}
    return limits | url_parts(url) | {"client_encoding": "utf8"}


@cache
def _keepalives() -> dict[str, str]:
    parser = ConfigParser()
    parser.read_string(SERVICE_FILE.read_text("utf-8"))
    return dict(parser[SERVICE])


def libpq_variables(url: str) -> dict[str, str]:
    """The URL as environment variables; what it does not name gets libpq's own default.

    Parameters for which libpq has no variable are left out; a list of hosts is kept.
    """
    parts = url_parts(url)
    variables = {
        option.keyword.decode(): option.envvar.decode()
        for option in pq.Conninfo.get_defaults()
        if option.envvar
    }
    named = {variables[name]: value for name, value in parts.items() if name in variables}
    user = parts.get("user", "")
    defaults = {"PGHOST": "localhost", "PGPORT": "5432", "PGUSER": user, "PGPASSWORD": ""}
    defaults |= {"PGDATABASE": user, "PGSERVICE": SERVICE, "PGSERVICEFILE": str(SERVICE_FILE)}
    return defaults | named
