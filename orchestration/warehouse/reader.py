"""The login with which `meta-ads sql` reads: it can do nothing else, whatever a statement asks for.

A session of the owner that took on a role would be the owner's again after `reset role`.
"""

import secrets

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from orchestration.errors import UsageError
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, connect, role_of, warehouse_url
from orchestration.warehouse.connection_errors import first_line
from orchestration.warehouse.libpq import url_parts
from orchestration.warehouse.opening import open_connection
from orchestration.warehouse.server_files import write_whole

PASSWORD_BYTES = 24
PURPOSE = "marts_reader"


def reader_address(settings: Settings) -> str | None:
    """What libpq connects the reader with; None where this login may not have one.

    The password is made once and kept in the state folder; the server gets it when it refuses the
    login. Secret.

    Raises:
        UsageError: the server does not let the reader in although its password is right.
    """
    with connect(settings, autocommit=True) as connection:
        role = role_of(connection, PURPOSE)
        if not role or not _is_ours(connection, role):
            return None
        password = _password(settings)
        parts = url_parts(warehouse_url(settings)) | {"user": role, "password": password}
        address = make_conninfo(**parts)
        if not _refusal(address, settings):
            return address
        if not _set_password(connection, role, password):
            return None
    if refusal := _refusal(address, settings):
        raise UsageError(
            f"The server does not let {role} in, with which meta-ads sql reads ({refusal}): let "
            "its pg_hba.conf allow that login with a password, or read with psql and a login of "
            "your own."
        )
    return address


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
    """What the server says against the login; empty where it lets it in."""
    try:
        open_connection(lambda: address, settings).close()
    except psycopg.OperationalError as error:
        return first_line(error)
    return ""


def _set_password(connection: Connection, role: str, password: str) -> bool:
    """False where another login made the role, which alone may change it."""
    # The server never sees the password itself, so neither does its log.
    verifier = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    ).decode()
    statement = sql.SQL("alter role {} password {}").format(sql.Identifier(role), verifier)
    try:
        connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege:
        return False
    except psycopg.errors.InternalError_:
        # Two that set it at once; theirs is the same unless it is another machine's.
        pass
    return True
