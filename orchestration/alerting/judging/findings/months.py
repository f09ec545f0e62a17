"""Findings about client-months: split, unlike the account's total, left out, changed when final."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from orchestration.alerting.judging.evidence import Evidence
from orchestration.alerting.judging.findings.finding import NOT_PUBLISHED, Day, Finding
from orchestration.days import days_in_words
from orchestration.expectations.catalogue import RULES as GATE_RULES
from orchestration.expectations.catalogue.reasons import left_out_in_words, sentences

BUILT_AGAIN = "its data changed during the build"
"""The reason of a client-month that the next build publishes at once: nobody needs to know."""


@dataclass(frozen=True, kw_only=True)
class _Issue:
    """A day that a rule of the gate refused, or what an audit found in a day or month (no day).

    Of a day that only a build lacks, `rule` is NOT_PUBLISHED.
    """

    client_id: str
    month: str
    day: str | None
    rule: str
    figures: str = ""


def split_data(evidence: Evidence) -> Iterator[Finding]:
    """Days that came without their conversions."""
    issues = _split_issues(evidence, is_published=False)
    yield from _by_month("split_data", _with_waiting("split_data", issues, evidence))


def split_months(evidence: Evidence) -> Iterator[Finding]:
    """Months that were published without their conversions."""
    yield from _by_month("split_month", _split_issues(evidence, is_published=True))


def disagreeing_totals(evidence: Evidence) -> Iterator[Finding]:
    """Days and months whose campaigns add up to less than the account, split days left out."""
    issues = _refused_for("control_totals_disagree", evidence)
    issues += [
        _Issue(client_id=out["client"], month=out["month"], day=None, rule="control_totals")
        for out in evidence.check("publication")["leftOut"]
        if "control_totals" in out["reason"].split(", ")
    ]
    yield from _by_month(
        "control_totals_disagree", _with_waiting("control_totals_disagree", issues, evidence)
    )


def vanished_data(evidence: Evidence) -> Iterator[Finding]:
    """Days of which less came than is stored, where no total shows it already."""
    disagreeing = {
        (issue.client_id, issue.day) for issue in _refused_for("control_totals_disagree", evidence)
    }
    issues = _refused_for("data_vanished", evidence)
    issues = [i for i in issues if (i.client_id, i.day) not in disagreeing]
    yield from _by_month("data_vanished", _with_waiting("data_vanished", issues, evidence))


def months_left_out(evidence: Evidence) -> Iterator[Finding]:
    """Client-months that the latest build did not publish."""
    for out in evidence.check("publication")["leftOut"]:
        if out["reason"] != BUILT_AGAIN:
            yield Finding(
                rule="client_month_left_out",
                client_id=out["client"],
                text=f"{out['month']}: {left_out_in_words(out['reason'])}",
                subject=out["month"],
                details={"month": out["month"], "findings": out["reason"].split(", ")},
            )


def changed_final_months(evidence: Evidence) -> Iterator[Finding]:
    """Client-months that changed after they were final."""
    for change in evidence.changed_final_months:
        month, publication = change["month"], change["publication_id"]
        yield Finding(
            rule="final_month_changed",
            client_id=change["client_id"],
            text=f"{month}, with publication {publication}",
            subject=month,
            since=change["reopened_at"],
            figures=(change["changes"],),
            details={"month": month, "publication": publication},
        )


def days_of_other_rules(evidence: Evidence) -> set[Day]:
    """Days that a rule of this module is about."""
    return _split_days(evidence) | {(day["client_id"], day["day"]) for day in evidence.refused_days}


def _split_issues(evidence: Evidence, *, is_published: bool) -> list[_Issue]:
    return [
        _Issue(
            client_id=issue["client"],
            month=issue["month"],
            day=issue["day"],
            rule=issue["rule"],
            figures=issue["detail"] or "",
        )
        for issue in evidence.check("splitData")["issues"]
        if issue["isPublished"] == is_published
    ]


def _split_days(evidence: Evidence) -> set[Day]:
    """Days without their conversions, refused or found by the audit: no other rule has them."""
    issues = evidence.check("splitData")["issues"]
    return {(issue["client"], issue["day"]) for issue in issues if issue["day"]}


def _refused_for(alert: str, evidence: Evidence) -> list[_Issue]:
    """An issue for each gate rule of an alert that refused a day, split days left out."""
    split = _split_days(evidence)
    return [
        _Issue(client_id=refused["client_id"], month=day[:7], day=day, rule=rule)
        for refused in evidence.refused_days
        if (refused["client_id"], day := refused["day"]) not in split
        for rule in sorted(refused["rules"])
        if GATE_RULES[rule].alert == alert
    ]


def _with_waiting(rule: str, issues: list[_Issue], evidence: Evidence) -> list[_Issue]:
    """The issues, and the days of open alerts that came well and that no build has published."""
    found = {(issue.client_id, issue.day) for issue in issues}
    return issues + [
        _Issue(client_id=client_id, month=day[:7], day=day, rule=NOT_PUBLISHED)
        for client_id, day in evidence.waiting_for_a_build(rule)
        if (client_id, day) not in found
    ]


def _by_month(rule: str, issues: Iterable[_Issue]) -> Iterator[Finding]:
    """One finding for each client and month."""
    months: dict[tuple[str, str], list[_Issue]] = defaultdict(list)
    for issue in issues:
        months[issue.client_id, issue.month].append(issue)
    for (client_id, month), of_month in months.items():
        yield Finding(
            rule=rule,
            client_id=client_id,
            text=_in_words(month, of_month),
            subject=month,
            days=tuple(sorted({issue.day for issue in of_month if issue.day})),
            figures=tuple(f"{i.day or month}: {i.figures}" for i in of_month if i.figures),
            details={"month": month},
        )


def _in_words(month: str, issues: Iterable[_Issue]) -> str:
    """`2026-11-12: The campaigns ... lack`; what an audit found in a month: `2026-11: ...`."""
    by_rule: dict[str, list[str]] = defaultdict(list)
    for issue in issues:
        by_rule[issue.rule] += [issue.day] if issue.day else []
    return "; ".join(
        f"{days_in_words(days) or month}: {sentences([rule])}"
        for rule, days in sorted(by_rule.items())
    )
