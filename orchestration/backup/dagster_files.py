"""Dagster's own records (runs, events, schedules): SQLite files, copied while they are written."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

SUFFIX = ".db"


def database_files(home: Path) -> list[Path]:
    """The database files of Dagster, as paths below its home."""
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
