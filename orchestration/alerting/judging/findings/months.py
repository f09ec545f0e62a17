"""Findings about client-months: split, unlike the account's total, left out, changed when final."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from expectations.catalogue import RULES
from orchestration.alerting.judging.facts import Facts
from orchestration.alerting.judging.findings.finding import Day, Finding
from orchestration.text import days_in_words

REQUEUED = "its data changed during the build"
"""Such a client-month is built again at once: nobody needs to know."""


def splits(facts: Facts) -> Iterator[Finding]:
    """Days without their conversions, and months that were published so."""
    issues = facts.check("splitData")["issues"]
    yield from _by_month("split_data", [i for i in issues if not i["isPublished"]])
    yield from _by_month("split_month", [i for i in issues if i["isPublished"]])


def totals(facts: Facts) -> Iterator[Finding]:
    """Days and months of which the campaigns add up to less than the account, split days apart."""
    issues = _refused_for("control_totals_disagree", facts)
    issues += [
        {
            "client": one["client"],
            "month": one["month"],
            "day": None,
            "rule": "control_totals",
            "detail": "",
        }
        for one in facts.check("publication")["leftOut"]
        if "control_totals" in one["reason"].split(", ")
    ]
    yield from _by_month("control_totals_disagree", issues)


def vanished(facts: Facts) -> Iterator[Finding]:
    """Days of which less came than stands, where no total tells it already."""
    disagreeing = {
        (one["client"], one["day"]) for one in _refused_for("control_totals_disagree", facts)
    }
    issues = _refused_for("data_vanished", facts)
    found = [one for one in issues if (one["client"], one["day"]) not in disagreeing]
    yield from _by_month("data_vanished", found)


def _refused_for(alert: str, facts: Facts) -> list[dict[str, Any]]:
    """An issue for each rule of an alert that refused a day, split days apart."""
    split = split_days(facts)
    return [
        {"client": c, "month": day[:7], "day": day, "rule": rule, "detail": ""}
        for c, day, rules in ((r["client_id"], r["day"], r["rules"]) for r in facts.refused)
        if (c, day) not in split
        for rule in sorted(rules)
        if RULES[rule].alert == alert
    ]


def told_days(facts: Facts) -> set[Day]:
    """Refused days that a rule of their own is about."""
    return split_days(facts) | {(one["client_id"], one["day"]) for one in facts.refused}


def left_out(facts: Facts) -> Iterator[Finding]:
    for one in facts.check("publication")["leftOut"]:
        if one["reason"] != REQUEUED:
            yield Finding(
                "client_month_left_out",
                one["client"],
                f"{one['month']}: {one['reason']}",
                one["month"],
                facts={"month": one["month"], "findings": one["reason"].split(", ")},
            )


def final_months(facts: Facts) -> Iterator[Finding]:
    for one in facts.reopenings:
        text = f"{one['month']}, with publication {one['publication_id']}"
        yield Finding(
            "final_month_changed",
            one["client_id"],
            text,
            one["month"],
            since=one["reopened_at"],
            figures=(one["changes"],),
            facts={"month": one["month"], "publication": one["publication_id"]},
        )


def split_days(facts: Facts) -> set[Day]:
    """The days that were refused as split: no other rule is about them."""
    issues = facts.check("splitData")["issues"]
    return {(issue["client"], issue["day"]) for issue in issues if issue["day"]}


def _by_month(rule: str, issues: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    """Issues of days, or of a whole month, put together by client and month."""
    months: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for issue in issues:
        months[issue["client"], issue["month"]].append(issue)
    for (client_id, month), found in months.items():
        by_rule: dict[str, list[str]] = defaultdict(list)
        for issue in found:
            by_rule[issue["rule"]] += [issue["day"]] if issue["day"] else []
        text = "; ".join(f"{days_in_words(d) or month}: {r}" for r, d in sorted(by_rule.items()))
        yield Finding(
            rule,
            client_id,
            text,
            month,
            tuple(sorted({issue["day"] for issue in found if issue["day"]})),
            figures=tuple(f"{i['day'] or month}: {i['detail']}" for i in found if i["detail"]),
            facts={"month": month},
        )
