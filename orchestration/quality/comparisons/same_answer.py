"""The days of an answer compared with each other: equal numbers, and conversions without values."""

from collections import defaultdict
from datetime import date

from orchestration.quality.answer import Answer
from orchestration.quality.comparisons.past import LEAST_IMPRESSIONS, RATE_DAYS
from orchestration.quality.tolerance import without_values


def repeated_days(answer: Answer) -> dict[date, str]:
    """Days whose campaign rows have exactly the numbers of an earlier day, with that day."""
    first: dict[int, date] = {}
    repeated = {}
    for day, sums in answer.evidence.sums["campaign"].items():
        if sums.metrics["impressions"] < LEAST_IMPRESSIONS:
            continue
        fingerprint = answer.evidence.fingerprints[day]
        if fingerprint in first:
            repeated[day] = first[fingerprint].isoformat()
        first.setdefault(fingerprint, day)
    return repeated


def families_without_values(answer: Answer) -> dict[date, set[str]]:
    """By day the families that have counts and no value, and that have values on other days."""
    counts: dict[str, dict[date, float]] = defaultdict(dict)
    valued: set[str] = set()
    account, campaigns = (answer.evidence.sums[level] for level in ("account", "campaign"))
    for day, sums in campaigns.items():
        of_account = account[day].by_family()
        for family, (count, own_value) in sums.by_family().items():
            value = own_value or of_account.get(family, (0, 0))[1]
            if value:
                valued.add(family)
            if count > 0:
                counts[family][day] = 0.0 if value else float(count)
    without: dict[date, set[str]] = defaultdict(set)
    for family, days in counts.items():
        if family in valued or answer.history.was_above_zero(
            f"value:{family}", answer.window.since, RATE_DAYS
        ):
            for day in without_values(days):
                without[day].add(family)
    return without
