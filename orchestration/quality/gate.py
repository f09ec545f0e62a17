"""Runs the suites on answers of several clients at once and turns the results into verdicts.

Great Expectations costs seconds to import and tens of milliseconds per suite, so it is imported
when the first rows are there and judges many client windows in one go.
"""

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from expectations.catalogue import RULES
from orchestration.answers.violation import Violation
from orchestration.quality.answer import Answer, day_of
from orchestration.quality.figures import LevelSums
from orchestration.quality.told import note_news
from orchestration.quality.verdict import IncompleteDataError, Verdict

if TYPE_CHECKING:
    import pandas as pd

MOST_BROKEN, MOST_WHOLE = 12, 3
"""So many results of suites, with and without a broken rule, are kept for the report of a run."""
MOST_DETAILS = 3
"""So many examples stand in a violation's text; the rows themselves go to quarantine."""

SAID_BETTER = {"clicks_name_actions": "not_split", "thin_day": "sudden_drop"}
"""Rules and those that say the same with more: the account names what the campaigns lack; the day
before and all levels are known."""
STANDING_RULE = "standing_data_vanished"

# One context of Great Expectations serves the process; it is not made for several threads.
_lock = Lock()


@dataclass
class Report:
    """Where the suites' own results are gathered, for a report; None of the rows is kept."""

    results: list[Any] = field(default_factory=list)

    def add(self, result: Any) -> None:
        """Keep a result while there is room for its kind."""
        alike = sum(kept.success == result.success for kept in self.results)
        if alike < (MOST_WHOLE if result.success else MOST_BROKEN):
            self.results.append(result)


def judge(answers: Sequence[Answer], report: Report | None = None) -> list[Verdict]:
    """A verdict for each answer, in order.

    Rules that rows in staging may break (`is_releasable`) only warn about days that the account has
    not finished, because their numbers still grow, and about days that a person released from them.
    """
    verdicts = [Verdict(a.window, [_soften(a, found) for found in a.found]) for a in answers]
    if not any(answer.row_count or answer.standing.slices for answer in answers):
        return verdicts
    note_news(answers)
    from orchestration.quality.frames import insights_frame, standing_frame, totals_frame
    from orchestration.quality.patterns import patterns_frame

    with _lock:
        for name, frame in (
            ("insights", insights_frame(answers)),
            ("control_totals", totals_frame(answers)),
            ("patterns", patterns_frame(answers)),
            ("standing", standing_frame(answers)),
        ):
            for position, violation in _violations(_suite(name), frame, report):
                verdicts[position].violations.append(_soften(answers[position], violation))
    for verdict, answer in zip(verdicts, answers, strict=True):
        _say_it_once(verdict)
        _refuse_days_that_another_came_for(verdict, answer.evidence.sums)
    return verdicts


def validate(answer: Answer) -> Verdict:
    """The verdict of one answer that may be saved as a whole.

    Raises:
        IncompleteDataError: something blocks; the error lists every violation.
    """
    verdict = judge([answer])[0]
    if any(v.severity == "blocking" for v in verdict.violations):
        raise IncompleteDataError(verdict)
    return verdict


def _say_it_once(verdict: Verdict) -> None:
    """What another rule says better of the same day is left out."""
    said = {(v.rule, v.date_day) for v in verdict.violations}
    verdict.violations = [
        v for v in verdict.violations if (SAID_BETTER.get(v.rule), v.date_day) not in said
    ]


def _refuse_days_that_another_came_for(verdict: Verdict, levels: LevelSums) -> None:
    """Rows of other days came: a day without any is not empty, it was not answered."""
    if not any(v.rule == "asked_days" and v.date_day is None for v in verdict.violations):
        return
    for day in verdict.window.days:
        if not any(days[day].rows for days in levels.values()):
            text = f"{RULES['asked_days'].description} (and no row of this day)"
            verdict.violations.append(Violation("asked_days", "blocking", day, text))


def _soften(answer: Answer, violation: Violation) -> Violation:
    day = violation.date_day
    # Rows that staging cannot hold are refused whatever day it is.
    if day is None or violation.severity == "warning" or not RULES[violation.rule].is_releasable:
        return violation
    if day > answer.account.finished_until:
        text = f"day still running: {violation.detail}"
        return replace(violation, severity="warning", detail=text)
    if _is_believed(answer, day, violation.rule):
        return replace(violation, severity="warning", detail=f"confirmed: {violation.detail}")
    # What a person released stands; less than that is another matter.
    if violation.rule in answer.history.released.get(day, set()) - {STANDING_RULE}:
        return replace(violation, severity="warning", detail=f"released: {violation.detail}")
    return violation


def _is_believed(answer: Answer, day: date, rule: str) -> bool:
    """Whether what the rule doubts was said for a day long, or stands already."""
    return RULES[rule].is_confirmed_by_time and (
        answer.standing.states.get(day) == "received" or answer.history.is_believed(day, rule)
    )


@cache
def _context() -> Any:
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as gx

        context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return context


@cache
def _suite(name: str) -> tuple[Any, Any]:
    """A suite and the batch definition that feeds it frames."""
    context = _context()
    from expectations import control_totals, insights, patterns, standing

    suites = {
        "insights": insights,
        "control_totals": control_totals,
        "patterns": patterns,
        "standing": standing,
    }
    suite = suites[name].build()
    asset = context.data_sources.add_pandas(name).add_dataframe_asset(name)
    return suite, asset.add_batch_definition_whole_dataframe(name)


def _violations(
    suite: tuple[Any, Any], frame: "pd.DataFrame", report: Report | None
) -> list[tuple[int, Violation]]:
    expectations, batch_definition = suite
    if frame.empty:
        return []
    frame["row"] = range(len(frame))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        batch = batch_definition.get_batch(batch_parameters={"dataframe": frame})
        # Which rows broke a rule is asked only where one was broken: it takes twice the time.
        result = batch.validate(expectations, result_format="BOOLEAN_ONLY")
        if not result.success:
            result = batch.validate(
                expectations,
                result_format={
                    "result_format": "COMPLETE",
                    "unexpected_index_column_names": ["row"],
                },
            )
    if report is not None:
        report.add(result)
    return [found for r in result.results if not r.success for found in _broken(r, frame)]


def _broken(result: Any, frame: "pd.DataFrame") -> list[tuple[int, Violation]]:
    config = result.expectation_config
    if result.exception_info.get("raised_exception"):
        raise RuntimeError(f"{config.type}: {result.exception_info['exception_message']}")
    rows = frame.loc[[entry["row"] for entry in result.result["unexpected_index_list"]]]
    column = "date_day" if "date_day" in frame else "date_start"
    found = []
    for (position, day), group in rows.groupby(["answer", column], dropna=False):
        detail = f"{config.description} {_examples(config.kwargs, group)}"
        parsed = _asked_day(day, group)
        found.append(
            (
                int(str(position)),
                Violation(config.meta["rule"], config.meta["severity"], parsed, detail),
            )
        )
    return found


def _asked_day(day: Any, group: "pd.DataFrame") -> date | None:
    if "is_asked_day" in group and not group["is_asked_day"].all():
        return None
    return day_of(day)


def _examples(kwargs: dict[str, Any], group: "pd.DataFrame") -> str:
    if "said" in group:
        return f"({'; '.join(_head(list(group['said'])))})"
    names = [
        kwargs[key]
        for key in ("column", "column_A", "column_B")
        if isinstance(kwargs.get(key), str)
    ]
    label = next((name for name in ("metric", "entity_id") if name in group), "client_id")
    shown = [
        f"{row[label]}: " + ", ".join(f"{name}={row[name]}" for name in names)
        for _, row in group.head(MOST_DETAILS).iterrows()
    ]
    return f"({'; '.join(_head(shown, len(group)))})"


def _head(texts: list[str], count: int | None = None) -> list[str]:
    """The first texts, and how many more there are."""
    more = (len(texts) if count is None else count) - MOST_DETAILS
    return [*texts[:MOST_DETAILS], *([f"{more} more"] if more > 0 else [])]
