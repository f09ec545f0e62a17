"""One JSON document on stdout and nothing else; amounts are decimal text, never floats."""

import sys
from decimal import Decimal
from typing import Any

import orjson

from orchestration.foreign_text import shown_json


def print_document(document: Any) -> None:
    """Print it, indented."""
    sys.stdout.write(f"{json_text(document, orjson.OPT_INDENT_2)}\n")


def json_text(document: Any, option: int = 0) -> str:
    """It as JSON without a character that a terminal would obey."""
    return shown_json(orjson.dumps(document, default=plain, option=option).decode())


def plain(value: Any) -> str:
    """A value as people read it: an amount with its digits as they are, nothing for None."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return "" if value is None else str(value)
