"""Compares the rows of an export with the marts: every figure of every subject and period."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from orchestration.exports.currencies import WHOLE
from orchestration.reconcile.figures import DAILY, MONEY, FileRow, Subject
from orchestration.reconcile.published import Published

Period = tuple[date, date]
ZERO = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A figure that is not the same; `exported` is None where the file has no row of it.

    `published` is None where the marts do not know it, `null_reason` then says why. `line` is that
    of the file.
    """

    subject: Subject
    since: date
    until: date
    line: int | None
    metric: str
    exported: Decimal | None
    published: Decimal | None
    null_reason: str | None = None

    @property
    def days(self) -> list[date]:
        """The days that it is about."""
        return days_of((self.since, self.until))

    @property
    def delta(self) -> Decimal:
        """By how much the export has more."""
        return (self.exported or ZERO) - (self.published or ZERO)


@dataclass
class Comparison:
    """What was compared, and what differs.

    `rounded` figures differ by their rounding alone. `unknown` ones are null in the marts and none
    in the file, so that nothing can be said of them.
    """

    differences: list[Difference] = field(default_factory=list)
    rows: int = 0
    figures: int = 0
    rounded: int = 0
    largest_rounding: Decimal = ZERO
    unknown: int = 0
    totals: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)

    def add(self, difference: Difference, tolerance: Decimal) -> None:
        """Count a figure, and keep it where it differs."""
        if difference.published is None and not difference.exported:
            self.unknown += 1
            return
        self.figures += 1
        exported, published = self.totals.get(difference.metric, (ZERO, ZERO))
        self.totals[difference.metric] = (
            exported + (difference.exported or ZERO),
            published + (difference.published or ZERO),
        )
        if difference.published is not None and difference.delta == 0:
            return
        if difference.published is not None and abs(difference.delta) <= tolerance:
            self.rounded += 1
            self.largest_rounding = max(self.largest_rounding, abs(difference.delta))
        else:
            self.differences.append(difference)


def days_of(period: Period) -> list[date]:
    """Every day of a period."""
    since, until = period
    return [since + timedelta(days=n) for n in range((until - since).days + 1)]


def compare(
    rows: Sequence[FileRow], metrics: Sequence[str], published: Published, currency: str
) -> Comparison:
    """Compare every row of the file, and find what the file does not have."""
    found = Comparison()
    unit = Decimal(1) if currency in WHOLE else Decimal("0.01")
    for row in rows:
        found.rows += 1
        days = days_of((row.since, row.until))
        null_reason = _null_reason(published, row.subject, days)
        for metric in (name for name in DAILY if name in row.figures):
            difference = Difference(
                subject=row.subject,
                since=row.since,
                until=row.until,
                line=row.line,
                metric=metric,
                exported=row.figures[metric],
                published=published.amount(row.subject, days, metric),
                null_reason=null_reason,
            )
            found.add(difference, rounding(metric, row, unit))
    for absent in _absent(rows, metrics, published):
        found.add(absent, ZERO)
    return found


def rounding(metric: str, row: FileRow, unit: Decimal) -> Decimal:
    """What the rounding of amounts can make: half a unit for each line, and for each day added."""
    if metric not in MONEY:
        return ZERO
    return unit / 2 * (row.parts + (row.days if row.days > 1 else 0))


def _null_reason(published: Published, subject: Subject, days: Sequence[date]) -> str | None:
    rows = published.rows_of(subject, days)
    return next((row.null_reason for row in rows if row.null_reason), None)


def _absent(
    rows: Sequence[FileRow], metrics: Sequence[str], published: Published
) -> Iterator[Difference]:
    """What the marts have and the file has no row of."""
    for (since, until), ids in _named(rows).items():
        days = days_of((since, until))
        for campaign_id, name in published.campaigns_on(days).items():
            if campaign_id in ids:
                continue
            subject = Subject(name, frozenset({campaign_id}))
            for metric in (each for each in metrics if each in DAILY):
                if amount := published.amount(subject, days, metric):
                    yield Difference(
                        subject=subject,
                        since=since,
                        until=until,
                        line=None,
                        metric=metric,
                        exported=None,
                        published=amount,
                    )


def _named(rows: Sequence[FileRow]) -> Mapping[Period, set[str]]:
    """The campaigns of each period of the file, and each day between that it has nothing of."""
    named: dict[Period, set[str]] = {}
    covered: set[date] = set()
    for row in rows:
        named.setdefault((row.since, row.until), set()).update(row.subject.ids)
        covered.update(days_of((row.since, row.until)))
    for day in days_of((min(covered), max(covered))):
        if day not in covered:
            named[day, day] = set()
    return named
