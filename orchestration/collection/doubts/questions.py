"""Days in doubt: which deeper level to ask about which of them, and what its answer completes.

Without a doubt no deeper level is asked. Ad sets are asked first. Ads are asked only about days on
which the ad sets agree with the campaigns on delivery and lack the same. A level that the client
collects anyway is in the answer already.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from orchestration.answers.results import Row
from orchestration.answers.slices import LEVELS_IN_WORDS
from orchestration.answers.violation import Violation
from orchestration.collection.doubts.sudden_days import sudden_days
from orchestration.expectations.catalogue import RULES
from orchestration.quality.answer import Answer
from orchestration.quality.verdict import Verdict
from orchestration.quality.witness import Witness, completed, completed_total

MENDED = "mended_from_below"
DEEPER_LEVELS = ("adset", "ad")
"""The levels below campaigns, in the order in which they are asked."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Question:
    """A question to a deeper level: about which answer, at which level, about which days."""

    answer: Answer
    level: str
    days: Sequence[date]


def next_question(answer: Answer, verdict: Verdict) -> Question | None:
    """The level and days to ask next; None if nothing is in doubt or every level was asked."""
    doubtful = days_in_doubt(answer, verdict)
    for level in DEEPER_LEVELS:
        witness = answer.witnesses.get(level)
        if witness is None:
            return Question(answer, level, sorted(doubtful)) if doubtful else None
        doubtful &= _agreeing_days(answer, witness)
    return None


def days_in_doubt(answer: Answer, verdict: Verdict) -> set[date]:
    """Days that a deeper level is asked about: refused by certain rules, or suddenly quiet."""
    by_rules = {
        v.date_day
        for v in verdict.violations
        if v.date_day and RULES[v.rule].asks_witness and _is_doubted(v)
    }
    asked = {day for witness in answer.witnesses.values() for day in witness.days}
    return by_rules | (sudden_days(answer).keys() - asked)


def _is_doubted(violation: Violation) -> bool:
    # Where the gate turned a blocking violation into a warning, the day is no longer in doubt.
    return violation.severity == RULES[violation.rule].severity


def _agreeing_days(answer: Answer, witness: Witness) -> set[date]:
    """Days on which a deeper level was asked and agrees with the campaigns on delivery."""
    if witness.error is not None:
        return set()
    campaigns = answer.evidence.sums["campaign"]
    return {day for day in witness.days if witness.disagreement(day, campaigns[day]) is None}


def own_witness(answer: Answer, question: Question) -> Witness | None:
    """The rows of the level that the answer itself holds; None if it was not asked for them."""
    if question.level not in answer.contents:
        return None
    return Witness(question.level, question.days, answer.rows(question.level))


def with_witness(question: Question, witness: Witness) -> Answer:
    """The answer, completed from a deeper level.

    It holds a violation for each day that the level changes or does not agree with.
    """
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
    """The answer with the rows of these days raised to what the deeper level has."""
    if not any(witness.by_day[day] for day in days):
        return answer
    rows: dict[str, list[Row]] = {level: answer.rows(level) for level in ("account", "campaign")}
    for day in days:
        before = {level: _of_day(rows[level], day) for level in rows}
        campaigns = completed(before["campaign"], witness.by_day[day])
        if campaigns == before["campaign"]:
            continue
        total = completed_total(before["account"], campaigns)
        for level, after in (("campaign", campaigns), ("account", total)):
            rows[level] = [*_of_other_days(rows[level], day), *after]
        _note_mended(answer, witness.level, day, before)
    return answer.with_rows(rows) if answer.mended else answer


def _note_mended(
    answer: Answer, level: str, day: date, before: Mapping[str, Sequence[Row]]
) -> None:
    """Note that a day was completed from a level; its rows as Meta sent them are kept once."""
    if day not in answer.mended:
        answer.originals += [
            (original, row) for original in ("campaign", "account") for row in before[original]
        ]
    answer.mended[day] = level
    answer.violations = [f for f in answer.violations if (f.rule, f.date_day) != (MENDED, day)]
    text = f"{RULES[MENDED].description} (from {LEVELS_IN_WORDS[level]})"
    answer.violations.append(Violation(MENDED, "warning", day, text))


def _of_day(rows: Sequence[Row], day: date) -> list[Row]:
    text = day.isoformat()
    return [row for row in rows if row.get("date_start") == text]


def _of_other_days(rows: Sequence[Row], day: date) -> list[Row]:
    text = day.isoformat()
    return [row for row in rows if row.get("date_start") != text]
