"""Rules of critical severity: nothing is collected or published, or the latest day is missing."""

from orchestration.alerting.messages.rules.rule import (
    API_CAUSES,
    ASKS_AGAIN,
    CHECKS_DAILY,
    HAS_PUBLISHED,
    REFUSED_DAYS,
    Rule,
)

CRITICAL_RULES = (
    Rule(
        name="warehouse_unreachable",
        severity="critical",
        title="The warehouse cannot be reached or written to",
        resolved_title="The warehouse can be reached and written to again",
        system_does="It tries again every minute. Until that succeeds, nothing is collected or "
        "published. Figures are served only while the warehouse can still be read.",
        to_do="Check that the Postgres server runs (meta-ads server status), that its disk has "
        "free space, that the database is not read-only, and that WAREHOUSE_URL is right.",
    ),
    Rule(
        name="token_dead",
        severity="critical",
        title="Meta refuses an access token",
        resolved_title="The access token is no longer refused",
        system_does="It asks Meta about the token every half hour, and collects the missing days "
        "as soon as the token works. Clients with other tokens are collected as usual.",
        to_do="Renew the token in {subject}, then run: meta-ads recover",
    ),
    Rule(
        name="api_version_retired",
        severity="critical",
        title="Meta no longer serves the API version that is set",
        resolved_title="Meta serves the API version that is set",
        system_does=f"{CHECKS_DAILY} Until then these clients get no new data.",
        to_do="Set META_API_VERSION to a version that Meta serves, then run: meta-ads recover",
    ),
    Rule(
        name="publication_failing",
        severity="critical",
        title="New data are no longer published",
        resolved_title="New data are published again",
        system_does="The marts keep what was published last. Every run tries to build and publish "
        "again.",
        to_do="Build now, and see the error if it fails: meta-ads build --debug",
    ),
    Rule(
        name="daily_collection",
        severity="critical",
        title="The daily collection is late",
        resolved_title="The daily collection is complete",
        system_does=ASKS_AGAIN,
        to_do="See which days are missing and why: meta-ads owed. "
        "Collect them now: meta-ads run --client {client}",
        when_resolved=HAS_PUBLISHED,
        explained_by=(*API_CAUSES, *REFUSED_DAYS),
    ),
)
