"""The forms of numbers and dates in Meta's answers: those that the warehouse holds without a doubt.

Other digits than ASCII are none. A page has tens of thousands of numbers, so that many texts are
looked at in one pass.
"""

import re
from collections.abc import Sequence
from typing import Any


class Form:
    """A form of texts, given as a regular expression without anchors that matches no line break."""

    def __init__(self, pattern: str) -> None:
        self._one = re.compile(rf"(?:{pattern})\Z")
        self._many = re.compile(rf"(?:(?:{pattern})\n)*+\Z")

    def fits(self, text: str) -> bool:
        """Whether a text has this form."""
        return self._one.match(text) is not None

    def fits_all(self, texts: Sequence[Any]) -> bool:
        """Whether all of these are texts, and have this form."""
        try:
            lines = "\n".join(texts)
        except TypeError:
            return False
        return not texts or (
            lines.count("\n") == len(texts) - 1 and self._many.match(f"{lines}\n") is not None
        )


NUMBER = Form(r"-?[0-9]{1,18}(?:\.[0-9]{1,40})?")
COUNT = Form(r"-?[0-9]{1,15}")
"""Thousands of rows of the largest count still add up to what a `bigint` of the marts holds."""
DAY = Form(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
KEY = Form("[^\n\0\ufffd]+")
"""An id is kept as it came, or not at all: with another character it would be another object's."""
