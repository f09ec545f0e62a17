"""For each state of the world the exact answer, its HTTP status, and that all who show it agree.

The table of states in docs/health_api.md is the test's data: each of its rows is seen here.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import worlds
from databases import Warehouse, database
from factories import LATEST_DUE_DAY, add_client, put_day, settings_of
from servers import eventually, serving
from worlds import WEEK

from orchestration.health.catalogue import CHECKS
from orchestration.health.checks import read_health
from orchestration.health.panel import lines
from orchestration.warehouse.connection import connect
from orchestration.warehouse.embedded.server import EmbeddedServer
from orchestration.web.api.schema import ClientHealth, DataHealth

DOCS = Path(__file__).parents[2] / "docs"
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


def gaps(status: str, *found: tuple[list[Any], str, str]) -> Any:
    told = [
        {"client": "acme", "days": [str(day) for day in days], "kind": kind, "reason": reason}
        for days, kind, reason in found
    ]
    count = sum(len(days) for days, _, _ in found)
    return changed("missingDays", status=status, gapCount=count, gaps=told)


def issue(day: Any, rule: str, detail: str, *, is_published: bool) -> dict[str, Any]:
    told = {"client": "acme", "month": "2026-11", "day": day and str(day), "rule": rule}
    return told | {"isPublished": is_published, "detail": detail}


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
    told = [{"client": c, "refreshedAt": at, "reason": reason} for c, at, reason in clients]
    return changed("cacheFreshness", status=status, staleCount=len(told), clients=told)


def failed(status: str, error: str, *, needs_person: bool) -> Any:
    told = {"client": "acme", "since": str(WEEK[1]), "until": str(WEEK[0]), "error": error}
    told |= {"reason": "Meta answers with an error", "failedAt": "2026-11-15T08:00:00Z"}
    return changed(
        "failedCollections",
        status=status,
        openCount=1,
        collections=[told | {"needsPerson": needs_person}],
    )


SLACK = HEALTHY["alerting"]["destinations"][0]
SLACK_IS_OFF = SLACK | {"isOn": False, "reason": "no URL is set"}


def slack_fails(status: str) -> Any:
    told = SLACK | {"failingSince": ANY, "reason": "HTTP 500: no such channel"}
    return changed("alerting", status=status, destinations=[told])


def silence(name: str, seconds: int = 300) -> Any:
    told = f"{name} is silent for longer than the {seconds} s that it promised"
    return changed("alerting", status="fail", reason=told)


@dataclass(frozen=True)
class Case:
    """What is put into a healthy world, and what the answer says then."""

    name: str
    faults: tuple[Callable[[Any], None], ...]
    status: str
    differs: dict[str, Any] = field(default_factory=dict)

    @property
    def checks(self) -> dict[str, Any]:
        return HEALTHY | self.differs


NEVER = "nothing was ever collected here (meta-ads run)"
NO_ALERTS = "no alerts are evaluated and delivered here yet"
LATE = today("fail", "2026-11-15T05:00:00Z", is_late=True)
YOUNG = "2026-11-15T11:00:00Z"
WEST = "2026-11-15T13:00:00Z"
REFUSED_SPLIT = split(issue(WEEK[2], "not_split", "told so", is_published=False))

NEVER_ANSWERED = changed(
    "todayCollection",
    status="fail",
    expectedCount=3,
    missing=[
        {
            "client": "cobalt",
            "day": str(LATEST_DUE_DAY),
            "lateAt": "2026-11-15T05:00:00Z",
            "isLate": True,
            "reason": "never asked",
        }
    ],
)

CASES = [
    Case("nothing is wrong", (), "healthy"),
    Case(
        "nothing was ever collected",
        (worlds.empty,),
        "unhealthy",
        changed(
            "todayCollection",
            status="fail",
            clientCount=0,
            expectedCount=0,
            reason=f"no client is known: {NEVER}",
        )
        | changed("cacheFreshness", clientCount=0)
        | changed("publication", publicationId=None, publishedAt=None, latestBuild=None)
        | changed(
            "alerting",
            status="warning",
            evaluatedAt=None,
            deliveredAt=None,
            destinations=[],
            reason=NO_ALERTS,
        ),
    ),
    Case(
        "today is missing for seven hours",
        (worlds.today_is_missing,),
        "unhealthy",
        LATE | gaps("warning", ([LATEST_DUE_DAY], "missing", "never asked")),
    ),
    Case(
        "today is late for an hour",
        (worlds.today_is_late,),
        "healthy",
        today("warning", YOUNG, is_late=True)
        | gaps("warning", ([LATEST_DUE_DAY], "missing", "never asked")),
    ),
    Case(
        "today is due and not late yet",
        (worlds.today_is_expected,),
        "healthy",
        today("pass", WEST, is_late=False),
    ),
    Case(
        "an account never answered",
        (worlds.account_never_answered,),
        "unhealthy",
        NEVER_ANSWERED,
    ),
    Case(
        "the first collection of a client broke off",
        (worlds.first_collection_broke_off,),
        "unhealthy",
        NEVER_ANSWERED
        | changed(
            "cacheFreshness",
            status="warning",
            clientCount=3,
            staleCount=1,
            clients=[{"client": "cobalt", "refreshedAt": None, "reason": "never refreshed"}],
        ),
    ),
    Case(
        "a split answer is refused",
        (worlds.split_is_refused,),
        "unhealthy",
        REFUSED_SPLIT | in_quarantine("not_split"),
    ),
    Case(
        "a published month has no conversions",
        (worlds.split_month_is_published,),
        "unhealthy",
        split(issue(None, "split_month", "no purchase in the whole month", is_published=True)),
    ),
    Case(
        "a client never had a row",
        (worlds.no_delivery_yet,),
        "healthy",
        changed(
            "splitData",
            status="warning",
            unproven=[unproven("acme", "no delivery yet", 0)],
        ),
    ),
    Case(
        "a client has clicks and never had a conversion",
        (worlds.no_conversions_yet,),
        "healthy",
        changed(
            "splitData",
            status="warning",
            unproven=[unproven("acme", "no conversions yet", 700)],
        ),
    ),
    Case(
        "a client without a row expects no conversions",
        (worlds.no_delivery_yet, worlds.in_the_clients_file(expects_conversions=False)),
        "healthy",
        changed(
            "splitData",
            status="warning",
            unproven=[unproven("acme", "no delivery yet", 0)],
        ),
    ),
    Case(
        "a client without a row begins only now",
        (worlds.no_delivery_yet, worlds.in_the_clients_file(starts_on=WEEK[5])),
        "healthy",
    ),
    Case(
        "a client without a row is known to pause",
        (worlds.no_delivery_yet, worlds.known_pause),
        "healthy",
        changed("todayCollection", clientCount=1, expectedCount=1),
    ),
    Case(
        "a client without conversions is known to have none",
        (worlds.no_conversions_yet, worlds.in_the_clients_file(expects_conversions=False)),
        "healthy",
    ),
    Case(
        "a client that never had a conversion is split",
        (worlds.no_conversions_yet, worlds.split_is_refused),
        "unhealthy",
        {
            "splitData": REFUSED_SPLIT["splitData"]
            | {"unproven": [unproven("acme", "no conversions yet", 700)]}
        }
        | in_quarantine("not_split"),
    ),
    Case(
        "a new reading has less than stands",
        (worlds.data_vanished,),
        "healthy",
        in_quarantine("standing_data_vanished"),
    ),
    Case("a day was completed from its ad sets", (worlds.mended,), "healthy"),
    Case("an audit found something else", (worlds.harmless_finding,), "healthy"),
    Case(
        "a day failed a moment ago",
        (worlds.gap_is_young,),
        "healthy",
        today("warning", YOUNG, is_late=True, reason="Meta does not answer")
        | gaps("warning", ([LATEST_DUE_DAY], "missing", "Meta does not answer")),
    ),
    Case(
        "two days in the middle are missing",
        (worlds.gap_is_old,),
        "degraded",
        gaps("fail", ([WEEK[4], WEEK[3]], "missing", "never asked")),
    ),
    Case(
        "Meta answered without rows between days with delivery",
        (worlds.zero_between_delivery,),
        "healthy",
        gaps(
            "warning",
            ([WEEK[3]], "suspected", "Meta answered without rows between days with delivery"),
        ),
    ),
    Case("days are waived", (worlds.days_are_waived,), "healthy"),
    Case(
        "a client is paused",
        (worlds.client_is_paused,),
        "healthy",
        changed("todayCollection", clientCount=1, expectedCount=1)
        | changed("cacheFreshness", clientCount=1),
    ),
    Case(
        "a client left the clients file",
        (worlds.client_left,),
        "healthy",
        changed("todayCollection", clientCount=1, expectedCount=1)
        | changed("cacheFreshness", clientCount=1),
    ),
    Case(
        "the cache is four hours old",
        (worlds.cache_is(4),),
        "healthy",
        stale("warning", ("acme", ANY, "Meta does not answer")),
    ),
    Case(
        "the cache is seven hours old",
        (worlds.cache_is(7),),
        "degraded",
        stale("fail", ("acme", ANY, "Meta does not answer")),
    ),
    Case(
        "the cache was never filled",
        (worlds.cache_was_never_filled,),
        "healthy",
        stale("warning", *((c, None, "never refreshed") for c in worlds.CLIENTS)),
    ),
    Case(
        "data wait for minutes",
        (worlds.data_wait(0),),
        "healthy",
        changed("publication", waitingCount=1, waitingSince=ANY),
    ),
    Case(
        "data wait for two hours",
        (worlds.data_wait(2),),
        "healthy",
        changed("publication", status="warning", waitingCount=1, waitingSince=ANY),
    ),
    Case(
        "data wait for five hours",
        (worlds.data_wait(5),),
        "degraded",
        changed("publication", status="fail", waitingCount=1, waitingSince=ANY),
    ),
    Case(
        "the latest build failed",
        (worlds.build_failed,),
        "degraded",
        changed("publication", status="fail", latestBuild="failed"),
    ),
    Case(
        "a client-month is left out",
        (worlds.month_is_left_out,),
        "degraded",
        changed(
            "publication",
            status="fail",
            waitingCount=1,
            waitingSince=ANY,
            leftOut=[{"client": "acme", "month": "2026-11", "reason": "split"}],
        ),
    ),
    Case("a day is in quarantine", (worlds.quarantine_waits,), "healthy", in_quarantine("formats")),
    Case(
        "a collection failed and is asked for again",
        (worlds.failed_collection("TransientError"),),
        "healthy",
        failed("warning", "TransientError", needs_person=False),
    ),
    Case(
        "a token is dead",
        (worlds.failed_collection("TokenDeadError"),),
        "degraded",
        failed("fail", "TokenDeadError", needs_person=True),
    ),
    Case(
        "alerts were never evaluated",
        (worlds.alerting_never_worked,),
        "healthy",
        changed(
            "alerting",
            status="warning",
            evaluatedAt=None,
            deliveredAt=None,
            reason=NO_ALERTS,
        ),
    ),
    Case(
        "alerts were never delivered",
        (worlds.alerting_is_half_set_up,),
        "healthy",
        changed("alerting", status="warning", deliveredAt=None, reason=NO_ALERTS),
    ),
    Case(
        "evaluation and delivery are as silent as they promised",
        (worlds.silent("alert_evaluation", 4), worlds.silent("alert_delivery", 4)),
        "healthy",
    ),
    Case(
        "evaluation of alerts stopped",
        (worlds.silent("alert_evaluation", 6),),
        "degraded",
        silence("evaluation"),
    ),
    Case(
        "delivery of alerts stopped",
        (worlds.silent("alert_delivery", 6),),
        "degraded",
        silence("delivery"),
    ),
    Case(
        "evaluation stopped and nothing was ever delivered",
        (worlds.silent("alert_evaluation", 6), worlds.alerting_is_half_set_up),
        "degraded",
        {"alerting": silence("evaluation")["alerting"] | {"deliveredAt": None}},
    ),
    Case(
        "a destination has failed for a minute",
        (worlds.slack_fails(1), worlds.message("sent"), worlds.message("refused", "1 hour")),
        "healthy",
        slack_fails("warning"),
    ),
    Case(
        "a destination refused a message for good",
        (worlds.slack_fails(1), worlds.message("refused", "1 minute")),
        "degraded",
        slack_fails("fail"),
    ),
    Case(
        "a destination did not take a message for too long",
        (worlds.slack_fails(2), worlds.message("expired", "1 minute")),
        "degraded",
        slack_fails("fail"),
    ),
    Case(
        "a message to another destination was refused",
        (worlds.slack_fails(1), worlds.message("refused", destination="email")),
        "healthy",
        slack_fails("warning"),
    ),
    Case(
        "a destination has failed for six minutes",
        (worlds.slack_fails(6),),
        "degraded",
        slack_fails("fail"),
    ),
    Case(
        "a destination has failed for six minutes of an hour",
        (worlds.slack_fails(6), worlds.delivery_is_rare),
        "healthy",
        slack_fails("warning"),
    ),
    Case(
        "a destination is off",
        (worlds.webhook_is_off,),
        "healthy",
        changed("alerting", destinations=[SLACK, SLACK_IS_OFF | {"name": "webhook"}]),
    ),
    Case(
        "no destination is on",
        (worlds.slack_is_off, worlds.message("refused")),
        "healthy",
        changed(
            "alerting",
            destinations=[SLACK_IS_OFF],
            reason="no destination is on: alerts show on the dashboard only",
        ),
    ),
    Case(
        "messages wait",
        (
            worlds.message("waiting"),
            worlds.message("waiting", "5 minutes", destination="email"),
            worlds.message("waiting", "-1 hours"),
        ),
        "healthy",
        changed("alerting", waitingCount=2),
    ),
    Case(
        "most reads find nothing fresh",
        (worlds.cache_reads(10, 6, 4),),
        "healthy",
        changed("cacheHitRate", status="warning", hits=10, misses=6, stale=4, rate="0.5"),
    ),
    Case(
        "few reads mean nothing",
        (worlds.cache_reads(1, 18, 0), worlds.cache_reads(0, 99, 0, "25 hours")),
        "healthy",
        changed("cacheHitRate", hits=1, misses=18, rate="0.0526"),
    ),
    Case(
        "the cache is four hours old where two are allowed",
        (worlds.cache_is(4), worlds.threshold("alert_cache_hours", 2)),
        "degraded",
        stale("fail", ("acme", ANY, "Meta does not answer")),
    ),
    Case(
        "the cache is two hours old where one is allowed",
        (worlds.cache_is(2), worlds.threshold("alert_cache_hours", 1)),
        "degraded",
        stale("fail", ("acme", ANY, "Meta does not answer")),
    ),
    Case(
        "days are missing for less long than is allowed",
        (worlds.gap_is_old, worlds.threshold("alert_gap_hours", 200)),
        "healthy",
        gaps("warning", ([WEEK[4], WEEK[3]], "missing", "never asked")),
    ),
    Case(
        "half of the reads may find nothing fresh",
        (worlds.cache_reads(10, 6, 4), worlds.threshold("alert_hit_percent", 50)),
        "healthy",
        changed("cacheHitRate", hits=10, misses=6, stale=4, rate="0.5"),
    ),
    Case(
        "twenty reads mean nothing",
        (worlds.cache_reads(10, 6, 4), worlds.threshold("alert_hit_reads", 21)),
        "healthy",
        changed("cacheHitRate", hits=10, misses=6, stale=4, rate="0.5"),
    ),
    Case(
        "several at once",
        (worlds.gap_is_old, worlds.cache_is(7), worlds.failed_collection("TokenDeadError")),
        "degraded",
        gaps("fail", ([WEEK[4], WEEK[3]], "missing", "never asked"))
        | stale("fail", ("acme", ANY, "Meta does not answer"))
        | failed("fail", "TokenDeadError", needs_person=True),
    ),
    Case(
        "everything at once",
        (worlds.gap_is_old, worlds.build_failed, worlds.split_is_refused, worlds.today_is_missing),
        "unhealthy",
        LATE
        | gaps("fail", ([WEEK[4], WEEK[3], WEEK[0]], "missing", "never asked"))
        | changed("publication", status="fail", latestBuild="failed")
        | REFUSED_SPLIT
        | in_quarantine("not_split"),
    ),
]


@pytest.fixture(scope="module")
def answering(world: Warehouse) -> Iterator[Any]:
    with serving(world, "an-admin-token-for-tests") as found:
        yield found


def masked(told: Any) -> Any:
    """Instants of the real clock, which a test does not own, by one name."""
    if isinstance(told, dict):
        return {key: masked(value) for key, value in told.items()}
    if isinstance(told, list):
        return [masked(value) for value in told]
    if isinstance(told, str) and INSTANT.match(told) and not told.startswith("2026-11-15"):
        return ANY
    return told


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_answer_is_exactly_what_the_state_of_the_world_means(
    case: Case, world: Warehouse, answering: Any
) -> None:
    worlds.healthy(world)
    for fault in case.faults:
        fault(world)
    answer = answering.get("/api/admin/data-health")
    told = answer.json()
    DataHealth.model_validate(told)
    assert list(told) == ["status", "checks", "lastCheck"]
    assert INSTANT.match(told["lastCheck"])
    assert masked(told["checks"]) == masked(case.checks)
    assert told["status"] == case.status
    assert answer.status_code == (503 if case.status == "unhealthy" else 200)

    with connect(world.settings()) as connection:
        health = read_health(connection)
    assert masked(health.document()["checks"]) == masked(told["checks"])
    assert {line.name: line.status for line in lines(health)} == {
        name: found["status"] for name, found in told["checks"].items() if name != "warehouse"
    }
    page = answering.get("/admin/monitoring", headers={"Accept": "text/html"})
    shown = dict(re.findall(r'data-check="(\w+)" data-status="(\w+)"', page.text))
    assert shown == {line.name: line.status for line in lines(health)}
    for line in lines(health):
        assert f"{line.title}</" in page.text
        # Instants are written for people there.
        assert all(part in page.text for part in re.split(r"\d{4}-[-\d]+T[\d:]+Z", line.summary))


def test_every_row_of_the_documented_table_is_seen_alone() -> None:
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in (DOCS / "health_api.md").read_text("utf-8").splitlines()
        if re.match(r"\| \w+ \| (warning|fail) \|", line)
    ]
    assert {row[0] for row in rows} == {check.name for check in CHECKS} | {"warehouse"}
    seen = {
        (name, found["status"]): case.status
        for case in CASES
        for name, found in case.differs.items()
        if [f["status"] for f in case.differs.values()].count("fail") == (found["status"] == "fail")
    }
    # That nobody can ask is seen below, with a warehouse that is gone.
    documented = {(row[0], row[1]): row[3] for row in rows if row[0] != "warehouse"}
    assert documented.keys() <= seen.keys()
    assert {key: seen[key] for key in documented} == documented
    for row in rows:
        assert row[4] == ("503" if row[3] == "unhealthy" else "200")


def test_the_lines_about_data_name_what_is_held_and_what_nothing_proves(world: Warehouse) -> None:
    def told() -> dict[str, Any]:
        with connect(world.settings()) as connection:
            return {line.name: line for line in lines(read_health(connection))}

    worlds.healthy(world)
    worlds.no_conversions_yet(world)
    worlds.data_vanished(world)
    found = told()
    assert found["splitData"].summary == "(1 client unproven)"
    assert found["splitData"].notes == [f"acme: no conversions yet, {WEEK[-1]} to {WEEK[0]}"]
    assert found["quarantine"].summary == "(1 day to decide about)"
    assert found["quarantine"].notes == [
        f"acme {WEEK[2]}: standing_data_vanished; earlier data stand"
    ]
    worlds.split_is_refused(world)
    assert told()["splitData"].summary == "(1 issue, 1 client unproven)"


def test_a_day_is_held_or_mended_and_says_why(world: Warehouse, answering: Any) -> None:
    def days() -> dict[str, tuple[str, str | None]]:
        told = answering.get("/api/admin/data-health/clients/acme").json()
        ClientHealth.model_validate(told)
        return {day["day"]: (day["state"], day["reason"]) for day in told["days"]}

    worlds.healthy(world)
    worlds.data_vanished(world)
    worlds.mended(world)
    found = days()
    assert found[str(WEEK[2])] == ("held", "standing_data_vanished: told so")
    assert found[str(WEEK[3])] == ("mended", "mended from ad sets")
    assert found[str(WEEK[4])] == ("good", None)
    worlds.refused(world, "acme", WEEK[3], "standing_data_vanished")
    assert days()[str(WEEK[3])] == ("held", "standing_data_vanished: told so")


def test_the_line_of_the_alerts_says_where_they_go(world: Warehouse) -> None:
    def line() -> Any:
        with connect(world.settings()) as connection:
            told = {line.name: line for line in lines(read_health(connection))}["alerting"]
        return re.sub(r"[\d-]+T[\d:]+Z", "then", told.summary), [
            re.sub(r"[\d-]+T[\d:]+Z", "then", note) for note in told.notes
        ]

    worlds.healthy(world)
    assert line() == ("(evaluated then, delivered then; slack)", [])
    worlds.slack_fails(1)(world)
    worlds.webhook_is_off(world)
    worlds.destination(world, "email")
    assert line() == (
        "(evaluated then, delivered then; email, slack; webhook off)",
        ["slack fails since then: HTTP 500: no such channel", "webhook is off: no URL is set"],
    )
    for number in range(4):
        worlds.destination(world, f"slack:route-{number}")
    assert line()[0] == "(evaluated then, delivered then; 6 destinations; webhook off)"
    worlds.healthy(world)
    worlds.slack_is_off(world)
    assert line() == (
        "(evaluated then, delivered then; on the dashboard only; slack off)",
        [
            "no destination is on: alerts show on the dashboard only",
            "slack is off: no URL is set",
        ],
    )


def test_whoever_judges_the_checks_may_look_further_and_at_all(world: Warehouse) -> None:
    worlds.healthy(world)
    worlds.gap_is_old(world)
    for day in WEEK[:2]:
        worlds.refused(world, "acme", day, "formats")
    with connect(world.settings()) as connection:
        told = read_health(connection).checks
        assert (told["missingDays"]["gapCount"], len(told["quarantine"]["days"])) == (2, 2)
        near = read_health(connection, gap_days=4, most=1).checks
        assert [gap["days"] for gap in near["missingDays"]["gaps"]] == [[str(WEEK[3])]]
        assert (near["quarantine"]["waitingCount"], len(near["quarantine"]["days"])) == (2, 1)
        world.execute("update ops.clients set owed_since = owed_since - 10")
        far = read_health(connection, gap_days=35, most=2**31 - 1).checks
        assert far["missingDays"]["gapCount"] == 2 * 10 + 2


def test_a_client_is_told_about_alone(world: Warehouse, answering: Any) -> None:
    worlds.healthy(world)
    worlds.split_is_refused(world)
    worlds.gap_is_old(world)
    acme = answering.get("/api/admin/data-health/clients/acme")
    assert acme.status_code == 503
    told = acme.json()
    ClientHealth.model_validate(told)
    assert told["checks"]["splitData"]["issueCount"] == 1
    states = {day["day"]: day["state"] for day in told["days"]}
    assert list(states) == [str(day) for day in WEEK]
    assert states[str(WEEK[2])] == "split"
    assert [states[str(day)] for day in (WEEK[3], WEEK[4])] == ["missing", "missing"]
    assert {*states.values()} == {"good", "split", "missing"}

    borealis = answering.get("/api/admin/data-health/clients/borealis")
    assert borealis.status_code == 200
    assert borealis.json()["status"] == "healthy"
    assert "alerting" not in borealis.json()["checks"]
    assert answering.get("/api/admin/data-health/clients/nobody").status_code == 404


@pytest.mark.parametrize(
    "zone",
    [
        "Pacific/Kiritimati",
        "Asia/Kathmandu",
        "Europe/Berlin",
        "UTC",
        "America/St_Johns",
        "America/Los_Angeles",
        "Pacific/Pago_Pago",
    ],
)
def test_a_day_is_due_then_late_then_failed_by_the_clock_of_its_account(
    zone: str, world: Warehouse
) -> None:
    worlds.empty(world)
    due_day = LATEST_DUE_DAY
    add_client(world, "acme", timezone_name=zone, owed_since=due_day)
    put_day(world, "acme", due_day - timedelta(days=1))
    midnight = datetime.combine(due_day + timedelta(days=1), datetime.min.time(), ZoneInfo(zone))
    # By the clock of the account, on from the midnight that ends the day.
    expected = {
        "-1:59": (0, "pass", None),
        "00:00": (0, "pass", None),
        "03:59": (0, "pass", None),
        "04:00": (1, "pass", False),
        "04:59": (1, "pass", False),
        "05:00": (1, "warning", True),
        "07:59": (1, "warning", True),
        "08:00": (1, "fail", True),
        "23:59": (1, "fail", True),
        "24:00": (1, "fail", True),
        "27:59": (1, "fail", True),
        # The next day is the latest one then; the one before is a gap.
        "28:00": (1, "pass", False),
        "29:00": (1, "warning", True),
    }
    for clock, (count, status, is_late) in expected.items():
        hours, minutes = map(int, clock.split(":"))
        now = midnight + timedelta(hours=hours, minutes=minutes)
        settings = settings_of(
            warehouse_url=world.url, home=world.home, now_override=now.isoformat()
        )
        with connect(settings) as connection:
            checks = read_health(connection).checks
        told = checks["todayCollection"]
        assert (told["expectedCount"], told["status"]) == (count, status), clock
        assert told["clientCount"] == 0
        assert [one["isLate"] for one in told["missing"]] == ([] if is_late is None else [is_late])
        gaps = [day for gap in checks["missingDays"]["gaps"] for day in gap["days"]]
        first_late = hours >= 5
        second_late = hours >= 29
        assert len(gaps) == first_late + second_late, clock


def test_a_warehouse_that_is_gone_is_unhealthy_and_told_within_seconds(
    server: EmbeddedServer, template: str, tmp_path: Path
) -> None:
    with database(server, template) as url:
        gone = Warehouse(url, tmp_path)
        worlds.healthy(gone)
        with serving(gone) as found:
            assert found.get("/readyz").status_code == 200
            name = url.rpartition("/")[2]
            with connect(settings_of(warehouse_url=server.ensure_running())) as connection:
                connection.execute(f"alter database {name} allow_connections false".encode())
                connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s",
                    [name],
                )
                connection.commit()
                answer = found.get("/api/admin/data-health")
                told = answer.json()
                ready = found.get("/readyz")
                page = found.get("/admin/monitoring", headers={"Accept": "text/html"})
                by_command = gone.run("health", "--json")
                connection.execute(f"alter database {name} allow_connections true".encode())
                connection.commit()
            assert answer.status_code == 503
            DataHealth.model_validate(told)
            assert told["status"] == "unhealthy"
            assert told["checks"]["warehouse"] == {
                "status": "fail",
                "reason": "the warehouse cannot be reached",
            }
            assert {found["status"] for found in told["checks"].values()} == {"fail"}
            assert told["checks"].keys() == HEALTHY.keys()
            assert ready.status_code == 503
            assert found.get("/healthz").status_code == 200
            assert page.status_code == 503
            assert 'data-check="warehouse" data-status="fail"' in page.text
            assert by_command.returncode == 3
            assert json.loads(by_command.stdout)["status"] == "unhealthy"
            # It comes back by itself.
            assert eventually(lambda: found.get("/api/admin/data-health").status_code == 200)


@pytest.mark.parametrize(
    ("fault", "code", "word"),
    [
        (None, 0, "healthy"),
        (worlds.cache_is(7), 1, "degraded"),
        (worlds.split_is_refused, 4, "unhealthy"),
    ],
)
def test_the_command_ends_with_the_code_of_the_status(
    fault: Any, code: int, word: str, world: Warehouse
) -> None:
    worlds.healthy(world)
    if fault:
        fault(world)
    done = world.run("health")
    assert done.returncode == code, done.stderr
    assert f"Data health: {word}" in done.stdout
    if word == "unhealthy":
        alone = world.run("health", "--client", "acme", "--json")
        assert alone.returncode == 4
        told = json.loads(alone.stdout)
        ClientHealth.model_validate(told)
        assert {day["state"] for day in told["days"]} == {"good", "split"}
        assert world.run("health", "--client", "borealis").returncode == 0
        assert world.run("health", "--client", "nobody").returncode == 2


def test_the_thresholds_of_the_alerts_are_those_of_the_checks(world: Warehouse) -> None:
    worlds.healthy(world)
    worlds.cache_is(4)(world)
    worlds.cache_reads(10, 6, 4)(world)
    told = json.loads(world.run("health", "--json").stdout)["checks"]
    assert told["cacheFreshness"]["status"] == "warning"
    assert told["cacheHitRate"]["status"] == "warning"
    changes = {"META_ADS_ALERT_CACHE_HOURS": "2", "META_ADS_ALERT_HIT_PERCENT": "50"}
    told = json.loads(world.run("health", "--json", **changes).stdout)["checks"]
    assert told["cacheFreshness"]["status"] == "fail"
    assert told["cacheHitRate"]["status"] == "pass"


def test_the_schema_in_the_docs_is_that_of_the_answer() -> None:
    written = json.loads((DOCS / "data_health.schema.json").read_text("utf-8"))
    assert written == DataHealth.model_json_schema(mode="serialization")
