"""The metrics: what each one means, and which columns of which source have its value and labels.

A new metric needs an entry here, a query or a column in `sources.py`, and a panel on the Grafana
dashboard.
"""

from orchestration.web.metrics.family import counter, gauge

FAMILIES = (
    gauge(
        "up",
        "1 if the warehouse answered for this scrape; 0 if it is away or too slow: then "
        "nothing else is known.",
        source="up",
        value="up",
    ),
    gauge(
        "business_time_is_set",
        "1 if META_ADS_NOW sets another time than the clock's: then days and months are judged as "
        "of that instant, and nothing here is of now; else 0.",
        source="counted",
        value="time_is_set",
    ),
    gauge(
        "health_status",
        "1 for what the data are as a whole: healthy; degraded, where what is published stays "
        "right; or unhealthy. 0 for the two others.",
        source="health",
        value="is",
        labels=("status",),
    ),
    gauge(
        "check_status",
        "1 for how a health check ended: pass, warning or fail; 0 for the two others. A check "
        "that could not be asked has no sample.",
        source="checks",
        value="is",
        labels=("check", "status"),
    ),
    gauge(
        "client_days",
        "The client's latest 35 due days by state: good; mended (completed from ad sets or ads); "
        "held (good rows stand, the last reading was refused); zero (Meta says nothing ran); thin; "
        "split (campaigns without their conversions); refused, failed or missing (no data stand); "
        "waived; expected (not late yet).",
        source="client_days",
        value="days",
        labels=("client", "state"),
    ),
    gauge(
        "client_days_owed",
        "Of the latest 35 due days those that the client owes, known pauses left out: the sum of "
        "meta_ads_client_days over all states.",
        source="clients",
        value="days",
        labels=("client",),
    ),
    gauge(
        "last_good_collection_age_seconds",
        "Since Meta last confirmed any of the client's latest 35 due days. Grows to a day between "
        "two daily collections; no sample while none of them is in.",
        source="clients",
        value="age",
        labels=("client",),
    ),
    gauge(
        "split_issues",
        "Days and months of any age whose campaigns lack their conversions: anything above 0 "
        "needs attention.",
        source="counted",
        value="split_issues",
    ),
    gauge(
        "quarantined_client_days",
        "Client-days whose last answer the gate refused and that wait for a decision.",
        source="counted",
        value="quarantined_days",
    ),
    gauge(
        "failed_collections_open",
        "Collections that failed after their last retry and that nothing has repaired since.",
        source="counted",
        value="failed_collections",
    ),
    counter(
        "api_calls",
        "Calls to the Meta API for the client's ad account.",
        source="api_usage",
        value="calls",
        labels=("client",),
    ),
    counter(
        "api_throttled",
        "Calls that Meta refused because there were too many.",
        source="api_usage",
        value="throttled",
        labels=("client",),
    ),
    gauge(
        "api_account_usage_ratio",
        "Highest share of the ad account's rate limit in its last run: at 1 Meta refuses calls.",
        source="api_usage",
        value="account_share",
        labels=("client",),
    ),
    gauge(
        "api_app_usage_ratio",
        "Highest share of the app's rate limit, common to all clients, in the client's last run.",
        source="api_usage",
        value="app_share",
        labels=("client",),
    ),
    gauge(
        "publication_age_seconds",
        "Since the latest publication. Old is wrong only while client-months wait: without new "
        "data nothing is published.",
        source="publication",
        value="age",
    ),
    gauge(
        "publication_duration_seconds",
        "How long the build of the latest publication took, from its start until it was published.",
        source="publication",
        value="duration",
    ),
    gauge(
        "publication_rows",
        "Rows of the marts that the latest publication inserted, and those that it ended and "
        "kept in the history.",
        source="publication_rows",
        value="rows",
        labels=("kind",),
    ),
    gauge(
        "publication_client_months",
        "Client-months that the latest publication changed.",
        source="publication",
        value="client_months",
    ),
    counter(
        "publications",
        "Publications so far, rollbacks among them.",
        source="publications",
        value="publications",
    ),
    gauge(
        "client_months_waiting",
        "Client-months whose data differ from what is published.",
        source="counted",
        value="waiting_months",
    ),
    gauge(
        "alerts_open",
        "Alerts that are not resolved: open, or acknowledged by a person.",
        source="alerts",
        value="alerts",
        labels=("severity", "state"),
    ),
    gauge(
        "alerts_open_by_rule",
        "The same by rule; a rule without such alerts has no sample.",
        source="alerts_by_rule",
        value="alerts",
        labels=("rule", "severity", "state"),
    ),
    gauge(
        "alert_messages",
        "Messages about alerts that are kept (META_ADS_KEEP_MESSAGES_DAYS): waiting; sent; refused "
        "by the destination for good; expired, because they could not be sent for too long.",
        source="alert_messages",
        value="messages",
        labels=("destination", "state"),
    ),
    gauge(
        "alert_message_waiting_age_seconds",
        "Age of the oldest message that could be sent and is not yet; 0: there is none. What quiet "
        "hours hold back does not count.",
        source="alert_destinations",
        value="oldest",
        labels=("destination",),
    ),
    gauge(
        "alert_destination_on",
        "1 for a destination of alerts that is set up, 0 for one that is off.",
        source="alert_destinations",
        value="is_on",
        labels=("destination",),
    ),
    gauge(
        "alert_destination_failing",
        "1 for a destination that is on and took no message since its latest failure, else 0.",
        source="alert_destinations",
        value="is_failing",
        labels=("destination",),
    ),
    gauge(
        "alert_delivery_age_seconds",
        "Since the destination last took a message. Old is wrong only while messages wait. No "
        "sample before the first one.",
        source="alert_destinations",
        value="age",
        labels=("destination",),
    ),
    gauge(
        "recovery_log_open",
        "Failures that nothing has repaired: collections, refusals by the gate, builds, runs, "
        "messages. The dashboard lists them with the commands that replay them.",
        source="recovery_log",
        value="entries",
        labels=("kind",),
    ),
    counter(
        "cache_reads",
        "Reads of running months: hit (fresh), miss (refreshed first), stale (could not be "
        "refreshed in time). Written once a minute.",
        source="cache_reads",
        value="reads",
        labels=("result",),
    ),
    gauge(
        "cache_age_seconds",
        "Since the client's running month was refreshed: stale after 3 hours, a fault after 6 "
        "(META_ADS_ALERT_CACHE_HOURS). No sample before the first time.",
        source="caches",
        value="age",
        labels=("client",),
    ),
    gauge(
        "heartbeat_age_seconds",
        "Since the latest heartbeat of a background process.",
        source="heartbeats",
        value="age",
        labels=("name",),
    ),
    gauge(
        "heartbeat_interval_seconds",
        "Longest time between two heartbeats of the process: after it, the process counts as dead.",
        source="heartbeats",
        value="interval",
        labels=("name",),
    ),
)
