"""The gate: judges answers of several clients together and gives a verdict on each.

A suite takes tens of milliseconds however few its rows are, so many client windows are judged in
one go.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from threading import Lock
from typing import TYPE_CHECKING, Any

from orchestration.answers.violation import Violation
from orchestration.days import day_of
from orchestration.expectations.catalogue import RULES, Group
from orchestration.quality.answer import Answer
from orchestration.quality.comparisons.known_oddities import note_new_oddities
from orchestration.quality.data_docs.results import SuiteResults
from orchestration.quality.examples import examples_in_brackets
from orchestration.quality.rows.sums import LevelSums
from orchestration.quality.suite_process import BrokenRule, check
from orchestration.quality.verdict import IncompleteDataError, Verdict

if TYPE_CHECKING:
    import pandas as pd

# One context of Great Expectations serves the process; it is not made for several threads.
_lock = Lock()


def judge(answers: Sequence[Answer], suite_results: SuiteResults | None = None) -> list[Verdict]:
    """A verdict on each answer, in order.

    Rules that rows in staging may break (`is_releasable`) only warn about days that the account has
    not finished, because their numbers still grow, and about days that a person released from them.
    """
    verdicts = [Verdict(answer.window, [*answer.violations]) for answer in answers]
    if any(answer.row_count or answer.standing.slices for answer in answers):
        note_new_oddities(answers)
        with _lock:
            for name, table in [*_tables(answers)]:
                for broken in check(name, table, suite_results):
                    for position, violation in _violations(broken):
                        verdicts[position].violations.append(violation)
    for verdict, answer in zip(verdicts, answers, strict=True):
        verdict.violations = [_softened(answer, v) for v in verdict.violations]
        _drop_superseded(verdict)
        _refuse_unanswered_days(verdict, answer.evidence.sums)
    return verdicts


def validate(answer: Answer) -> Verdict:
    """The verdict on one answer that may be saved as a whole.

    Raises:
        IncompleteDataError: something blocks; the error lists every violation.
    """
    verdict = judge([answer])[0]
    if verdict.blocking:
        raise IncompleteDataError(verdict)
    return verdict


def _tables(answers: Sequence[Answer]) -> Iterator[tuple[Group, "pd.DataFrame"]]:
    # They load pandas, which a process that judges nothing does not need.
    from orchestration.quality.frames.control_totals import totals_frame
    from orchestration.quality.frames.insights import insights_frame
    from orchestration.quality.frames.patterns import patterns_frame
    from orchestration.quality.frames.standing import standing_frame

    yield "insights", insights_frame(answers)
    yield "control_totals", totals_frame(answers)
    yield "patterns", patterns_frame(answers)
    yield "standing", standing_frame(answers)


def _violations(broken: BrokenRule) -> Iterator[tuple[int, Violation]]:
    """A violation for each answer and day that broke a rule, with the position of its answer."""
    rule = RULES[broken.rule]
    column = "date_day" if "date_day" in broken.rows else "date_start"
    for (position, text), rows in broken.rows.groupby(["answer", column], dropna=False):
        detail = f"{rule.description} {examples_in_brackets(broken.rule, rows)}"
        violation = Violation(broken.rule, rule.severity, _asked_day(text, rows), detail)
        yield int(str(position)), violation


def _asked_day(text: Any, rows: "pd.DataFrame") -> date | None:
    if "is_asked_day" in rows and not rows["is_asked_day"].all():
        return None
    return day_of(text)


def _softened(answer: Answer, violation: Violation) -> Violation:
    """A violation that blocks as a warning where the day may be kept all the same."""
    day, rule = violation.date_day, RULES[violation.rule]
    # Rows that staging cannot hold are refused whatever day it is.
    if day is None or violation.severity == "warning" or not rule.is_releasable:
        return violation
    if day > answer.account.finished_until:
        reason = "day still running"
    elif _is_believed(answer, day, violation.rule):
        reason = "confirmed"
    elif violation.rule in answer.history.released.get(day, set()) and (
        not rule.release_is_for_one_reading
    ):
        reason = "released"
    else:
        return violation
    return replace(violation, severity="warning", detail=f"{reason}: {violation.detail}")


def _is_believed(answer: Answer, day: date, rule: str) -> bool:
    """Whether what the rule doubts was said for 24 hours, or stands already."""
    return RULES[rule].is_confirmed_by_time and (
        answer.standing.states.get(day) == "received" or answer.history.is_believed(day, rule)
    )


def _drop_superseded(verdict: Verdict) -> None:
    broken = {(v.rule, v.date_day) for v in verdict.violations}
    verdict.violations = [
        v for v in verdict.violations if (RULES[v.rule].superseded_by, v.date_day) not in broken
    ]


def _refuse_unanswered_days(verdict: Verdict, levels: LevelSums) -> None:
    """Where rows of other days came, a day without any row is not empty: it was not answered."""
    if not any(v.rule == "asked_days" and v.date_day is None for v in verdict.violations):
        return
    for day in verdict.window.days:
        if not any(days[day].rows for days in levels.values()):
            text = f"{RULES['asked_days'].description} (and no row about this day came)"
            verdict.violations.append(Violation("asked_days", "blocking", day, text))
