"""Prints JSON documents for programs; amounts are decimal text, never floats."""

import sys
from typing import Any

import orjson

from orchestration.text import json_text


def print_document(document: Any) -> None:
    """Print one indented JSON document on stdout."""
    sys.stdout.write(f"{json_text(document, orjson.OPT_INDENT_2)}\n")
