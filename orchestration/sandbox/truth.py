"""The exact totals of an account, added up day by day apart from the code that serves rows."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, localcontext
from typing import Any

from orchestration.sandbox.model import SUM_PRECISION, Account, Number, Record, trimmed


@dataclass(slots=True)
class _Sums:
    """What is added up over campaign-days."""

    days: set[date] = field(default_factory=set)
    metrics: defaultdict[str, Number] = field(default_factory=lambda: defaultdict(int))
    counts: defaultdict[str, Number] = field(default_factory=lambda: defaultdict(int))
    values: defaultdict[str, Number] = field(default_factory=lambda: defaultdict(int))

    def add(self, day: date, record: Record) -> None:
        """One campaign-day more."""
        self.days.add(day)
        for name in ("spend", "impressions", "clicks", "link_clicks"):
            self.metrics[name] += getattr(record, name) or 0
        for conversion in record.conversions:
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
    account: Account, as_of: date, since: date, until: date, *, by_campaign: bool
) -> dict[str, Any]:
    """The totals of the account from `since` to `until`, also by month and by campaign."""
    with localcontext() as context:
        context.prec = SUM_PRECISION
        found = [
            (day, record)
            for day in _days(since, until)
            for record in account.source.records(day, as_of)
        ]
        answer = {
            "account_id": account.id,
            "currency": account.currency,
            "since": since.isoformat(),
            "until": until.isoformat(),
            **_totals(found),
        }
        if by_campaign:
            answer["campaigns"] = _campaigns(account, found)
        return answer


def _campaigns(account: Account, found: list[tuple[date, Record]]) -> list[dict[str, Any]]:
    """The totals of every campaign that delivered."""
    grouped: defaultdict[str, list[tuple[date, Record]]] = defaultdict(list)
    for day, record in found:
        grouped[record.campaign.id].append((day, record))
    return [
        {
            "campaign_id": campaign.id,
            "campaign_name": campaign.name,
            **_totals(grouped[campaign.id]),
        }
        for campaign in account.campaigns
        if campaign.id in grouped
    ]


def _totals(found: Iterable[tuple[date, Record]]) -> dict[str, Any]:
    whole = _Sums()
    months: defaultdict[str, _Sums] = defaultdict(_Sums)
    for day, record in found:
        whole.add(day, record)
        months[f"{day:%Y-%m}"].add(day, record)
    by_month = [{"month": month, **months[month].shown()} for month in sorted(months)]
    return {**whole.shown(), "months": by_month}


def _days(since: date, until: date) -> Iterable[date]:
    return (since + timedelta(days=offset) for offset in range((until - since).days + 1))


def _money(number: Number) -> str:
    return trimmed(format(Decimal(number), "f"))


def _count(number: Number) -> int | str:
    """A replayed file may hold fractions of a conversion; only those are text."""
    return int(number) if number == int(number) else _money(number)
