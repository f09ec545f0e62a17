"""Days in doubt: which deeper level to ask about which of them, and what its answer completes.

Without a doubt nothing is asked. Ad sets are asked first, ads only about days on which the ad sets
agree with the campaigns on delivery and lack the same. A level that the client collects anyway is
there already.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from expectations.catalogue import RULES
from orchestration.quality.answer import Answer
from orchestration.quality.verdict import Verdict
from orchestration.quality.violation import Violation
from orchestration.quality.witness import Witness, completed, completed_total
from orchestration.warehouse.slices import LEVELS_IN_WORDS

MENDED, SILENCE = "mended_from_below", "unexpected_silence"
WITNESSES = ("adset", "ad")
"""The levels below campaigns, in the order in which they are asked."""
STEADY_DAYS = 14
"""After delivery on so many days in a row a day without a row is in doubt."""
FIRST_WINDOW_DAYS = 7
"""A first window of at least so many days without any row is in doubt as a whole."""

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
    """Days that a deeper level is asked about: refused by certain rules, or suddenly empty."""
    found = {
        v.date_day
        for v in verdict.violations
        if v.date_day and RULES[v.rule].asks_witness and _is_doubted(v)
    }
    asked = {day for known in answer.witnesses.values() for day in known.days}
    return found | (_suddenly_empty(answer) - asked)


def _is_doubted(violation: Violation) -> bool:
    return violation.severity == "blocking" or violation.rule == "confirmed_fall"


def _agreeing(answer: Answer, known: Witness) -> set[date]:
    """Days on which a level was asked and agrees with the campaigns on delivery."""
    if known.error is not None:
        return set()
    campaigns = answer.evidence.sums["campaign"]
    return {day for day in known.days if known.disagreement(day, campaigns[day]) is None}


def _suddenly_empty(answer: Answer) -> set[date]:
    """Days read for the first time without a row, where there is delivery around them."""
    totals, campaigns = (answer.evidence.sums[level] for level in ("account", "campaign"))
    fresh = {
        day
        for day in answer.window.days
        if not totals[day].rows
        and not campaigns[day].rows
        and day <= answer.account.finished_until
        and day not in answer.history.quiet
        and answer.standing.states.get(day) is None
    }
    if not fresh:
        return fresh
    delivered = _days_with_delivery(answer)
    if not delivered:
        is_first = answer.window.until >= answer.account.due_day and not answer.standing.states
        return fresh if is_first and len(answer.window.days) >= FIRST_WINDOW_DAYS else set()
    return {day for day in fresh if _is_sudden(day, delivered)}


def _is_sudden(day: date, delivered: Collection[date]) -> bool:
    """Whether a day lies between days of delivery, or follows upon many in a row."""
    earlier = [other for other in delivered if other < day]
    if not earlier:
        return False
    if any(other > day for other in delivered):
        return True
    last = max(earlier)
    return all(last - timedelta(days=n) in delivered for n in range(STEADY_DAYS))


def _days_with_delivery(answer: Answer) -> set[date]:
    told = {day for day, sums in answer.evidence.sums["campaign"].items() if sums.rows}
    known = {day for day in answer.history.readings if answer.history.latest(day, "impressions")}
    return told | (known - {*answer.window.days})


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
    silent = _suddenly_empty(answer) if _days_with_delivery(answer) else set()
    agreeing = []
    for day in question.days:
        if (difference := witness.disagreement(day, campaigns[day])) is None:
            agreeing.append(day)
            if day in silent and (SILENCE, day) not in {(f.rule, f.date_day) for f in answer.found}:
                text = RULES[SILENCE].description
                answer.found.append(Violation(SILENCE, "warning", day, text))
        else:
            text = f"{RULES['witness_disagrees'].description} ({difference})"
            answer.found.append(Violation("witness_disagrees", "blocking", day, text))
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
        answer.found = [f for f in answer.found if (f.rule, f.date_day) != (MENDED, day)]
        text = f"{RULES[MENDED].description} (from {LEVELS_IN_WORDS[witness.level]})"
        answer.found.append(Violation(MENDED, "warning", day, text))
    return answer.with_rows(rows) if answer.mended else answer


def _of_day(rows: Sequence[Row], day: date) -> list[Row]:
    text = day.isoformat()
    return [row for row in rows if row.get("date_start") == text]
