"""What an export says, in the figures of the marts: by campaign, or by account, and days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from orchestration.answers.families import members
from orchestration.exports.export import Export, Row, exact_sum
from orchestration.exports.headers import Columns
from orchestration.exports.results import column_types, types_of_result

DELIVERY = ("spend", "impressions", "clicks", "link_clicks")
OUTCOMES = ("purchases", "purchase_value", "leads")
DAILY = (*DELIVERY, *OUTCOMES)
"""What the daily marts have, under the names that the columns of an export have, too."""
MONEY = ("spend", "purchase_value")


@dataclass(frozen=True)
class Subject:
    """What a row is about: the campaigns of one id or name, or the account, whose id is empty."""

    name: str
    ids: frozenset[str]

    @property
    def is_account(self) -> bool:
        """Whether it is the whole account."""
        return "" in self.ids

    @property
    def id(self) -> str:
        """Its ids as text."""
        return ", ".join(sorted(self.ids))


@dataclass(frozen=True)
class FileRow:
    """What the export says of a subject on one day, or on the days of a range.

    `figures` are by the names of `DAILY`, or by those of conversion families. `parts` is how many
    lines of the file were added up.
    """

    subject: Subject
    since: date
    until: date
    line: int
    figures: Mapping[str, Decimal]
    parts: int

    @property
    def days(self) -> int:
        """How many days it is about."""
        return (self.until - self.since).days + 1


def file_rows(export: Export, subjects: Mapping[str, Subject]) -> list[FileRow]:
    """The rows of an export, added up by campaign; `subjects` are by what the file calls them."""
    level = "account" if export.level == "account" else "campaign"
    return [
        FileRow(
            subject=subjects[row.key[0] if row.key else ""],
            since=row.day,
            until=row.until,
            line=row.line,
            figures=_figures(row, export.columns),
            parts=len(row.lines),
        )
        for row in export.rows_of(level)
    ]


def metrics_of(export: Export) -> list[str]:
    """The figures that the columns of a file name for each of its rows."""
    named = {name for meaning in export.columns.positions for name in _figures_of_column(meaning)}
    return [name for name in DAILY if name in named] + sorted(named - {*DAILY})


def _figures_of_column(meaning: str) -> Sequence[str]:
    if meaning in DAILY:
        return [meaning]
    return [_figure_of(column_types()[meaning])] if meaning in column_types() else []


def _figure_of(types: Sequence[str]) -> str:
    """The figure that counts an event: a column of the daily marts, else its family, else none."""
    families = {members()[name].family for name in types if name in members()} - {"other"}
    if not families:
        return ""
    (family,) = families
    for meaning in OUTCOMES:
        if family in {members()[name].family for name in column_types().get(meaning, ())}:
            return meaning
    return family


def _figures(row: Row, columns: Columns) -> dict[str, Decimal]:
    """What every line of a row says; a figure that one of them lacks is unknown."""
    of_lines = [_figures_of_line(line, columns) for line in row.lines]
    common = set.intersection(*({*each} for each in of_lines))
    return {name: exact_sum(each[name] for each in of_lines) for name in common}


def _figures_of_line(row: Row, columns: Columns) -> dict[str, Decimal]:
    figures = {
        name: row.metrics.get(meaning, Decimal(0))
        for meaning in columns.positions
        for name in _figures_of_column(meaning)
    }
    if "results" in columns and (name := _figure_of(types_of_result(row.result_type))):
        figures.setdefault(name, row.metrics.get("results", Decimal(0)))
    return figures
