"""Why a figure differs, and which conversion family it counts."""

from dataclasses import dataclass

FAMILY_OF = {"purchases": "purchase", "purchase_value": "purchase", "leads": "lead"}
"""The conversion families of the daily marts' columns; other figures are called as theirs."""


@dataclass(frozen=True)
class Cause:
    """Why a figure may differ: a code for programs, a sentence, and whether the marts prove it."""

    code: str
    sentence: str
    is_proven: bool = False


def family_of(metric: str) -> str:
    """The conversion family that a figure counts."""
    return FAMILY_OF.get(metric, metric)
