"""States of the world about the cache, builds, failures and thresholds, and the health of each."""

import worlds
from health_answers import (
    ANY,
    LATE,
    REFUSED_SPLIT,
    Case,
    changed,
    failed,
    gaps,
    in_quarantine,
    stale,
)
from worlds import WEEK

PUBLICATION_CASES = [
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
        "a new installation, before the first hourly refresh",
        (worlds.cache_was_not_filled_yet,),
        "healthy",
        changed("cacheFreshness", clientCount=0),
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
