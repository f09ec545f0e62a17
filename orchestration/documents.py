"""One JSON document on stdout and nothing else; amounts are decimal text, never floats."""

import sys
from decimal import Decimal
from typing import Any

import orjson


def print_document(document: Any) -> None:
    """Print it, indented."""
    text = orjson.dumps(document, default=plain, option=orjson.OPT_INDENT_2).decode()
    sys.stdout.write(f"{text}\n")


def plain(value: Any) -> str:
    """A value as people read it: an amount with its digits as they are, nothing for None."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return "" if value is None else str(value)
