"""A broken rule of the gate, and what a client is warned of only once."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Violation:
    """A rule that an answer broke on a day.

    `severity` is blocking or warning. `date_day` is None where the rows name no day that was asked
    for. `detail` is the sentence that people read; the client and the day are shown beside it.
    """

    rule: str
    severity: str
    date_day: date | None
    detail: str


Oddity = tuple[str, str]
"""A rule of the gate, and its subject: an action type, a field, a name or a conversion family."""
