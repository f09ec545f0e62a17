"""Reads the statements that stand in `.sql` files beside the modules that use them."""

from functools import cache
from pathlib import Path
from typing import LiteralString


@cache
def read_sql(module_file: str, name: str) -> LiteralString:
    """The text of `sql/NAME.sql` beside a module, which calls this with its `__file__`."""
    # LiteralString: the files are part of the package, nobody else writes them.
    return (Path(module_file).parent / "sql" / f"{name}.sql").read_text("utf-8")
