"""The metrics: what each one means, and where its value stands in the rows of `metrics_data`.

A new one is a family here, a query or a column there, and its place on the Grafana dashboard.
"""

from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from orchestration.web.metrics.sources import Sources

UNITS = ("seconds", "ratio")


@dataclass(frozen=True)
class Family:
    """One metric: its value and labels are columns of the rows of a source."""

    name: str
    help: str
    source: str
    value: str
    labels: tuple[str, ...] = ()
    is_counter: bool = False

    def made_of(self, sources: Sources) -> Metric:
        """The metric with its samples; what is null has none."""
        unit = next((unit for unit in UNITS if self.name.endswith(f"_{unit}")), "")
        make = CounterMetricFamily if self.is_counter else GaugeMetricFamily
        made = make(self.name, self.help, labels=self.labels, unit=unit)
        for row in sources.get(self.source, ()):
            if row[self.value] is not None:
                made.add_metric([row[label] for label in self.labels], float(row[self.value]))
        return made


def _counter(name: str, help: str, source: str, value: str, *labels: str) -> Family:
    return Family(f"meta_ads_{name}", help, source, value, labels, is_counter=True)


def _gauge(name: str, help: str, source: str, value: str, *labels: str) -> Family:
    return Family(f"meta_ads_{name}", help, source, value, labels)


FAMILIES = (
    _gauge(
        "up",
        "1 if the warehouse answered for this scrape; 0 if it is away or too slow, and then "
        "nothing else is known.",
        "up",
        "up",
    ),
    _gauge(
        "health_status",
        "1 for what the data are as a whole: healthy; degraded, where what is published stays "
        "right; or unhealthy. 0 for the two others.",
        "health",
        "is",
        "status",
    ),
    _gauge(
        "check_status",
        "1 for how a health check ended: pass, warning or fail; 0 for the two others. A check "
        "that could not be asked has no sample.",
        "checks",
        "is",
        "check",
        "status",
    ),
    _gauge(
        "client_days",
        "The client's latest 35 due days by state: good; mended (completed from ad sets or ads); "
        "held (good rows stand, the last reading was refused); zero (Meta says nothing ran); thin; "
        "split (campaigns without their conversions); refused, failed or missing (no data stand); "
        "waived; expected (not late yet).",
        "client_days",
        "days",
        "client",
        "state",
    ),
    _gauge(
        "client_days_owed",
        "Of the latest 35 due days those that the client owes, known pauses left out: the sum of "
        "meta_ads_client_days over all states.",
        "clients",
        "days",
        "client",
    ),
    _gauge(
        "last_good_collection_age_seconds",
        "Since Meta last confirmed any of the client's latest 35 due days. Grows to a day between "
        "two daily collections; no sample while none of them is in.",
        "clients",
        "age",
        "client",
    ),
    _gauge(
        "split_issues",
        "Days and months, however old, whose campaigns lack their conversions: anything above 0 is "
        "to be looked at.",
        "counted",
        "split_issues",
    ),
    _gauge(
        "quarantined_client_days",
        "Client-days whose last answer the gate refused and about which nobody decided yet.",
        "counted",
        "quarantined_days",
    ),
    _gauge(
        "failed_collections_open",
        "Collections that failed after their last retry and that nothing has made good since.",
        "counted",
        "failed_collections",
    ),
    _counter(
        "api_calls",
        "Calls to the Meta API for the client's ad account.",
        "api_usage",
        "calls",
        "client",
    ),
    _counter(
        "api_throttled",
        "Calls that Meta refused because there were too many.",
        "api_usage",
        "throttled",
        "client",
    ),
    _gauge(
        "api_account_usage_ratio",
        "Highest share of the ad account's rate limit in its last run: at 1 Meta refuses calls.",
        "api_usage",
        "account_share",
        "client",
    ),
    _gauge(
        "api_app_usage_ratio",
        "Highest share of the app's rate limit, common to all clients, in the client's last run.",
        "api_usage",
        "app_share",
        "client",
    ),
    _gauge(
        "publication_age_seconds",
        "Since the latest publication. Old is wrong only while client-months wait: without new "
        "data nothing is published.",
        "publication",
        "age",
    ),
    _gauge(
        "publication_duration_seconds",
        "How long the build of the latest publication took, from its start until it was published.",
        "publication",
        "duration",
    ),
    _gauge(
        "publication_rows",
        "Rows of the marts that the latest publication inserted, and those that it ended and "
        "kept in the history.",
        "publication_rows",
        "rows",
        "kind",
    ),
    _gauge(
        "publication_client_months",
        "Client-months that the latest publication changed.",
        "publication",
        "client_months",
    ),
    _counter(
        "publications",
        "Publications so far, rollbacks among them.",
        "publications",
        "publications",
    ),
    _gauge(
        "client_months_waiting",
        "Client-months whose data differ from what is published.",
        "counted",
        "waiting_months",
    ),
    _gauge(
        "alerts_open",
        "Alerts that are not resolved: open, or acknowledged by a person.",
        "alerts",
        "alerts",
        "severity",
        "state",
    ),
    _gauge(
        "alerts_open_by_rule",
        "The same by rule; a rule without such alerts has no sample.",
        "alerts_by_rule",
        "alerts",
        "rule",
        "severity",
        "state",
    ),
    _gauge(
        "alert_messages",
        "Messages about alerts, so far: waiting; sent; refused by the destination for good; "
        "expired, because they could not be sent for too long.",
        "alert_messages",
        "messages",
        "destination",
        "state",
    ),
    _gauge(
        "alert_message_waiting_age_seconds",
        "Age of the oldest message that could be sent and is not yet; 0: there is none. What quiet "
        "hours hold back does not count.",
        "alert_destinations",
        "oldest",
        "destination",
    ),
    _gauge(
        "alert_destination_on",
        "1 for a destination of alerts that is set up, 0 for one that is off.",
        "alert_destinations",
        "is_on",
        "destination",
    ),
    _gauge(
        "alert_destination_failing",
        "1 for a destination that is on and took no message since its latest failure, else 0.",
        "alert_destinations",
        "is_failing",
        "destination",
    ),
    _gauge(
        "alert_delivery_age_seconds",
        "Since the destination last took a message. Old is wrong only while messages wait. No "
        "sample before the first one.",
        "alert_destinations",
        "age",
        "destination",
    ),
    _gauge(
        "recovery_log_open",
        "What finally failed and nothing has made good: collections, refusals by the gate, builds, "
        "runs, messages. The dashboard lists it with the command that replays each.",
        "recovery_log",
        "entries",
        "kind",
    ),
    _counter(
        "cache_reads",
        "Reads of running months: hit (fresh), miss (refreshed first), stale (could not be "
        "refreshed in time). Written once a minute.",
        "cache_reads",
        "reads",
        "result",
    ),
    _gauge(
        "cache_age_seconds",
        "Since the client's running month was refreshed: stale after 3 hours, a fault after 6 "
        "(META_ADS_ALERT_CACHE_HOURS). No sample before the first time.",
        "caches",
        "age",
        "client",
    ),
    _gauge(
        "heartbeat_age_seconds",
        "Since something that works by itself last gave a sign of life.",
        "heartbeats",
        "age",
        "name",
    ),
    _gauge(
        "heartbeat_interval_seconds",
        "The longest silence that it promises: after that it is taken for dead.",
        "heartbeats",
        "interval",
        "name",
    ),
)
