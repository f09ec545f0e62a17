"""The shared sandbox, put back as it was after each test; a client, and a schema to change."""

from pathlib import Path

import pytest
from databases import Warehouse
from factories import add_client
from schemas import ChangedSchema
from shared_sandbox import sandbox

__all__ = ["changed", "sandbox"]


@pytest.fixture
def changed(tmp_path: Path) -> ChangedSchema:
    """The schema of this program, to be changed by the test."""
    return ChangedSchema(tmp_path)


@pytest.fixture
def client(warehouse: Warehouse) -> Warehouse:
    """A warehouse with the client a."""
    add_client(warehouse, "a", ad_account_id="act_1")
    return warehouse
