"""One broken rule of the gate."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Violation:
    """One broken rule. `date_day` is None where the row names no day that was asked for."""

    rule: str
    severity: str
    date_day: date | None
    detail: str


@dataclass(frozen=True)
class Refusal:
    """A rule that was broken: (rule, severity, day or None, what was found)."""

    rule: str
    severity: str
    date_day: date | None
    detail: str


Oddity = tuple[str, str]
"""A rule of the gate, and what broke it: an action type, a field, a conversion family."""
