"""A witness: what a deeper level (ad sets or ads) says of days in doubt, and what it completes.

At Meta conversions vanish at account and campaign level while ad sets and ads still have them.
Where the deeper level agrees with the campaigns on delivery, the sums of its conversions complete
the rows of the campaigns and of the account. It never lowers a number.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from operator import itemgetter

from orchestration.answers.results import Row, with_all_results
from orchestration.answers.slices import ARRAYS, LEVELS_IN_WORDS
from orchestration.quality.rows.actions import readable
from orchestration.quality.rows.sums import Sums, as_number, sums_by_day
from orchestration.quality.tolerance import DELIVERY_UNITS, WITNESS_SHARE

Amounts = dict[str, dict[str, Decimal]]
"""By action type: the default value and that of each attribution window."""

COMPARED = ("spend", "impressions", "clicks")
LEAST_DIFFERENCE = 10.0
"""Clicks may differ by so many, however small their share."""


@dataclass(frozen=True)
class Witness:
    """The rows of a deeper level on some days; `error` says why it could not be asked."""

    level: str
    days: Collection[date]
    rows: Sequence[Row] = ()
    error: str | None = None

    @cached_property
    def by_day(self) -> Mapping[date, list[Row]]:
        """The rows of each day."""
        texts = {day.isoformat(): day for day in self.days}
        by_day: dict[date, list[Row]] = {day: [] for day in self.days}
        for row in self.rows:
            if (day := texts.get(str(row.get("date_start")))) is not None:
                by_day[day].append(row)
        return by_day

    def disagreement(self, day: date, campaigns: Sums) -> str | None:
        """Where its delivery differs from that of the campaigns; None where the two agree."""
        sums = sums_by_day(self.by_day[day], None).get(day.isoformat(), Sums())
        for name in COMPARED:
            deeper, upper = sums.metrics[name], campaigns.metrics[name]
            allowed = max(float(upper) * WITNESS_SHARE, DELIVERY_UNITS.get(name, LEAST_DIFFERENCE))
            if abs(float(deeper - upper)) > allowed:
                return f"{name}: {LEVELS_IN_WORDS[self.level]} {deeper:f}, campaigns {upper:f}"
        return None


def completed(campaigns: Sequence[Row], deeper: Sequence[Row]) -> list[Row]:
    """The rows of a day's campaigns, with what they lack raised to the sums of the deeper rows."""
    lacking = _lacking(campaigns, deeper)
    by_campaign: dict[str, list[Row]] = defaultdict(list)
    for row in deeper:
        by_campaign[str(row.get("campaign_id"))].append(row)
    return [_raised(row, by_campaign[str(row.get("campaign_id"))], lacking) for row in campaigns]


def completed_total(totals: Sequence[Row], campaigns: Sequence[Row]) -> list[Row]:
    """The account's row of a day, with what it lacks raised to the sums of its campaigns."""
    lacking = _lacking(totals, campaigns)
    return [_raised(row, campaigns, lacking) for row in totals]


def _lacking(rows: Sequence[Row], parts: Sequence[Row]) -> dict[str, set[str]]:
    """By array the action types of which the parts have more than two levels may differ by."""
    lacking: dict[str, set[str]] = {}
    for name in ARRAYS:
        amounts, of_parts = _amounts(rows, name), _amounts(parts, name)
        lacking[name] = {
            action_type
            for action_type, part in of_parts.items()
            if float(amounts.get(action_type, {}).get("value", 0))
            < float(part.get("value", 0)) * (1 - WITNESS_SHARE)
        }
    return lacking


def _raised(row: Row, parts: Sequence[Row], lacking: Mapping[str, set[str]]) -> Row:
    raised = dict(row)
    for name in ARRAYS:
        own, sums = _amounts([row], name), _amounts(parts, name)
        higher = {
            action_type: amounts
            for action_type, amounts in sums.items()
            if action_type in lacking[name]
            and amounts.get("value", 0) > own.get(action_type, {}).get("value", 0)
        }
        if higher:
            kept = [e for e in readable(row.get(name)) if e["action_type"] not in higher]
            raised[name] = kept + [
                _entry(*item) for item in sorted(higher.items(), key=itemgetter(0))
            ]
    return raised


def _amounts(rows: Sequence[Row], name: str) -> Amounts:
    sums: Amounts = {}
    for row in rows:
        for entry in readable(with_all_results(row).get(name)):
            amounts = sums.setdefault(entry["action_type"], {})
            for key, value in entry.items():
                if key != "action_type":
                    amounts[key] = amounts.get(key, Decimal(0)) + as_number(value)
    return sums


def _entry(action_type: str, amounts: Mapping[str, Decimal]) -> Row:
    return {"action_type": action_type} | {key: f"{amount:f}" for key, amount in amounts.items()}
