"""The health that the API answers: of a world in which nothing is wrong, and what faults change."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from factories import LATEST_DUE_DAY
from worlds import WEEK

ANY = "(some instant)"
INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

HEALTHY: dict[str, Any] = {
    "warehouse": {"status": "pass"},
    "todayCollection": {"status": "pass", "clientCount": 2, "expectedCount": 2, "missing": []},
    "splitData": {"status": "pass", "issueCount": 0, "issues": [], "unproven": []},
    "missingDays": {"status": "pass", "gapCount": 0, "gaps": []},
    "cacheFreshness": {"status": "pass", "clientCount": 2, "staleCount": 0, "clients": []},
    "publication": {
        "status": "pass",
        "publicationId": 1,
        "publishedAt": "2026-11-15T09:00:00Z",
        "latestBuild": "published",
        "waitingCount": 0,
        "waitingSince": None,
        "leftOut": [],
    },
    "quarantine": {"status": "pass", "waitingCount": 0, "days": []},
    "failedCollections": {"status": "pass", "openCount": 0, "collections": []},
    "alerting": {
        "status": "pass",
        "evaluatedAt": ANY,
        "deliveredAt": ANY,
        "waitingCount": 0,
        "destinations": [
            {
                "name": "slack",
                "isOn": True,
                "deliveredAt": ANY,
                "failingSince": None,
                "reason": None,
            }
        ],
    },
    "cacheHitRate": {"status": "pass", "hits": 0, "misses": 0, "stale": 0, "rate": None},
}


def changed(check: str, **changes: Any) -> dict[str, Any]:
    return {check: HEALTHY[check] | changes}


def today(status: str, late_at: str, *, is_late: bool, reason: str = "never asked") -> Any:
    missing: dict[str, Any] = {"client": "acme", "day": str(LATEST_DUE_DAY), "lateAt": late_at}
    missing |= {"isLate": is_late, "reason": reason}
    return changed("todayCollection", status=status, clientCount=1, missing=[missing])


def gaps(status: str, *gaps: tuple[list[Any], str, str]) -> Any:
    expected = [
        {"client": "acme", "days": [str(day) for day in days], "kind": kind, "reason": reason}
        for days, kind, reason in gaps
    ]
    count = sum(len(days) for days, _, _ in gaps)
    return changed("missingDays", status=status, gapCount=count, gaps=expected)


def issue(day: Any, rule: str, detail: str, *, is_published: bool) -> dict[str, Any]:
    issue = {"client": "acme", "month": "2026-11", "day": day and str(day), "rule": rule}
    return issue | {"isPublished": is_published, "detail": detail}


def split(*issues: dict[str, Any]) -> Any:
    return changed("splitData", status="fail", issueCount=len(issues), issues=list(issues))


def unproven(client: str, kind: str, link_clicks: int) -> dict[str, Any]:
    days = {"since": str(WEEK[-1]), "until": str(WEEK[0]), "days": len(WEEK)}
    return {"client": client, "kind": kind, "linkClicks": link_clicks} | days


def in_quarantine(rule: str) -> Any:
    day: dict[str, Any] = {"client": "acme", "day": str(WEEK[2]), "rules": [rule]}
    day |= {"refusedAt": "2026-11-15T08:00:00Z", "earlierDataStand": True}
    return changed("quarantine", status="warning", waitingCount=1, days=[day])


def stale(status: str, *clients: tuple[str, Any, str]) -> Any:
    stale_clients = [
        {"client": c, "refreshedAt": at, "reason": reason} for c, at, reason in clients
    ]
    return changed(
        "cacheFreshness", status=status, staleCount=len(stale_clients), clients=stale_clients
    )


def failed(status: str, error: str, *, needs_person: bool) -> Any:
    collection = {"client": "acme", "since": str(WEEK[1]), "until": str(WEEK[0]), "error": error}
    collection |= {"reason": "Meta answers with an error", "failedAt": "2026-11-15T08:00:00Z"}
    return changed(
        "failedCollections",
        status=status,
        openCount=1,
        collections=[collection | {"needsPerson": needs_person}],
    )


@dataclass(frozen=True)
class Case:
    """Faults that are put into a healthy world, and how the answer differs then."""

    name: str
    faults: tuple[Callable[[Any], None], ...]
    status: str
    differs: dict[str, Any] = field(default_factory=dict)

    @property
    def checks(self) -> dict[str, Any]:
        return HEALTHY | self.differs


def masked(document: Any) -> Any:
    """The document with one name for all instants of the real clock, which no test can know."""
    if isinstance(document, dict):
        return {key: masked(value) for key, value in document.items()}
    if isinstance(document, list):
        return [masked(value) for value in document]
    if (
        isinstance(document, str)
        and INSTANT.match(document)
        and not document.startswith("2026-11-15")
    ):
        return ANY
    return document


NO_ALERTS = "no alerts are evaluated and delivered here yet"
LATE = today("fail", "2026-11-15T05:00:00Z", is_late=True)
REFUSED_SPLIT = split(issue(WEEK[2], "not_split", "told so", is_published=False))
