"""The dbt project: its folder, its environment variables, and a manifest that fits its files."""

import fcntl
import os
import subprocess
import sys
import time
from hashlib import sha256
from importlib.metadata import version
from itertools import accumulate, count
from pathlib import Path
from typing import BinaryIO

import orjson

from orchestration.errors import MetaAdsError
from orchestration.process.owner import build_owner
from orchestration.settings import Settings
from orchestration.shipped_files import SHIPPED
from orchestration.warehouse.connection import (
    connect,
    libpq_environment,
    retry_if_broken_off,
    role_of,
)

PROJECT_DIR = SHIPPED / "dbt_project"
CHANGES_ONLY = ("--exclude-resource-type", "unit_test", "--exclude", "tag:thorough")
"""Leaves out unit tests and tests of whole marts, which full builds and a weekly job run."""
READ_BY_DBT = {".sql", ".yml", ".csv", ".md"}
"""Files whose contents decide whether the manifest is made again."""
PARSE_TIMEOUT_SECONDS = 300
READ_ATTEMPTS, READ_PAUSE_SECONDS = 50, 0.1
"""How often a manifest that another build is writing is read again."""


def dbt_executable() -> str:
    """The `dbt` of this environment, whether or not it is on PATH."""
    return str(Path(sys.executable).with_name("dbt"))


def dbt_environment(settings: Settings, project: str = "") -> dict[str, str]:
    """The environment variables that dbt needs, with the password. Starts the embedded server.

    `project` is the digest of the project that dbt is about to build, if that is certain: the
    ledger notes it if all goes well.
    """
    libpq = libpq_environment(
        settings, **{"meta_ads.owner": build_owner(), "meta_ads.project": project}
    )
    role, host, port = retry_if_broken_off(settings, lambda: _role_and_place(settings))
    if "," in libpq["PGPORT"]:
        # dbt takes several hosts, but only one port: it gets the host that answers now.
        libpq |= {"PGHOST": host, "PGPORT": port}
    return libpq | {
        "META_ADS_DBT_ROLE": role,
        "META_ADS_DBT_RETRIES": str(_retries(settings.database_wait_seconds)),
        "DBT_PROFILES_DIR": str(PROJECT_DIR),
        "DBT_TARGET_PATH": str(settings.dbt_target),
        "DBT_LOG_PATH": str(settings.home / "dbt" / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def _role_and_place(settings: Settings) -> tuple[str, str, str]:
    with connect(settings) as connection:
        role = role_of(connection, "transformer")
        return role, connection.info.host, str(connection.info.port)


def _retries(seconds: float) -> int:
    """How many attempts of dbt to connect last so long, with pauses of 0, 1, 4, 9, ... seconds."""
    waited = accumulate(attempt * attempt for attempt in count())
    return next(attempts for attempts, total in enumerate(waited, 1) if total >= seconds)


def ensure_manifest(settings: Settings) -> Path:
    """The path of a manifest of the project's files as they are now; parses them if they changed.

    Raises:
        MetaAdsError: dbt cannot parse the project; the text has its last lines.
    """
    with _lock_file(settings) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = manifest_path(settings)
        if not path.exists():
            _parse(settings, path)
        return path


def lock_parsing(settings: Settings) -> BinaryIO | None:
    """Lock the parsing until the file is closed wherever it is open; None if another holds it."""
    lock = _lock_file(settings)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def _lock_file(settings: Settings) -> BinaryIO:
    settings.dbt_target.mkdir(parents=True, exist_ok=True)
    return (settings.dbt_target / "parse.lock").open("wb")


def has_manifest(settings: Settings) -> bool:
    """Whether the project was parsed as its files are now."""
    return manifest_path(settings).exists()


def manifest_path(settings: Settings) -> Path:
    """Where the manifest of the project's files as they are now is kept."""
    return settings.home / "dbt" / f"manifest-{project_digest()}.json"


def _parse(settings: Settings, path: Path) -> None:
    completed = subprocess.run(
        [dbt_executable(), "--quiet", "parse", "--project-dir", str(PROJECT_DIR)],
        env=os.environ | dbt_environment(settings),
        capture_output=True,
        text=True,
        timeout=PARSE_TIMEOUT_SECONDS,
        check=False,
    )
    manifest = settings.dbt_target / "manifest.json"
    if completed.returncode or not manifest.exists():
        raise MetaAdsError(
            f"dbt cannot parse its project:\n{completed.stdout[-2000:]}{completed.stderr[-500:]}"
        )
    keep_manifest(manifest, path)


def keep_manifest(manifest: Path, path: Path) -> None:
    """Keep a copy of what dbt wrote: each build writes it again while others may read it."""
    fresh = path.with_suffix(".new")
    fresh.write_bytes(_complete(manifest))
    for outdated in path.parent.glob("manifest*.json"):
        outdated.unlink()
    fresh.replace(path)


def _complete(manifest: Path) -> bytes:
    """The contents of the file, once they are complete: another build may be writing it."""
    for _ in range(READ_ATTEMPTS):
        written = manifest.read_bytes()
        try:
            orjson.loads(written)
        except orjson.JSONDecodeError:
            time.sleep(READ_PAUSE_SECONDS)
        else:
            return written
    raise MetaAdsError(f"{manifest} is not complete: delete it and run again.")


def project_digest() -> str:
    """A digest of the project's files; their times do not show which of them changed."""
    digest = sha256(version("dbt-core").encode())
    for path in sorted(p for p in PROJECT_DIR.rglob("*") if p.suffix in READ_BY_DBT):
        digest.update(str(path.relative_to(PROJECT_DIR)).encode())
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
