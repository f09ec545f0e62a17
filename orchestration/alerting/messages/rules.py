"""The rules: what is worth telling a person, how bad it is, and what to say about it.

A rule is a line here, a function in `findings.py` that sees its facts, and a section of its name in
`docs/runbook.md`. Thresholds are settings. `explained_by` names causes: while one of them stands
for the same client, the rule stays silent, and a cause is as bad as the worst that it explains.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestration.alerting.messages.message import Severity

API_CAUSES = (
    "token_dead",
    "api_version_retired",
    "access_denied",
    "account_changed",
    "api_unreachable",
    "throttled",
)
"""Why nothing comes of a client; each explains what follows from that."""


@dataclass(frozen=True)
class Rule:
    """One rule.

    `title` and `healed` follow the number of clients, where there are any ("3 clients: …"). `does`
    says what the system does by itself (`after`: once it is healed), `do` what the person should
    do; `{client}`, `{subject}`, `{since}` and `{until}` are filled in there. `is_event`: it
    happened and cannot be undone, so a person closes it.
    """

    name: str
    severity: Severity
    title: str
    healed: str
    does: str
    do: str
    explained_by: tuple[str, ...] = ()
    is_event: bool = False
    after: str = ""


DAYS_REFUSED = ("split_data", "control_totals_disagree", "data_vanished")
"""What refused days are told as, where it is worth more than a note."""

_AGAIN = "It asks for exactly these days again: after 15 minutes, then after twice as long each "
_AGAIN += "time up to 12 hours, eight times in all."
_PUBLISHED = "The months that changed are built and published again."
_HELD = "It asks once a day whether that has changed, and collects all other clients."

RULES = (
    Rule(
        "warehouse_unreachable",
        "critical",
        "The warehouse cannot be reached",
        "The warehouse answers again",
        "It tries again every minute; nothing is collected, published or served meanwhile.",
        "Look whether the Postgres server runs, its disk has room and WAREHOUSE_URL is right: "
        "meta-ads server status.",
    ),
    Rule(
        "token_dead",
        "critical",
        "A token is refused by Meta",
        "The token is no longer refused",
        "It asks Meta about the token every half hour, collects what is owed as soon as it is "
        "answered, and goes on with all other clients.",
        "Renew the token in {subject}, then: meta-ads recover",
    ),
    Rule(
        "api_version_retired",
        "critical",
        "Meta no longer serves this version of its API",
        "Meta serves the version of the API that is asked for",
        _HELD,
        "Set META_API_VERSION to a version that Meta serves, then: meta-ads recover",
    ),
    Rule(
        "publication_failing",
        "critical",
        "Nothing is published any more",
        "Publishing works again",
        "The marts stay as they were; every run tries to build and publish again.",
        "See why: meta-ads build --debug",
        (),
    ),
    Rule(
        "daily_collection",
        "critical",
        "The daily collection is not in",
        "The daily collection is in",
        _AGAIN,
        "See what keeps it: meta-ads owed, then meta-ads run --client {client}",
        (*API_CAUSES, *DAYS_REFUSED),
        after=_PUBLISHED,
    ),
    Rule(
        "access_denied",
        "high",
        "Meta refuses access to the ad account",
        "Meta gives access to the ad account again",
        _HELD,
        "See whether the system user may still read the account, and ad_account_id in the clients "
        "file; then: meta-ads recover --client {client}",
    ),
    Rule(
        "account_changed",
        "high",
        "The ad account is not the one that the client's days are of",
        "The ad account fits the client's days again",
        "Nothing of it is taken, what stands stays, and all other clients are collected.",
        "Correct the clients file as the reason says; then: meta-ads recover --client {client}",
    ),
    Rule(
        "split_data",
        "high",
        "Campaigns came without their conversions",
        "Campaigns and conversions are whole again",
        "It keeps the last good rows and does not publish these days. " + _AGAIN,
        "If the next readings do not mend it: meta-ads quarantine list",
        after=_PUBLISHED,
    ),
    Rule(
        "split_month",
        "high",
        "A month was published without conversions that it should have",
        "The published month has its conversions",
        "Each of its days passed the gate or was released, so it is published.",
        "Ask whoever runs the pixel. If the client has no conversions any more: "
        "expects_conversions: false in the clients file",
        ("split_data",),
    ),
    Rule(
        "control_totals_disagree",
        "high",
        "Campaigns do not add up to the account's own total",
        "Campaigns add up to the account's total again",
        "It keeps the last good rows and does not publish these days. " + _AGAIN,
        "If the next readings do not mend it: meta-ads quarantine list",
        after=_PUBLISHED,
    ),
    Rule(
        "data_vanished",
        "high",
        "A new reading has less than what stands",
        "The days stand, and the latest reading agrees",
        "The earlier rows stay, and stay published; ad sets and ads were asked. "
        "What three readings over 24 hours say alike is accepted. " + _AGAIN,
        "Compare with Ads Manager; both figures: meta-ads quarantine show {client} {since}",
    ),
    Rule(
        "no_conversions_yet",
        "high",
        "Never had a counted conversion, with clicks enough",
        "Has conversions, or is known to expect none",
        "The figures are kept and published.",
        "Ask whoever runs the pixel. If it is true: expects_conversions: false in the clients "
        "file, or conversion_families where it counts others",
        API_CAUSES,
    ),
    Rule(
        "no_delivery_yet",
        "high",
        "Never had a single row",
        "Has delivery, or is known to have none",
        "The days are kept as zero and asked for again.",
        "Look at ad_account_id in the clients file. If it is true: status: paused, or starts_on",
        API_CAUSES,
    ),
    Rule(
        "client_month_left_out",
        "high",
        "A month was left out of the publication",
        "The month is published",
        "The marts keep the month as it was last published; the next build tries again.",
        "See the finding: meta-ads explain {client} {subject}",
        ("split_data", "control_totals_disagree"),
    ),
    Rule(
        "final_month_changed",
        "high",
        "A month that was final has changed",
        "The changed month is dealt with",
        "The change is published and recorded.",
        "Compare with what was reported: meta-ads publications list, diff. Then close the alert: "
        "meta-ads alerts resolve ID --reason …",
        is_event=True,
    ),
    Rule(
        "run_failed",
        "high",
        "A run failed",
        "A later run succeeded",
        "The next run does what was left undone.",
        "See its log in Dagster: {subject}",
        ("publication_failing",),
    ),
    Rule(
        "destination_failing",
        "high",
        "Alerts do not get through to a destination",
        "Alerts get through again",
        "What it cannot deliver there goes to the next destination, and shows on the dashboard.",
        "Mend its settings, then: meta-ads alerts test",
    ),
    Rule(
        "gap_older_than_a_day",
        "medium",
        "Days are missing",
        "The missing days are there",
        _AGAIN,
        "Ask now: meta-ads run --client {client}. A day that can never come: "
        "meta-ads owed waive {client} {since} {until} --reason …",
        (*API_CAUSES, *DAYS_REFUSED, "daily_collection"),
        after=_PUBLISHED,
    ),
    Rule(
        "quarantine_waiting",
        "medium",
        "Answers were refused",
        "Nothing refused is left",
        "It keeps the last good rows. " + _AGAIN,
        "Look at the rows and decide: meta-ads quarantine list, then release or discard",
        ("daily_collection",),
        after=_PUBLISHED,
    ),
    Rule(
        "failed_collections",
        "medium",
        "Collections failed",
        "The failed collections are made good",
        _AGAIN,
        "See why: meta-ads recover --list. Replay them: meta-ads recover --client {client}",
        (*API_CAUSES, "daily_collection", "gap_older_than_a_day"),
        after=_PUBLISHED,
    ),
    Rule(
        "api_unreachable",
        "medium",
        "The Insights API does not answer",
        "The Insights API answers again",
        _AGAIN,
        "If it lasts: look at META_API_URL, the network, and Meta's status page.",
        ("api_version_retired",),
        after=_PUBLISHED,
    ),
    Rule(
        "throttled",
        "medium",
        "Meta throttles the account beyond what one run may wait",
        "The account is no longer throttled",
        _AGAIN,
        "If it comes every day: lower META_ADS_CONCURRENCY, or ask Meta for a higher limit.",
        after=_PUBLISHED,
    ),
    Rule(
        "cache_stale",
        "medium",
        "The running month is old",
        "The running month is fresh again",
        "The hourly refresh goes on; the KPIs are served marked as stale.",
        "See what keeps it: meta-ads refresh",
        API_CAUSES,
    ),
    Rule(
        "cache_hit_rate",
        "low",
        "Most reads of the running month found old figures",
        "Reads of the running month find fresh figures",
        "",
        "Does refresh_current_month_hourly run in Dagster?",
    ),
    Rule(
        "gate_warnings",
        "low",
        "The gate has warnings",
        "The warnings are gone",
        "The days were kept.",
        "Look at them on the client's page.",
    ),
    Rule(
        "api_version_ending",
        "low",
        "The version of Meta's API is near its end",
        "The version of Meta's API has time left",
        "",
        "Set META_API_VERSION to the current version, and run the tests.",
    ),
)
BY_NAME: Mapping[str, Rule] = {rule.name: rule for rule in RULES}
