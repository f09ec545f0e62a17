"""What the catalogue says of one rule."""

from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["blocking", "warning"]
Group = Literal["insights", "control_totals", "standing", "patterns"]
"""What a rule looks at, named after the suite: the rows themselves; campaigns beside the account's
total; an answer beside what stands; a day beside the client's own past."""

DEFAULT_ALERT = "quarantine_waiting"
"""The alert rule for refused days whose rule has no alert rule of its own."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule.

    `description` says what is wrong, without brackets: examples follow it in brackets.
    `example` describes one row that breaks it, with columns of the suite's table in braces; empty
    for rules that no suite checks.
    `is_releasable`: rows that break it can stand in staging if a person says so.
    `release_is_for_one_reading`: a release does not excuse what later readings say of the day.
    `compares_answers`: it compares two answers of one moment, so both are read once more first.
    `asks_witness`: a deeper level is asked about the day before it is refused.
    `is_confirmed_by_time`: what every reading of 24 hours said alike is kept, with a warning.
    `spoils_running_day`: a running day that breaks it is left out of the current month's figures.
    `needs_a_look`: a warning after which a run ends with exit code 1, though the day is kept.
    `warns_once`: a client is warned of each action type, field, name or family only once.
    `superseded_by`: the rule that says more about the same day; this one is then left out.
    `alert`: the alert rule that is about days refused for it.
    """

    severity: Severity
    group: Group
    description: str
    example: str = ""
    is_releasable: bool = False
    release_is_for_one_reading: bool = False
    compares_answers: bool = False
    asks_witness: bool = False
    is_confirmed_by_time: bool = False
    spoils_running_day: bool = False
    needs_a_look: bool = False
    warns_once: bool = False
    superseded_by: str | None = None
    alert: str = DEFAULT_ALERT


def blocking(group: Group, description: str, example: str = "", **attributes: Any) -> Rule:
    """A rule that refuses the client-day."""
    return Rule(
        severity="blocking", group=group, description=description, example=example, **attributes
    )


def warning(group: Group, description: str, example: str = "", **attributes: Any) -> Rule:
    """A rule that keeps the client-day and warns of it."""
    return Rule(
        severity="warning",
        group=group,
        description=description,
        example=example,
        is_releasable=True,
        **attributes,
    )
