"""A client whose days are owed from August on."""

from datetime import date

import pytest
from databases import Warehouse
from factories import add_client


@pytest.fixture
def client(warehouse: Warehouse) -> str:
    """A client without days."""
    return add_client(warehouse, "acme", owed_since=date(2026, 8, 1))
