"""Oddities that a client is warned of once, and that are known from then on (`ops.known_oddities`).

They come with every answer and nobody can correct them: Meta adds names to known events and fields
to its rows, and the totals of accounts that mix kinds of campaigns lack conversions by design.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from orchestration.answers.violation import Oddity
from orchestration.days import day_of
from orchestration.expectations.catalogue import ROW_ODDITIES, RULES
from orchestration.quality.answer import Answer
from orchestration.quality.comparisons.family_totals import family_totals

MOST_CHARACTERS = 200
"""A subject is cut after so many: Meta's names may be longer than an index can hold."""
COLUMNS_OF_NAMES = {column: rule for column, rule in ROW_ODDITIES.items() if RULES[rule].warns_once}
"""Columns of single rows that hold tuples of odd names, and the rule that warns of them."""


def note_new_oddities(answers: Iterable[Answer]) -> None:
    """Note with each answer the oddities that its client was not warned of, with their first day.

    They are in `new_oddities` of the contents of its campaigns.
    """
    for answer in answers:
        first_days: dict[Oddity, date] = {}
        for oddity, day in (*_of_rows(answer), *_of_totals(answer)):
            if oddity not in answer.history.known_oddities:
                first_days[oddity] = min(day, first_days.get(oddity, day))
        answer.contents["campaign"].new_oddities = first_days


def new_names(answer: Answer, rule: str, names: Sequence[str], day: str | None) -> list[str]:
    """Those of a row's odd names that are new, if this is the first day that has them."""
    new = answer.contents["campaign"].new_oddities
    return [name for name in names if str(new.get(_oddity(rule, name))) == day]


def _oddity(rule: str, name: str) -> Oddity:
    return rule, name[:MOST_CHARACTERS]


def _of_rows(answer: Answer) -> Iterator[tuple[Oddity, date]]:
    columns = answer.evidence.columns
    for column, rule in COLUMNS_OF_NAMES.items():
        for names, text, is_asked in zip(
            columns[column], columns["date_start"], columns["is_asked_day"], strict=True
        ):
            day = day_of(text)
            if names and is_asked and day:
                yield from ((_oddity(rule, name), day) for name in names)


def _of_totals(answer: Answer) -> Iterator[tuple[Oddity, date]]:
    levels = answer.evidence.sums
    for day in answer.window.days:
        for family in family_totals(levels["account"][day], levels["campaign"][day]):
            if family.oddity:
                yield family.oddity, day
