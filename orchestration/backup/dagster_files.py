"""Dagster's own records where they are SQLite files: copied while they are written.

Where Dagster keeps them in the warehouse, they are in its dump, and files of earlier releases are
left out.
"""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

SUFFIX = ".db"
IN_THE_WAREHOUSE = "orchestration.defs.runs.storage"
"""What `dagster.yaml` names where the records are in the warehouse."""


def database_files(home: Path) -> list[Path]:
    """The database files of Dagster, as paths below its home."""
    config = home / "dagster.yaml"
    if config.is_file() and IN_THE_WAREHOUSE in config.read_text("utf-8"):
        return []
    return sorted(path.relative_to(home) for path in home.rglob(f"*{SUFFIX}"))


def copies(home: Path) -> Iterator[tuple[Path, Path]]:
    """Each database's path below the home, and a consistent copy that is gone at the next step."""
    with tempfile.TemporaryDirectory(prefix="meta-ads-backup-") as folder:
        for name in database_files(home):
            copy = Path(folder) / "copy.db"
            copy.unlink(missing_ok=True)
            with (
                closing(sqlite3.connect(f"{(home / name).as_uri()}?mode=ro", uri=True)) as source,
                closing(sqlite3.connect(copy)) as target,
            ):
                source.backup(target)
            yield name, copy
