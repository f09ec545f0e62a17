"""The shared sandbox, put back as it was after each test, and a schema to change."""

from pathlib import Path

import pytest
from schemas import ChangedSchema
from shared_sandbox import sandbox

__all__ = ["changed", "sandbox"]


@pytest.fixture
def changed(tmp_path: Path) -> ChangedSchema:
    """The schema of this program, to be changed by the test."""
    return ChangedSchema(tmp_path)
