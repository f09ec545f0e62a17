"""When an object started, stopped or was renamed, archived or deleted, and its state on any day."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

PUT_AWAY = ("ARCHIVED", "DELETED")
"""States that Meta leaves out of lists unless they are asked for by name."""


class State(NamedTuple):
    """Name and status of an object on one day; `updated` is the day of the last change."""

    name: str
    status: str
    effective_status: str
    updated: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """The changes of an object; each holds from the beginning of its day.

    The object is switched on for `on_days` out of every `cycle` days, shifted by `phase`. Most
    cycles are longer than the served history, so that they look like one start or one stop.
    """

    created: date
    renamed: date | None = None
    ended: date | None = None
    ending: str = "PAUSED"
    phase: int = 0
    cycle: int = 1
    on_days: int = 1

    def runs_on(self, day: date) -> bool:
        """Whether it is switched on for the day."""
        if day < self.created or (self.ended is not None and day >= self.ended):
            return False
        return (day.toordinal() + self.phase) % self.cycle < self.on_days

    def status(self, today: date) -> str:
        """The object's own status."""
        if self.ended is not None and today >= self.ended:
            return self.ending
        return "ACTIVE" if self.runs_on(today) else "PAUSED"

    def is_renamed(self, today: date) -> bool:
        """Whether it has its second name."""
        return self.renamed is not None and today >= self.renamed

    def updated(self, today: date) -> date:
        """The day of the last change up to `today`."""
        changes = [day for day in (self.renamed, self.ended) if day is not None and day <= today]
        if self.cycle > 1 and (self.ended is None or today < self.ended):
            place = (today.toordinal() + self.phase) % self.cycle
            since = place if place < self.on_days else place - self.on_days
            changes.append(today - timedelta(days=since))
        return max([self.created, *changes])


def effective(status: str, parent: str, parent_level: str) -> str:
    """The effective status: an object is never more active than its parent."""
    if status in PUT_AWAY:
        return status
    if parent in PUT_AWAY:
        return parent
    if status == "PAUSED" or parent == "ACTIVE":
        return status
    return f"{parent_level.upper()}_PAUSED" if parent == "PAUSED" else parent
