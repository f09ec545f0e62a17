"""Why an export is refused: sentences with the lines of the file."""

from collections.abc import Sequence
from typing import NamedTuple

from orchestration.errors import UsageError

MOST_NAMED = 20
"""How many reasons the error itself lists."""


class Refusal(NamedTuple):
    """Why a line is refused; line 1 is the first of the file."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"Line {self.line}{self.reason}"


class ExportRefusedError(UsageError):
    """An export that cannot be read exactly; `refusals` are by line."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals = sorted(refusals)
        named = "\n".join(map(str, self.refusals[:MOST_NAMED]))
        rest = len(self.refusals) - MOST_NAMED
        super().__init__(f"{named}\nand {rest} more lines." if rest > 0 else named)


def refuse(line: int, reason: str) -> ExportRefusedError:
    """The error for one line; the reason goes on after `Line 3`."""
    return ExportRefusedError([Refusal(line, reason)])
