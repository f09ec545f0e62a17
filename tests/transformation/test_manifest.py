"""The manifest of the dbt project is made anew when its files changed, and only then."""

import os
import shutil
from pathlib import Path

import pytest
from databases import Warehouse

from orchestration.transformation import project
from orchestration.transformation.project import ensure_manifest


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dbt project of the test's own."""
    copy = tmp_path / "dbt_project"
    shutil.copytree(project.PROJECT_DIR, copy)
    monkeypatch.setattr(project, "PROJECT_DIR", copy)
    return copy


def test_it_is_that_of_the_files_however_old_they_say_they_are(
    warehouse: Warehouse, copied: Path
) -> None:
    settings = warehouse.settings()
    first = ensure_manifest(settings)
    made_at = first.stat().st_mtime_ns
    assert ensure_manifest(settings).stat().st_mtime_ns == made_at

    added = copied / "models" / "marts" / "dim_added.sql"
    added.write_text("select 1 as one", "utf-8")
    os.utime(added, (0, 0))
    second = ensure_manifest(settings)
    assert b"dim_added" in second.read_bytes()
    assert not first.exists()
