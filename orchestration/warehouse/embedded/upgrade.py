"""Moves the data of the embedded Postgres to a newer major version, with pg_upgrade.

The new data are made beside the old ones and then take their name. If the process is killed, the
next start has either the old data or the new ones, whole.
"""

import secrets
import shutil
import tempfile
from pathlib import Path

from orchestration.errors import MetaAdsError
from orchestration.warehouse.embedded.binaries import Binaries
from orchestration.warehouse.embedded.cluster import BEFORE_UPGRADE, Cluster, last_words
from orchestration.warehouse.embedded.files import DRAFT, put_in_place
from orchestration.warehouse.embedded.owner import SUPERUSER

TIMEOUT_SECONDS = 6 * 3600
HAS_CHECKSUMS_SINCE = 18
"""From this version on initdb makes checksums unless told otherwise; both sides must be alike."""


def upgrade_data(cluster: Cluster, old: Binaries, password: str) -> None:
    """Make the data of a stopped server those of the cluster's own, newer programs.

    `password` is the superuser's.

    Raises:
        MetaAdsError: a program failed; the old data are as they were.
    """
    draft = cluster.place / f"{DRAFT}{secrets.token_hex(4)}"
    draft.mkdir(mode=0o700)
    try:
        cluster.account.own(draft, 0o700)
        cluster.make_data(draft, password, *_checksums(cluster, old))
        _run_pg_upgrade(cluster, old, draft, password)
        cluster.data.rename(cluster.place / BEFORE_UPGRADE)
        put_in_place(draft / "data", cluster.data)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def take_back_upgrade(place: Path) -> None:
    """After a kill between the two renames: the old data get their name back."""
    before = place / BEFORE_UPGRADE
    if before.is_dir() and not (place / "data").is_dir():
        put_in_place(before, place / "data")


def _checksums(cluster: Cluster, old: Binaries) -> list[str]:
    output = cluster.account.run(
        [old.program("pg_controldata")], cwd=cluster.place, data=cluster.data, timeout_seconds=60
    ).stdout
    (line,) = [line for line in output.splitlines() if "checksum version" in line]
    if line.rpartition(" ")[2] != "0":
        return ["--data-checksums"]
    return ["--no-data-checksums"] if cluster.binaries.major >= HAS_CHECKSUMS_SINCE else []


def _run_pg_upgrade(cluster: Cluster, old: Binaries, draft: Path, password: str) -> None:
    # The name of a socket is short; and pg_upgrade puts names through a shell without escaping.
    with tempfile.TemporaryDirectory(prefix="meta-ads-") as sockets:
        cluster.account.own(Path(sockets), 0o700)
        completed = cluster.account.run(
            [
                cluster.binaries.program("pg_upgrade"),
                f"--old-bindir={old.root / 'bin'}",
                f"--new-bindir={cluster.binaries.root / 'bin'}",
                f"--old-datadir=../{cluster.data.name}",
                "--new-datadir=data",
                f"--username={SUPERUSER}",
                f"--socketdir={sockets}",
            ],
            cwd=draft,
            timeout_seconds=TIMEOUT_SECONDS,
            password=password,
        )
    if completed.returncode:
        raise MetaAdsError(
            f"The data could not be moved from Postgres {old.major} to {cluster.binaries.major}: "
            f"{last_words(completed.stdout)} They are as they were."
        )
