"""The exact totals of an account, added up by other code than the one that serves rows."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, localcontext
from typing import Any

from orchestration.sandbox.world.model import (
    LEVELS,
    Account,
    Alter,
    Moment,
    Number,
    Record,
    trimmed,
)
from orchestration.sandbox.world.sums import SUM_PRECISION

_PLURALS = {"campaign": "campaigns", "adset": "adsets", "ad": "ads"}

DatedRecords = Sequence[tuple[date, Record]]


@dataclass(slots=True)
class _Sums:
    """Sums over the records of days."""

    days: set[date] = field(default_factory=set)
    metrics: defaultdict[str, Number] = field(default_factory=lambda: defaultdict(int))
    counts: defaultdict[str, Number] = field(default_factory=lambda: defaultdict(int))
    values: defaultdict[str, Number] = field(default_factory=lambda: defaultdict(int))

    def add(self, day: date, record: Record) -> None:
        """Add a record."""
        self.days.add(day)
        for name in ("spend", "impressions", "clicks", "link_clicks"):
            self.metrics[name] += getattr(record, name) or 0
        for conversion in record.conversions:
            if conversion.field != "actions":
                continue
            for kind in conversion.types:
                self.counts[kind] += conversion.counts[0]
                self.values[kind] += conversion.values[0] if conversion.values else 0

    def shown(self) -> dict[str, Any]:
        """The sums as JSON: money as text, counts as numbers."""
        return {
            "days_with_delivery": len(self.days),
            "spend": _money(self.metrics["spend"]),
            "impressions": _count(self.metrics["impressions"]),
            "clicks": _count(self.metrics["clicks"]),
            "link_clicks": _count(self.metrics["link_clicks"]),
            "actions": {
                kind: {"count": _count(number), "value": _money(self.values[kind])}
                for kind, number in sorted(self.counts.items())
                if number or self.values[kind]
            },
        }


def truth(
    account: Account,
    as_of: Moment,
    since: date,
    until: date,
    *,
    level: str = "account",
    by_day: bool = False,
    alter: Callable[[date], Alter | None] = lambda _: None,
) -> dict[str, Any]:
    """The totals of the account from `since` to `until`, as they stand at the moment.

    They are also given by month, by object of the level and by day. Objects that are archived or
    deleted count like all others. `alter` is what ordinary life does to a day.
    """
    grain = max(level, "campaign", key=LEVELS.index)
    with localcontext() as context:
        context.prec = SUM_PRECISION
        records = [
            (day, record)
            for day in _days(since, until)
            for record in account.source.records(day, as_of, grain, alter(day))
        ]
        answer = {
            "account_id": account.id,
            "currency": account.currency,
            "since": since.isoformat(),
            "until": until.isoformat(),
            **_totals(records),
        }
        if level in _PLURALS:
            answer[_PLURALS[level]] = _objects(account, as_of.today, level, records)
        if by_day:
            answer["days"] = [
                {"day": day.isoformat(), **sums.shown()} for day, sums in _by_day(records).items()
            ]
        return answer


def _objects(
    account: Account, today: date, level: str, records: DatedRecords
) -> list[dict[str, Any]]:
    """The totals of every object that delivered, with the objects it is part of."""
    grouped: defaultdict[str, list[tuple[date, Record]]] = defaultdict(list)
    for day, record in records:
        grouped[record.owner.id].append((day, record))
    states = account.source.states(today)
    shown = []
    for each in account.objects[level]:
        if each.id in grouped:
            names: dict[str, str] = {}
            for above in LEVELS[1 : LEVELS.index(level) + 1]:
                owner = each.at(above)
                assert owner is not None
                names |= {f"{above}_id": owner.id, f"{above}_name": states[owner.id].name}
            status = {"effective_status": states[each.id].effective_status}
            shown.append({**names, **status, **_totals(grouped[each.id])})
    return shown


def _totals(records: DatedRecords) -> dict[str, Any]:
    whole = _Sums()
    months: defaultdict[str, _Sums] = defaultdict(_Sums)
    for day, record in records:
        whole.add(day, record)
        months[f"{day:%Y-%m}"].add(day, record)
    by_month = [{"month": month, **months[month].shown()} for month in sorted(months)]
    return {**whole.shown(), "months": by_month}


def _by_day(records: DatedRecords) -> dict[date, _Sums]:
    days: defaultdict[date, _Sums] = defaultdict(_Sums)
    for day, record in records:
        days[day].add(day, record)
    return days


def _days(since: date, until: date) -> Iterable[date]:
    return (since + timedelta(days=offset) for offset in range((until - since).days + 1))


def _money(number: Number) -> str:
    return trimmed(format(Decimal(number), "f"))


def _count(number: Number) -> int | str:
    """A whole number, or text for the fractions that a replayed file may hold."""
    return int(number) if number == int(number) else _money(number)
