"""What a deeper level says of days in doubt, and what it completes.

At Meta conversions vanish at account and campaign level while ad sets and ads still have them.
Where the deeper level agrees with the campaigns on delivery, its conversions, added up, complete
the rows of the campaigns and of the account. It never lowers a number.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from orchestration.answers.results import folded
from orchestration.answers.slices import ARRAYS, LEVELS_IN_WORDS
from orchestration.quality.actions import readable
from orchestration.quality.figures import Sums, added_up, as_number
from orchestration.quality.tolerance import DELIVERY_UNITS, WITNESS_SHARE

Row = dict[str, Any]
Amounts = dict[str, dict[str, Decimal]]
"""By action type: the default value and each window."""

COMPARED = ("spend", "impressions", "clicks")


@dataclass(frozen=True)
class Witness:
    """The rows of a deeper level on some days; `error` says why it could not be asked."""

    level: str
    days: Collection[date]
    rows: Sequence[Row] = ()
    error: str | None = None
    by_day: Mapping[date, list[Row]] = field(init=False)

    def __post_init__(self) -> None:
        texts = {day.isoformat(): day for day in self.days}
        found: dict[date, list[Row]] = {day: [] for day in self.days}
        for row in self.rows:
            if (day := texts.get(str(row.get("date_start")))) is not None:
                found[day].append(row)
        object.__setattr__(self, "by_day", found)

    def disagreement(self, day: date, campaigns: Sums) -> str | None:
        """Where the level delivered something else than the campaigns; None where they agree."""
        mine = added_up(self.by_day[day], None).get(day.isoformat(), Sums())
        for name in COMPARED:
            here, there = mine.metrics[name], campaigns.metrics[name]
            allowed = max(float(there) * WITNESS_SHARE, DELIVERY_UNITS.get(name, 10.0))
            if abs(float(here - there)) > allowed:
                below = LEVELS_IN_WORDS[self.level]
                return f"{name}: {below} {here:f}, campaigns {there:f}"
        return None


def completed(campaigns: Sequence[Row], below: Sequence[Row]) -> list[Row]:
    """The rows of a day's campaigns, what they lack raised to the sums of the rows below them."""
    lacking = _lacking(campaigns, below)
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in below:
        grouped[str(row.get("campaign_id"))].append(row)
    return [_raised(row, grouped[str(row.get("campaign_id"))], lacking) for row in campaigns]


def completed_total(totals: Sequence[Row], campaigns: Sequence[Row]) -> list[Row]:
    """The account's row of a day, what it lacks raised to the sums of its campaigns."""
    lacking = _lacking(totals, campaigns)
    return [_raised(row, campaigns, lacking) for row in totals]


def _lacking(rows: Sequence[Row], parts: Sequence[Row]) -> dict[str, set[str]]:
    """By array the action types of which the parts have more than two levels ever differ."""
    found: dict[str, set[str]] = {}
    for name in ARRAYS:
        here, there = _amounts(rows, name), _amounts(parts, name)
        found[name] = {
            kind
            for kind, amounts in there.items()
            if float(here.get(kind, {}).get("value", 0))
            < float(amounts.get("value", 0)) * (1 - WITNESS_SHARE)
        }
    return found


def _raised(row: Row, parts: Sequence[Row], lacking: Mapping[str, set[str]]) -> Row:
    raised = dict(row)
    for name in ARRAYS:
        own, sums = _amounts([row], name), _amounts(parts, name)
        more = {
            kind: amounts
            for kind, amounts in sums.items()
            if kind in lacking[name] and amounts.get("value", 0) > own.get(kind, {}).get("value", 0)
        }
        if more:
            kept = [e for e in readable(row.get(name)) if e["action_type"] not in more]
            raised[name] = [*kept, *(_entry(kind, more[kind]) for kind in sorted(more))]
    return raised


def _amounts(rows: Sequence[Row], name: str) -> Amounts:
    sums: Amounts = {}
    for row in rows:
        for entry in readable(folded(row).get(name)):
            amounts = sums.setdefault(entry["action_type"], {})
            for key, value in entry.items():
                if key != "action_type":
                    amounts[key] = amounts.get(key, Decimal(0)) + as_number(value)
    return sums


def _entry(kind: str, amounts: Mapping[str, Decimal]) -> Row:
    return {"action_type": kind} | {key: f"{amount:f}" for key, amount in amounts.items()}
