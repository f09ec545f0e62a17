"""The dbt project: its folder, its environment, and its manifest, made anew when files changed."""

import fcntl
import os
import subprocess
import sys
import time
from hashlib import sha256
from importlib.metadata import version
from itertools import accumulate, count
from pathlib import Path

import orjson

from orchestration.errors import MetaAdsError
from orchestration.process.owner import build_owner
from orchestration.settings import Settings
from orchestration.warehouse.connection import (
    connect,
    libpq_environment,
    retry_if_broken_off,
    role_of,
)

PROJECT_DIR = Path(__file__).parents[2] / "dbt_project"
CHANGES_ONLY = ("--exclude-resource-type", "unit_test", "--exclude", "tag:thorough")
"""Unit tests, and tests that read all marts whole, are for CI and for full builds."""
PARSE_TIMEOUT_SECONDS = 300
READ_ATTEMPTS = 50
READ_PAUSE_SECONDS = 0.1


def dbt_executable() -> str:
    """The `dbt` of this environment, whether or not it is on PATH."""
    return str(Path(sys.executable).with_name("dbt"))


def dbt_environment(settings: Settings) -> dict[str, str]:
    """What dbt needs beside its project; holds the password. Starts the embedded server."""
    libpq = libpq_environment(settings, **{"meta_ads.owner": build_owner()})
    role, host, port = retry_if_broken_off(settings, lambda: _role_and_place(settings))
    if "," in libpq["PGPORT"]:
        # dbt takes a list of hosts, but one port: then it is the host that answers now.
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
    """So many attempts of dbt to connect last so long: its pauses are 0, 1, 4, 9, ... seconds."""
    waited = accumulate(attempt * attempt for attempt in count())
    return next(number for number, whole in enumerate(waited, 1) if whole >= seconds)


def ensure_manifest(settings: Settings) -> Path:
    """The path of a manifest that was made from the files of the project as they are.

    Raises:
        MetaAdsError: dbt cannot parse the project; carries its last lines.
    """
    settings.dbt_target.mkdir(parents=True, exist_ok=True)
    with (settings.dbt_target / "parse.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _parsed(settings)


def _parsed(settings: Settings) -> Path:
    # A copy: every build writes the one in its target anew, and a reader could meet half of it.
    copy = settings.home / "dbt" / f"manifest-{_digest()}.json"
    if copy.exists():
        return copy
    done = subprocess.run(
        [dbt_executable(), "--quiet", "parse", "--project-dir", str(PROJECT_DIR)],
        env=os.environ | dbt_environment(settings),
        capture_output=True,
        text=True,
        timeout=PARSE_TIMEOUT_SECONDS,
        check=False,
    )
    manifest = settings.dbt_target / "manifest.json"
    if done.returncode or not manifest.exists():
        raise MetaAdsError(
            f"dbt cannot parse its project:\n{done.stdout[-2000:]}{done.stderr[-500:]}"
        )
    fresh = copy.with_suffix(".new")
    fresh.write_bytes(_whole(manifest))
    for outdated in copy.parent.glob("manifest*.json"):
        outdated.unlink()
    return fresh.replace(copy)


def _whole(manifest: Path) -> bytes:
    """The file, once it is not half of one: a build that goes on elsewhere may be writing it."""
    for _ in range(READ_ATTEMPTS):
        written = manifest.read_bytes()
        try:
            orjson.loads(written)
        except orjson.JSONDecodeError:
            time.sleep(READ_PAUSE_SECONDS)
        else:
            return written
    raise MetaAdsError(f"{manifest} is not whole: delete it and run again.")


def _digest() -> str:
    """A name for the contents of the project; files of a newer release may have older times."""
    digest = sha256(version("dbt-core").encode())
    for path in sorted(p for p in PROJECT_DIR.rglob("*") if p.suffix in {".sql", ".yml", ".csv"}):
        digest.update(str(path.relative_to(PROJECT_DIR)).encode())
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
