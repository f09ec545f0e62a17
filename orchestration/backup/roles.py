"""Passwords and settings of the project's roles: they belong to the server, not to the database."""

from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from psycopg import sql

from orchestration.warehouse.connection import Connection

PURPOSES = ("analyst", "loader", "transformer", "monitor")


@dataclass(frozen=True)
class Role:
    """A role of the project with its password and settings.

    `verifier` is what the server keeps of the password; None without a password, or where this
    login may not see it (`is_known` is false then).
    """

    purpose: str
    is_known: bool
    verifier: str | None
    settings: tuple[str, ...]


def read_roles(connection: Connection) -> list[Role]:
    """The roles that the ledger names, as far as the server has them."""
    row = connection.execute("select has_table_privilege('pg_authid', 'select')").fetchone()
    is_known = bool(row and row[0])
    catalog, verifier = ("pg_authid", "a.rolpassword") if is_known else ("pg_roles", "null")
    rows = connection.execute(
        sql.SQL(
            "select p.purpose, {verifier}, coalesce(s.setconfig, array[]::text[]) "
            "from unnest(%s::text[]) as p (purpose) "
            "join ops.settings as o on o.name = p.purpose || '_role' "
            "join {catalog} as a on a.rolname = o.value "
            "left join pg_db_role_setting as s on s.setrole = a.oid and s.setdatabase = 0"
        ).format(verifier=sql.SQL(verifier), catalog=sql.SQL(catalog)),
        [list(PURPOSES)],
    ).fetchall()
    return [Role(purpose, is_known, known, tuple(settings)) for purpose, known, settings in rows]


def write_roles(connection: Connection, roles: list[Role], *, but_for: set[str]) -> list[str]:
    """Give the roles that the restore made their former passwords and settings.

    Roles in `but_for` were there before and keep theirs. Returns the names of the roles whose
    password is not known. The connection is in autocommit.
    """
    without = []
    for role in roles:
        row = connection.execute("select ops.role_for(%s)", [role.purpose]).fetchone()
        name = row[0] if row else None
        if not name or name in but_for:
            continue
        try:
            for setting in role.settings:
                option, _, value = setting.partition("=")
                _alter(connection, name, sql.SQL("set {} = {}"), sql.Identifier(option), value)
            if role.verifier is not None:
                _alter(connection, name, sql.SQL("password {}{}"), sql.SQL(""), role.verifier)
        except psycopg.errors.InsufficientPrivilege:
            without.append(name)
            continue
        if not role.is_known:
            without.append(name)
    return without


def _alter(
    connection: Connection, name: str, change: sql.SQL, what: sql.Composable, value: str
) -> None:
    statement = sql.SQL("alter role {} ").format(sql.Identifier(name))
    connection.execute(statement + change.format(what, sql.Literal(value)))


def role_names(connection: Connection) -> set[str]:
    """The names of all roles of the server."""
    return {name for (name,) in connection.execute("select rolname from pg_roles").fetchall()}


def as_documents(roles: list[Role]) -> list[dict[str, Any]]:
    """The roles as JSON has them."""
    return [asdict(role) for role in roles]


def from_documents(documents: list[dict[str, Any]]) -> list[Role]:
    """The roles that `as_documents` wrote."""
    return [
        Role(**(document | {"settings": tuple(document["settings"])})) for document in documents
    ]
