"""What a new release changes for readers of the marts: what comes, goes or changes its type."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import yaml

from orchestration.transformation.project import PROJECT_DIR
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql

MARTS = PROJECT_DIR / "models" / "marts"


def mart_changes(connection: Connection) -> list[str]:
    """A sentence for each mart that the next build changes; none where no build made marts yet.

    Compares the views of the schema `marts` with the columns that the project's contracts name.
    """
    columns = list(_shipped_columns())
    marts, names, types = (list(each) for each in zip(*columns, strict=True))
    query = read_sql(__file__, "mart_changes")
    rows = connection.execute(query, {"marts": marts, "columns": names, "types": types}).fetchall()
    return [_sentence(mart, list(changes)) for mart, changes in groupby(rows, lambda row: row[0])]


def _shipped_columns() -> Iterator[tuple[str, str, str]]:
    """Mart, column and type of each column, from the files beside the models."""
    for path in sorted(MARTS.rglob("*.yml")):
        document = yaml.load(path.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        for model in document.get("models", []):
            for column in model["columns"]:
                yield model["name"], column["name"], column["data_type"]


def _sentence(mart: str, changes: list[tuple[Any, ...]]) -> str:
    """`marts.dim_clients: new: owner, group; gone: country`."""
    *_, is_new, is_old = changes[0]
    if is_new:
        return f"marts.{mart} is new"
    if is_old:
        return f"marts.{mart} goes"
    came = [name for _, name, now, then, *_ in changes if now is None and then]
    gone = [name for _, name, now, then, *_ in changes if now and then is None]
    other = [f"{name}: {then}, was {now}" for _, name, now, then, *_ in changes if now and then]
    parts = [
        *([f"new: {', '.join(came)}"] if came else []),
        *([f"gone: {', '.join(gone)}"] if gone else []),
        *other,
    ]
    return f"marts.{mart}: {'; '.join(parts)}"
