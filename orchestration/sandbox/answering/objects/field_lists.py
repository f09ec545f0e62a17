"""The `fields` parameter of a node or an edge; a name can carry fields of the object it names."""

import re

from orchestration.sandbox.wire.call import Call
from orchestration.sandbox.wire.envelope import invalid

_NAME = re.compile(r"[a-z0-9_]+")

Wanted = dict[str, "Wanted"]
"""Fields by name, each with the fields asked for below it."""


def wanted_fields(call: Call) -> Wanted:
    """The fields in `id,campaign{id,name}`, or in an array of such strings."""
    written = call.params.get("fields", "").strip()
    if written.startswith("["):
        written = ",".join(str(name) for name in call.json("fields", list))
    return _parsed(written)


def _parsed(written: str) -> Wanted:
    wanted: Wanted = {}
    for piece in _pieces(written):
        name, brace, below = piece.partition("{")
        # Modifiers such as `insights.limit(1)` change how much is returned, not what is known.
        name = name.split(".")[0].strip()
        if not _NAME.fullmatch(name) or (brace and not below.endswith("}")):
            raise invalid(f"Syntax error in fields: {piece}")
        wanted[name] = _parsed(below[:-1])
    return wanted


def _pieces(written: str) -> list[str]:
    """The text cut at its outer commas."""
    pieces, depth = [""], 0
    for character in written:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth < 0:
            raise invalid("Syntax error in fields: unexpected }")
        if character == "," and depth == 0:
            pieces.append("")
        else:
            pieces[-1] += character
    if depth:
        raise invalid("Syntax error in fields: expected }")
    return [piece.strip() for piece in pieces if piece.strip()]
