"""The login of `meta-ads sql` and `export`, which can only read, whatever a statement asks for.

A session of the owner with a reader's role would not do: `reset role` makes it the owner's again.
"""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from orchestration.errors import UsageError
from orchestration.settings import Settings
from orchestration.warehouse.connecting.libpq import url_parts
from orchestration.warehouse.connecting.opening import open_connection
from orchestration.warehouse.connecting.server_errors import first_line
from orchestration.warehouse.connection import Connection, connect, role_of, warehouse_url
from orchestration.warehouse.embedded.files import write_whole

PASSWORD_BYTES = 24
PURPOSE = "marts_reader"
NONE_MADE = "no role was made for it"
"""No warning for this reason: the migration warns, and an analyst's own login needs no other."""

AS_OF = "meta_ads.as_of"
"""The session setting from which the schema marts_as_of takes its day."""

log = logging.getLogger(__name__)


@contextmanager
def reading(settings: Settings, as_of: date | None = None) -> Iterator[Connection]:
    """A read-only connection in one snapshot, with the login of the reader.

    Where this login may not have one, it reads with its own, as the analysts' role if it may take
    that on. `as_of` is the day that marts_as_of shows.

    Raises:
        UsageError: there is no reader, and this login is a superuser's.
    """
    address = reader_address(settings)
    with connect(settings, address=address) as connection:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        if address is None and (role := role_of(connection, "analyst")):
            connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
        if as_of is not None:
            connection.execute("select set_config(%s, %s, false)", [AS_OF, str(as_of)])
        yield connection


def reader_address(settings: Settings) -> str | None:
    """The address for libpq with the reader's login; None where this login may not make one.

    The password is made once and kept in the state folder; the server gets it when it refuses the
    login. Secret.

    Raises:
        UsageError: there is no reader, and this login is a superuser's.
    """
    with connect(settings, autocommit=True) as connection:
        address, reason = _reader(connection, settings)
        if address is None and _is_superuser(connection):
            raise UsageError(
                f"meta-ads sql has no login of its own here ({reason}), and the one in "
                "WAREHOUSE_URL is a superuser, which must not run statements that others wrote: "
                "name a login that is no superuser, or read with psql."
            )
    if address is None and reason != NONE_MADE:
        log.warning(
            "meta-ads sql has no login of its own here (%s): it reads with that of WAREHOUSE_URL, "
            "in a read-only transaction.",
            reason,
        )
    return address


def _reader(connection: Connection, settings: Settings) -> tuple[str | None, str]:
    """The reader's address, or None and the reason."""
    role = role_of(connection, PURPOSE)
    if not role:
        return None, NONE_MADE
    if not _is_ours(connection, role):
        return None, f"the role {role} is somebody else's; META_ADS_ROLE_PREFIX sets another name"
    password = _password(settings)
    parts = url_parts(warehouse_url(settings)) | {"user": role, "password": password}
    address = make_conninfo(**parts)
    if not _refusal(address, settings):
        return address, ""
    if not _set_password(connection, role, password):
        return None, f"the password of {role} cannot be set"
    refusal = _refusal(address, settings)
    return (None, f"{role} is not let in: {refusal}") if refusal else (address, "")


def _is_superuser(connection: Connection) -> bool:
    row = connection.execute(
        "select rolsuper from pg_roles where rolname = session_user"
    ).fetchone()
    return bool(row and row[0])


def _is_ours(connection: Connection, role: str) -> bool:
    """Whether this project made the role: the password of anybody else's is left alone."""
    row = connection.execute(
        "select starts_with(shobj_description(oid, 'pg_authid'), 'meta-ads-warehouse:') "
        "from pg_roles where rolname = %s",
        [role],
    ).fetchone()
    return bool(row and row[0])


def _password(settings: Settings) -> str:
    path = settings.home / "reader_password"
    if not path.exists():
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, secrets.token_urlsafe(PASSWORD_BYTES), 0o600)
    return path.read_text("utf-8")


def _refusal(address: str, settings: Settings) -> str:
    """Why the server refuses the login; empty where it accepts it."""
    try:
        open_connection(lambda: address, settings).close()
    except psycopg.OperationalError as error:
        return first_line(error)
    return ""


def _set_password(connection: Connection, role: str, password: str) -> bool:
    """False where it cannot: another login made the role, or the database takes no writes."""
    # The server never sees the password itself, so neither does its log.
    verifier = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    ).decode()
    statement = sql.SQL("alter role {} password {}").format(sql.Identifier(role), verifier)
    try:
        connection.execute(statement)
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction):
        return False
    except psycopg.errors.InternalError_:
        # Two that set it at once; theirs is the same unless it is another machine's.
        pass
    return True
