"""Repairs JSON whose texts hold invalid characters: half an emoji in a name must not cost numbers.

Only characters between quotes that JSON does not allow there are replaced. A body that is invalid
for another reason stays invalid.
"""

import re

REPLACEMENT = "\ufffd"
"""The replacement character of Unicode."""

_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_ODD = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a whole pair: kept
    r"|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4}"  # any other character: kept
    r'|\\["\\/bfnrt]'  # kept
    r"|(?P<odd>\\u[0-9a-fA-F]{0,4}|\\|[\x00-\x1f])"
)


def repaired(body: bytes) -> bytes:
    """The body in UTF-8, with the replacement character for whatever is not valid text."""
    # Bytes outside of quotes that are not UTF-8 leave the JSON invalid, as it should be.
    text = body.decode("utf-8-sig", "replace")
    return _STRING.sub(lambda match: _ODD.sub(_kept_or_replaced, match[0]), text).encode()


def _kept_or_replaced(match: re.Match[str]) -> str:
    return REPLACEMENT if match["odd"] else match[0]
