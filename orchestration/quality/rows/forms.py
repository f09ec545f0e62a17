"""The forms of numbers, dates and ids in Meta's answers that the warehouse can store exactly.

Only ASCII digits count as digits. A page holds tens of thousands of numbers, so many texts are
checked with one regular expression.
"""

import re
from collections.abc import Sequence
from typing import Any


class Form:
    """A form of texts, given as a regular expression without anchors that matches no line break."""

    def __init__(self, pattern: str) -> None:
        self._single = re.compile(rf"(?:{pattern})\Z")
        self._lines = re.compile(rf"(?:(?:{pattern})\n)*+\Z")

    def fits(self, text: str) -> bool:
        """Whether a text has this form."""
        return self._single.match(text) is not None

    def fits_all(self, texts: Sequence[Any]) -> bool:
        """Whether all of these are texts, and have this form."""
        try:
            lines = "\n".join(texts)
        except TypeError:
            return False
        return not texts or (
            lines.count("\n") == len(texts) - 1 and self._lines.match(f"{lines}\n") is not None
        )


NUMBER = Form(r"-?[0-9]{1,18}(?:\.[0-9]{1,40})?")
COUNT = Form(r"-?[0-9]{1,15}")
"""Thousands of rows of the largest count still add up to what a `bigint` of the marts can hold."""
DAY = Form(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
KEY = Form("[^\n\0\ufffd]+")
"""An id is stored as it came or not at all: with a character replaced it would be another id."""
