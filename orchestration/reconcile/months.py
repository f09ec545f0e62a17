"""Compares what the marts have by month alone: families without a column in the daily marts."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from orchestration.days import month_end
from orchestration.exports.export import exact_sum
from orchestration.reconcile.compare import ZERO, Comparison, Difference, days_of
from orchestration.reconcile.evidence import DayFacts
from orchestration.reconcile.figures import DAILY, FileRow, Subject
from orchestration.reconcile.published import MonthlyConversions

DEFAULT = "default"


def compare_months(
    found: Comparison,
    rows: Sequence[FileRow],
    days: Mapping[date, DayFacts],
    monthly: MonthlyConversions,
) -> dict[str, list[date]]:
    """Compare the families by whole months; returns the months that could not be compared."""
    families = sorted({name for row in rows for name in row.figures} - {*DAILY})
    compared = set()
    for month in _months(rows):
        if not _is_whole(month, rows, days):
            continue
        for subject, of_subject in _by_subject(rows, month).items():
            for family in families:
                if subject.is_account or not all(family in row.figures for row in of_subject):
                    continue
                compared.add((family, month))
                found.add(_difference(subject, month, family, of_subject, monthly), ZERO)
    left = {
        family: [month for month in _months(rows) if (family, month) not in compared]
        for family in families
    }
    return {family: months for family, months in left.items() if months}


def _difference(
    subject: Subject,
    month: date,
    family: str,
    rows: Sequence[FileRow],
    monthly: MonthlyConversions,
) -> Difference:
    return Difference(
        subject=subject,
        since=month,
        until=month_end(month),
        line=rows[0].line,
        metric=family,
        exported=exact_sum(row.figures[family] for row in rows),
        published=conversions_of(monthly, subject, month, family, DEFAULT)[0],
    )


def conversions_of(
    monthly: MonthlyConversions, subject: Subject, month: date, family: str, window: str
) -> tuple[Decimal, Decimal]:
    """The conversions of a family and their value, as the marts have them for a month."""
    nothing = (ZERO, ZERO)
    found = [monthly.get((each, month, family, window), nothing) for each in subject.ids]
    return sum((count for count, _ in found), ZERO), sum((value for _, value in found), ZERO)


def _months(rows: Sequence[FileRow]) -> list[date]:
    return sorted({row.since.replace(day=1) for row in rows})


def _is_whole(month: date, rows: Sequence[FileRow], days: Mapping[date, DayFacts]) -> bool:
    """Whether the file is about every day of the month that has rows, once, and no more."""
    end = month_end(month)
    periods = {(row.since, row.until) for row in rows}
    if any(since < month <= until or since <= end < until for since, until in periods):
        return False
    covered = [day for period in periods for day in days_of(period) if month <= day <= end]
    with_rows = {
        day for day, each in days.items() if month <= day <= end and each.stands == "received"
    }
    return bool(with_rows) and with_rows <= {*covered} and len({*covered}) == len(covered)


def _by_subject(rows: Sequence[FileRow], month: date) -> dict[Subject, list[FileRow]]:
    grouped: dict[Subject, list[FileRow]] = {}
    for row in rows:
        if row.since.replace(day=1) == month:
            grouped.setdefault(row.subject, []).append(row)
    return grouped
