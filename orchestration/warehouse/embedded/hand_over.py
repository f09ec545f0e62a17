"""Gives an embedded warehouse of an earlier version an owner that is no superuser."""

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import sql

from orchestration.warehouse.embedded.owner import DATABASE, RIGHTS, ROLE, SUPERUSER, new_owner
from orchestration.warehouse.sql_files import read_sql

MOVER = "meta_ads_mover"
"""A superuser for the time of the change only: the old owner is renamed, and no login can rename
itself."""

Connection = psycopg.Connection[tuple[Any, ...]]
Url = Callable[[str, str, str], str]
"""The URL for a login, its password and a database."""


def separate_owner(url: Url, password: str, superuser_password: str) -> bool:
    """Make an owner that an earlier version made a superuser an ordinary login.

    If the process is killed, the next start goes on. True if there was something to do.

    Raises:
        psycopg.Error: the server does not answer.
    """
    if not _is_unfinished(url(ROLE, password, DATABASE)):
        return False
    mover, superuser = (
        url(MOVER, superuser_password, DATABASE),
        url(SUPERUSER, superuser_password, DATABASE),
    )
    with psycopg.connect(url(ROLE, password, DATABASE)) as connection:
        if _is_superuser(connection):
            _make_mover(connection, superuser_password)
    with psycopg.connect(mover) as connection:
        if _is_superuser(connection, ROLE):
            _rename(connection, password, superuser_password)
        others = connection.execute(
            "select datname from pg_database where datallowconn and datname <> 'template0'"
        ).fetchall()
    for (name,) in others:
        with psycopg.connect(url(MOVER, superuser_password, name)) as connection:
            for statement in RIGHTS:
                connection.execute(statement.encode())
            if name not in ("postgres", "template1"):
                connection.execute(read_sql(__file__, "hand_over"))
    with psycopg.connect(superuser) as connection:
        connection.execute(f"drop role {MOVER}".encode())
    return True


def _is_unfinished(owner_url: str) -> bool:
    with psycopg.connect(owner_url) as connection:
        row = connection.execute(
            "select bool_or(rolname = %s or rolsuper) from pg_roles where rolname in (%s, %s)",
            [MOVER, MOVER, ROLE],
        ).fetchone()
    return bool(row and row[0])


def _is_superuser(connection: Connection, role: str = ROLE) -> bool:
    row = connection.execute("select rolsuper from pg_roles where rolname = %s", [role]).fetchone()
    return bool(row and row[0])


def _make_mover(connection: Connection, password: str) -> None:
    connection.execute(f"drop role if exists {MOVER}".encode())
    connection.execute(
        sql.SQL("create role {} superuser login password {}").format(
            sql.Identifier(MOVER), password
        )
    )


def _rename(connection: Connection, password: str, superuser_password: str) -> None:
    """In one transaction: the first superuser gets its new name, the owner its own account."""
    connection.execute(f"alter role {ROLE} rename to {SUPERUSER}".encode())
    connection.execute(
        sql.SQL("alter role {} password {}").format(sql.Identifier(SUPERUSER), superuser_password)
    )
    connection.execute(new_owner(password)[0].encode())
    connection.execute(read_sql(__file__, "take_on_roles"))
