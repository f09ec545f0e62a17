"""One JSON document on stdout and nothing else; amounts are decimal text, never floats."""

import sys
from typing import Any

import orjson

from orchestration.text import json_text


def print_document(document: Any) -> None:
    """Print it, indented."""
    sys.stdout.write(f"{json_text(document, orjson.OPT_INDENT_2)}\n")
