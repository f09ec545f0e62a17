"""Writes a backup: one file, whole or not at all, consistent while runs go on."""

import os
import secrets
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from orchestration.backup.dagster_files import copies
from orchestration.backup.programs import dump
from orchestration.backup.roles import as_documents, read_roles
from orchestration.errors import MetaAdsError, UsageError
from orchestration.process.current_folder import whole_path
from orchestration.settings import Settings
from orchestration.warehouse.connection import (
    Connection,
    connect,
    display_url,
    is_still_to_be_made,
)

ABOUT, DUMP, ROLES, CLIENTS, DAGSTER = (
    "backup.json",
    "warehouse.dump",
    "roles.json",
    "clients.yml",
    "dagster/",
)
"""What the file, a zip archive, holds. `backup.json` comes last: without it, it is no backup."""
FORMAT = 1
NOTHING_TO_BACK_UP = (
    "nothing was backed up. META_ADS_HOME and WAREHOUSE_URL name the warehouse, and meta-ads where "
    "shows which one that is."
)
"""A nightly job of another place would put empty backups in the place of good ones."""


@dataclass(frozen=True, kw_only=True)
class Backup:
    """What was written: bytes, counts of the ledger, and Dagster's databases."""

    path: Path
    size: int
    clients: int
    client_days: int
    publications: int
    dagster_files: int
    has_clients_file: bool


def check_is_there(settings: Settings) -> None:
    """Check that there is a warehouse, before the embedded server would make an empty one.

    Raises:
        UsageError: there is none; names the place.
    """
    if is_still_to_be_made(settings):
        raise UsageError(f"There is no warehouse in {settings.home}: {NOTHING_TO_BACK_UP}")


def back_up(settings: Settings, path: Path) -> Backup:
    """Write the installation to a new file that only its owner may read.

    The warehouse must have this program's schema. The file holds no secrets of the environment and
    of `.env`, but it holds the verifiers that the server keeps of the roles' passwords.

    Raises:
        UsageError: there is such a file, or its folder is missing; or the warehouse has neither
            clients nor receipts.
        MetaAdsError: pg_dump failed, or the disk is full.
    """
    path = whole_path(path)
    if path.exists():
        raise UsageError(f"{path} is there already: name another file, or move that one away.")
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent}: make it first.")
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w+b") as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
                about = _write(settings, archive)
            stream.flush()
            os.fsync(descriptor)
        size = draft.stat().st_size
        # A link, not a rename: a file of that name that another program made now is not replaced.
        os.link(draft, path)
    except FileExistsError:
        raise UsageError(f"{path} is there already: name another file.") from None
    except OSError as error:
        raise MetaAdsError(
            f"The backup cannot be written to {path}: {error.strerror or error}. Nothing was kept."
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return Backup(path=path, size=size, **about)


def _write(settings: Settings, archive: zipfile.ZipFile) -> dict[str, Any]:
    with connect(settings) as connection:
        _refuse_empty(connection, settings)
        roles = read_roles(connection)
        described, figures = _description(connection), _figures(connection)
    # Stored, not compressed: pg_dump compresses by itself.
    with archive.open(DUMP, "w", force_zip64=True) as target:
        dump(settings, target)
    archive.writestr(ROLES, orjson.dumps(as_documents(roles)))
    has_clients_file = settings.clients_file.is_file()
    if has_clients_file:
        archive.write(settings.clients_file, CLIENTS)
    dagster_files = 0
    for name, copy in copies(dagster_home(settings)):
        archive.write(copy, f"{DAGSTER}{name.as_posix()}", zipfile.ZIP_DEFLATED)
        dagster_files += 1
    figures |= {"dagster_files": dagster_files, "has_clients_file": has_clients_file}
    archive.writestr(ABOUT, orjson.dumps(described | figures))
    return figures


def dagster_home(settings: Settings) -> Path:
    """The folder of Dagster's records."""
    return Path(os.environ.get("DAGSTER_HOME", settings.dagster_home))


def _description(connection: Connection) -> dict[str, Any]:
    row = connection.execute(
        "select max(number), current_setting('server_version') from ops.migrations"
    ).fetchone()
    assert row is not None
    return {
        "format": FORMAT,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "made_by": version("meta-ads-warehouse"),
        "schema": row[0],
        "server_version": row[1],
    }


def _refuse_empty(connection: Connection, settings: Settings) -> None:
    row = connection.execute(
        "select exists (select from ops.clients) or exists (select from ops.receipts)"
    ).fetchone()
    assert row is not None
    if not row[0]:
        url = settings.warehouse_url
        place = display_url(url.get_secret_value()) if url else f"in {settings.home}"
        raise UsageError(
            f"The warehouse {place} has neither clients nor receipts: {NOTHING_TO_BACK_UP}"
        )


def _figures(connection: Connection) -> dict[str, Any]:
    row = connection.execute(
        "select (select count(*) from ops.clients), "
        "(select count(*) from ops.slice_state where level = 'campaign' and state <> 'none'), "
        "(select count(*) from ops.publications)"
    ).fetchone()
    assert row is not None
    return {"clients": row[0], "client_days": row[1], "publications": row[2]}
