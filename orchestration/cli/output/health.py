"""What `meta-ads health` prints for people: a line for each check, and the days of a client."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.text import Text

from orchestration.days import days_in_words
from orchestration.expectations.catalogue.reasons import cause_in_words, reason_of_range
from orchestration.foreign_text import shown
from orchestration.health.checks import Health
from orchestration.health.panel import Line, lines

STYLES = {"pass": "green", "warning": "yellow", "fail": "red"}
OVERALL_STYLES = {"healthy": "green", "degraded": "yellow", "unhealthy": "red"}


def health_text(health: Health, days: Sequence[Mapping[str, Any]]) -> Text:
    """The whole text; neighbouring days of the client with the same state are one line."""
    text = Text()
    text.append("Data health: ")
    text.append(health.overall, OVERALL_STYLES[health.overall])
    text.append(f"  ({health.document()['lastCheck']})\n")
    if health.as_of:
        text.append(f"  As of {health.as_of}, as META_ADS_NOW says, and not of now.\n", "yellow")
    for line in lines(health):
        _add_check(text, line)
    for (state, _), same in groupby(days, _state_and_cause):
        alike = [*same]
        reason = reason_of_range([day["reason"] or "" for day in alike])
        told = days_in_words(day["day"] for day in alike)
        text.append(f"\n  {told}  {state}{f': {shown(reason)}' if reason else ''}")
    return text


def _state_and_cause(day: Mapping[str, Any]) -> tuple[str, str]:
    return day["state"], cause_in_words(day["reason"] or "")


def _add_check(text: Text, line: Line) -> None:
    text.append(f"  {line.status:<8}", STYLES[line.status])
    text.append(f"{line.title:<20} {shown(line.summary)}\n")
    for note in line.notes:
        text.append(f"            {shown(note)}\n")
