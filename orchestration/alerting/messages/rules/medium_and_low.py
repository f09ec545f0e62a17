"""Rules of medium severity, which can wait for the working day, and of low, for the digest."""

from orchestration.alerting.messages.rules.rule import (
    API_CAUSES,
    ASKS_AGAIN,
    HAS_PUBLISHED,
    PUBLISHES_AGAIN,
    REFUSED_DAYS,
    Rule,
)

MEDIUM_RULES = (
    Rule(
        name="gap_older_than_a_day",
        severity="medium",
        title="Days are missing",
        resolved_title="The missing days have come",
        system_does=ASKS_AGAIN,
        to_do="Collect them now: meta-ads run --client {client}. If a day can never come: "
        "meta-ads owed waive {client} {since} {until} --reason …",
        when_resolved=HAS_PUBLISHED,
        explained_by=(*API_CAUSES, *REFUSED_DAYS, "daily_collection"),
    ),
    Rule(
        name="quarantine_waiting",
        severity="medium",
        title="The gate refused answers from Meta",
        resolved_title="No refused answers are left",
        system_does=f"It keeps the last good rows, where it has any. {ASKS_AGAIN}",
        to_do="Look at the refused rows: meta-ads quarantine list. Then decide: "
        "meta-ads quarantine release, or meta-ads quarantine discard.",
        when_resolved=HAS_PUBLISHED,
        explained_by=("daily_collection",),
    ),
    Rule(
        name="failed_collections",
        severity="medium",
        title="Collections failed",
        resolved_title="The failed collections have succeeded",
        system_does=ASKS_AGAIN,
        to_do="See why: meta-ads recover --list. "
        "Repeat them now: meta-ads recover --client {client}",
        when_resolved=PUBLISHES_AGAIN,
        explained_by=(*API_CAUSES, "daily_collection", "gap_older_than_a_day"),
    ),
    Rule(
        name="api_unreachable",
        severity="medium",
        title="The Insights API does not answer",
        resolved_title="The Insights API answers again",
        system_does=ASKS_AGAIN,
        to_do="If it lasts, check META_API_URL, the network, and Meta's status page.",
        when_resolved=PUBLISHES_AGAIN,
        explained_by=("api_version_retired",),
    ),
    Rule(
        name="throttled",
        severity="medium",
        title="Meta throttles calls for longer than a run may wait",
        resolved_title="Calls are no longer throttled",
        system_does=ASKS_AGAIN,
        to_do="If it happens every day, lower META_ADS_CONCURRENCY, or ask Meta for a higher "
        "limit.",
        when_resolved=PUBLISHES_AGAIN,
    ),
    Rule(
        name="cache_stale",
        severity="medium",
        title="The figures of the current month are old",
        resolved_title="The figures of the current month are fresh again",
        system_does="It tries again every hour. Until that succeeds, the KPIs are served and "
        "marked as stale.",
        to_do="Refresh now, and see the error if it fails: meta-ads refresh",
        explained_by=API_CAUSES,
    ),
)

LOW_RULES = (
    Rule(
        name="cache_hit_rate",
        severity="low",
        title="Too many reads of the current month found old figures",
        resolved_title="Reads of the current month find fresh figures",
        system_does="",
        to_do="Check that the schedule refresh_current_month_hourly runs in Dagster.",
    ),
    Rule(
        name="gate_warnings",
        severity="low",
        title="The gate gave warnings",
        resolved_title="The gate gives no warnings any more",
        system_does="It has stored the days.",
        to_do="Look at the warnings on the client's page of the dashboard.",
    ),
    Rule(
        name="api_version_ending",
        severity="low",
        title="The API version that is set ends soon",
        resolved_title="The API version that is set does not end soon",
        system_does="",
        to_do="Set META_API_VERSION to the current version, and run the tests.",
    ),
)
