"""Restores a backup into an installation that holds no data yet."""

import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import orjson
from psycopg import sql

from orchestration.backup.backup import ABOUT, CLIENTS, DAGSTER, DUMP, FORMAT, ROLES, dagster_home
from orchestration.backup.dagster_files import database_files
from orchestration.backup.programs import SCHEMAS, restore
from orchestration.backup.roles import Role, from_documents, role_names, write_roles
from orchestration.errors import UsageError
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, connect
from orchestration.warehouse.migrations import migrate, migrations

END_WORK = """
update ops.builds set state = 'superseded', finished_at = clock_timestamp() where state = 'running';
delete from ops.collection_leases;
update ops.alert_messages set lease_owner = null, leased_until = null where lease_owner is not null;
"""
"""Ends the builds, claims and deliveries that were under way when the backup was made."""


@dataclass(frozen=True)
class Restored:
    """What was restored.

    `without_password` are roles that need a new password, `left_alone` files that were there
    already.
    """

    clients: int
    publications: int
    without_password: list[str]
    left_alone: list[Path]


def restore_from(settings: Settings, path: Path) -> Restored:
    """Restore the backup into this installation; the warehouse in one transaction.

    Dagster's records are in the warehouse. The clients file, and SQLite files of a DAGSTER_HOME of
    one's own, are only written where there are none yet.

    Raises:
        UsageError: no backup, a backup of a newer program, or the warehouse holds data.
        MetaAdsError: pg_restore failed; the warehouse is empty then.
    """
    with _archive(path) as archive:
        _check(path, orjson.loads(archive.read(ABOUT)))
        with connect(settings, autocommit=True) as connection:
            before = role_names(connection)
            _make_room(connection)
        with archive.open(DUMP) as source:
            restore(settings, source)
        migrate(settings)
        roles = from_documents(orjson.loads(archive.read(ROLES)))
        without_password = _restore_roles(settings, roles, before)
        left_alone = [*_clients_file(archive, settings), *_dagster(archive, dagster_home(settings))]
    with connect(settings) as connection:
        row = connection.execute(
            "select (select count(*) from ops.clients), (select count(*) from ops.publications)"
        ).fetchone()
    assert row is not None
    return Restored(row[0], row[1], without_password, left_alone)


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            if not {ABOUT, DUMP, ROLES} <= set(archive.namelist()):
                raise zipfile.BadZipFile
            yield archive
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}.") from None
    except (zipfile.BadZipFile, OSError) as error:
        if isinstance(error, OSError) and error.filename is None:
            raise
        raise UsageError(
            f"{path} is no backup of meta-ads, or not whole: take the one before it."
        ) from None


def _check(path: Path, about: dict[str, Any]) -> None:
    newest = migrations()[-1].number
    if about["format"] > FORMAT or about["schema"] > newest:
        raise UsageError(
            f"{path} was made by meta-ads-warehouse {about['made_by']} (schema {about['schema']}), "
            f"which is newer than this program (schema {newest}): upgrade it first."
        )


def _make_room(connection: Connection) -> None:
    """Drop the schemas of a warehouse without data, which any command may have made.

    Raises:
        UsageError: it holds data.
    """
    with connection.transaction():
        table = connection.execute("select to_regclass('ops.receipts')::text").fetchone()
        if table and table[0]:
            held = connection.execute(
                "select (select count(*) from ops.clients), exists (select from ops.receipts)"
            ).fetchone()
            if held and (held[0] or held[1]):
                raise UsageError(
                    f"This warehouse holds data of {held[0]} clients: restore into an empty one. "
                    "Name another by META_ADS_HOME or WAREHOUSE_URL; or make a backup of this one, "
                    "then delete it: meta-ads server stop --remove-data"
                )
        for name in SCHEMAS:
            statement = sql.SQL("drop schema if exists {} cascade")
            connection.execute(statement.format(sql.Identifier(name)))


def _restore_roles(settings: Settings, roles: list[Role], before: set[str]) -> list[str]:
    with connect(settings) as connection:
        connection.execute(END_WORK)
    with connect(settings, autocommit=True) as connection:
        return write_roles(connection, roles, but_for=before)


def _clients_file(archive: zipfile.ZipFile, settings: Settings) -> Iterator[Path]:
    if CLIENTS not in archive.namelist():
        return
    path = settings.clients_file
    content = archive.read(CLIENTS)
    if path.exists():
        if path.read_bytes() != content:
            yield path
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _dagster(archive: zipfile.ZipFile, home: Path) -> Iterator[Path]:
    names = [name for name in archive.namelist() if name.startswith(DAGSTER)]
    if not names:
        return
    if home.is_dir() and database_files(home):
        yield home
        return
    for name in names:
        below = PurePosixPath(name.removeprefix(DAGSTER))
        if below.is_absolute() or ".." in below.parts:
            raise UsageError(f"The backup names a file outside of Dagster's folder: {below}.")
        path = home / below
        path.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(name) as source, path.open("wb") as target:
            shutil.copyfileobj(source, target)
