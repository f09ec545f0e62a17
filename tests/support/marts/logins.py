"""Logins of the roles, by password."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from databases import Warehouse

PASSWORD = "s3cret"
ROLES = ("analyst", "loader", "transformer", "monitor")


def url_of(warehouse: Warehouse, role: str) -> str:
    """The URL of the warehouse for this role."""
    return f"postgresql://{role}:{PASSWORD}@{warehouse.url.rpartition('@')[2]}"


@contextmanager
def login(warehouse: Warehouse, role: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of this role."""
    with psycopg.connect(url_of(warehouse, role), autocommit=True) as connection:
        yield connection
