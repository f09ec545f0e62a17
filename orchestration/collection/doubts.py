"""Days in doubt: which deeper level to ask about which of them, and what its answer completes.

Without a doubt nothing is asked. Ad sets are asked first, ads only about days on which the ad sets
agree with the campaigns on delivery and lack the same. A level that the client collects anyway is
there already.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from expectations.catalogue import RULES
from orchestration.answers.slices import LEVELS_IN_WORDS
from orchestration.answers.violation import Violation
from orchestration.collection.sudden import sudden_days
from orchestration.quality.answer import Answer
from orchestration.quality.verdict import Verdict
from orchestration.quality.witness import Witness, completed, completed_total

MENDED = "mended_from_below"
WITNESSES = ("adset", "ad")
"""The levels below campaigns, in the order in which they are asked."""

Row = dict[str, Any]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Question:
    """What to ask a deeper level about."""

    answer: Answer
    level: str
    days: Sequence[date]


def next_question(answer: Answer, verdict: Verdict) -> Question | None:
    """The level and days to ask next; None where nothing is in doubt, or nobody is left to ask."""
    doubtful = days_in_doubt(answer, verdict)
    for level in WITNESSES:
        known = answer.witnesses.get(level)
        if known is None:
            return Question(answer, level, sorted(doubtful)) if doubtful else None
        doubtful &= _agreeing(answer, known)
    return None


def days_in_doubt(answer: Answer, verdict: Verdict) -> set[date]:
    """Days that a deeper level is asked about: refused by certain rules, or suddenly quiet."""
    found = {
        v.date_day
        for v in verdict.violations
        if v.date_day and RULES[v.rule].asks_witness and _is_doubted(v)
    }
    asked = {day for known in answer.witnesses.values() for day in known.days}
    return found | (sudden_days(answer).keys() - asked)


def _is_doubted(violation: Violation) -> bool:
    # Where the gate made a warning of what blocks, the day is no longer in doubt.
    return violation.severity == RULES[violation.rule].severity


def _agreeing(answer: Answer, known: Witness) -> set[date]:
    """Days on which a level was asked and agrees with the campaigns on delivery."""
    if known.error is not None:
        return set()
    campaigns = answer.evidence.sums["campaign"]
    return {day for day in known.days if known.disagreement(day, campaigns[day]) is None}


def own_witness(answer: Answer, question: Question) -> Witness | None:
    """What the answer itself holds of the level; None where it was not asked for it."""
    if question.level not in answer.contents:
        return None
    return Witness(question.level, question.days, answer.rows(question.level))


def heard(question: Question, witness: Witness) -> Answer:
    """The answer with what the level completes; a violation for each day it changes or doubts."""
    answer = question.answer
    answer.witnesses[question.level] = witness
    if witness.error is not None:
        log.warning("%s: %s", answer.window.client_id, witness.error)
        return answer
    campaigns = answer.evidence.sums["campaign"]
    sudden = sudden_days(answer)
    agreeing = []
    for day in question.days:
        if (difference := witness.disagreement(day, campaigns[day])) is None:
            agreeing.append(day)
            if rule := sudden.get(day):
                answer.violations.append(Violation(rule, "warning", day, RULES[rule].description))
        else:
            text = f"{RULES['witness_disagrees'].description} ({difference})"
            answer.violations.append(Violation("witness_disagrees", "blocking", day, text))
    return _completed(answer, witness, agreeing)


def _completed(answer: Answer, witness: Witness, days: Sequence[date]) -> Answer:
    if not any(witness.by_day[day] for day in days):
        return answer
    rows = {level: answer.rows(level) for level in ("account", "campaign")}
    for day in days:
        before = {level: _of_day(rows[level], day) for level in rows}
        campaigns = completed(before["campaign"], witness.by_day[day])
        if campaigns == before["campaign"]:
            continue
        after = {"campaign": campaigns, "account": completed_total(before["account"], campaigns)}
        for level, made in after.items():
            text = day.isoformat()
            rows[level] = [r for r in rows[level] if r.get("date_start") != text] + made
            if day not in answer.mended:
                answer.originals += [(level, row) for row in before[level]]
        answer.mended[day] = witness.level
        answer.violations = [f for f in answer.violations if (f.rule, f.date_day) != (MENDED, day)]
        text = f"{RULES[MENDED].description} (from {LEVELS_IN_WORDS[witness.level]})"
        answer.violations.append(Violation(MENDED, "warning", day, text))
    return answer.with_rows(rows) if answer.mended else answer


def _of_day(rows: Sequence[Row], day: date) -> list[Row]:
    text = day.isoformat()
    return [row for row in rows if row.get("date_start") == text]
