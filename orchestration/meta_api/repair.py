"""Text that no JSON parser takes, made readable: half an emoji in a name must not cost the numbers.

Only what stands between quotes is touched, and only characters that JSON does not have there. A
body that is no JSON for another reason stays none.
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
    """The body in UTF-8, the replacement character in the place of what no text can be."""
    # What is no UTF-8 outside of quotes is no JSON afterwards, either.
    text = body.decode("utf-8-sig", "replace")
    return _STRING.sub(lambda found: _ODD.sub(_or_replacement, found[0]), text).encode()


def _or_replacement(found: re.Match[str]) -> str:
    return REPLACEMENT if found["odd"] else found[0]
