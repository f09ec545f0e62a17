"""What is told once: oddities of a client that come with every answer and that nobody can mend.

Meta adds names to known events and fields to its rows, and the totals of accounts that mix kinds of
campaigns lack conversions by design. Each is a warning at its first sight and known from then on.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from orchestration.answers.violation import Oddity
from orchestration.quality.answer import Answer, day_of
from orchestration.quality.figures import Sums, counted

NAMED_ONCE = {
    "unknown_types": "known_action_types",
    "unknown_fields": "known_fields",
    "odd_text": "storable_text",
}
"""Columns of single rows that name what is odd, and the rule that says so."""
ZERO = Decimal(0)


class Compared(NamedTuple):
    """A family's conversions and their value on a day, of campaigns and account.

    Without `has_total` the account names no actions at all.
    """

    family: str
    has_total: bool
    parts: Decimal
    total: Decimal
    parts_worth: Decimal
    worth: Decimal

    @property
    def oddity(self) -> Oddity | None:
        """What is odd about it, if its parts are more than its total."""
        if self.has_total and self.parts <= self.total:
            return None
        return ("parts_within_total" if self.has_total else "total_has_actions", self.family)


def compared(total: Sums, parts: Sums) -> Iterator[Compared]:
    """The families of a day that the account or its campaigns name."""
    has_total = total.has_actions or not parts.counts
    for family, name in counted(total, parts).items():
        amounts = (
            sums.get(name, ZERO)
            for sums in (parts.counts, total.counts, parts.values, total.values)
        )
        yield Compared(family, has_total, *amounts)


def note_news(answers: Iterable[Answer]) -> None:
    """Note with each answer what its client was not told of before, with its first day."""
    for answer in answers:
        found: dict[Oddity, date] = {}
        for oddity, day in (*_of_rows(answer), *_of_totals(answer)):
            if oddity not in answer.history.told:
                found[oddity] = min(day, found.get(oddity, day))
        answer.contents["campaign"].oddities = found


def names_to_tell(
    answer: Answer, rule: str, names: Sequence[str] | None, day: str | None
) -> list[str]:
    """Those of a row's odd names that are new, on the first day that has them."""
    news = answer.contents["campaign"].oddities
    return [n for n in names or () if str(news.get(oddity_of(rule, n))) == day]


def oddity_of(rule: str, name: str) -> Oddity:
    """An oddity by its name, which is cut: Meta's may be longer than an index holds."""
    return rule, name[:200]


def _of_rows(answer: Answer) -> Iterator[tuple[Oddity, date]]:
    columns = answer.evidence.columns
    for column, rule in NAMED_ONCE.items():
        for names, text, is_asked in zip(
            columns[column], columns["date_start"], columns["is_asked_day"], strict=True
        ):
            day = day_of(text)
            if names and is_asked and day:
                yield from ((oddity_of(rule, name), day) for name in names)


def _of_totals(answer: Answer) -> Iterator[tuple[Oddity, date]]:
    levels = answer.evidence.sums
    for day in answer.window.days:
        for line in compared(levels["account"][day], levels["campaign"][day]):
            if line.oddity:
                yield line.oddity, day
