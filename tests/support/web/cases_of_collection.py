"""States of the world in which days are missing, refused or split, and the health of each."""

import worlds
from factories import LATEST_DUE_DAY
from health_answers import (
    LATE,
    NO_ALERTS,
    REFUSED_SPLIT,
    Case,
    changed,
    gaps,
    in_quarantine,
    issue,
    split,
    today,
    unproven,
)
from worlds import WEEK

NEVER = "nothing was ever collected here (meta-ads run)"
YOUNG = "2026-11-15T11:00:00Z"
WEST = "2026-11-15T13:00:00Z"

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

COLLECTION_CASES = [
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
]
