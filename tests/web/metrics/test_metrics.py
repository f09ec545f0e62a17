"""`/metrics`: each figure as it was put into the warehouse."""

from metric_samples import Samples, by, value
from servers import HealthServer

from orchestration.web.metrics.sources import STATES


def test_each_client_has_its_days_by_state_and_those_that_it_owes(samples: Samples) -> None:
    acme = dict.fromkeys(STATES, 1.0) | {"expected": 0.0}
    assert by(samples, "client_days", "state", client="acme") == acme
    borealis = dict.fromkeys(STATES, 0.0) | {"expected": 1.0}
    assert by(samples, "client_days", "state", client="borealis") == borealis
    assert by(samples, "client_days_owed", "client") == {"acme": 10, "borealis": 1}


def test_the_last_good_collection_is_the_last_confirmation_of_what_stands(samples: Samples) -> None:
    ages = by(samples, "last_good_collection_age_seconds", "client")
    assert ages.keys() == {"acme"}
    assert 3600 <= ages["acme"] < 86400


def test_the_figures_of_the_checks_are_those_of_the_api(
    metrics_server: HealthServer, samples: Samples
) -> None:
    health = metrics_server.get("/api/admin/data-health").json()
    assert health["status"] == "unhealthy"
    overall = {"healthy": 0, "degraded": 0, "unhealthy": 1}
    assert by(samples, "health_status", "status") == overall
    assert by(samples, "check_status", "check").keys() == health["checks"].keys()
    for name, check in health["checks"].items():
        statuses = by(samples, "check_status", "status", check=name)
        assert statuses == {"pass": 0, "warning": 0, "fail": 0} | {check["status"]: 1}
    assert value(samples, "up") == 1
    assert value(samples, "split_issues") == 1
    assert value(samples, "quarantined_client_days") == 2
    assert value(samples, "failed_collections_open") == 1
    assert value(samples, "client_months_waiting") == 1
    assert health["checks"]["publication"]["waitingCount"] == 1


def test_the_usage_of_the_api_is_of_listed_clients_and_in_ratios(samples: Samples) -> None:
    assert by(samples, "api_calls_total", "client") == {"acme": 1234}
    assert by(samples, "api_throttled_total", "client") == {"acme": 5}
    assert by(samples, "api_account_usage_ratio", "client") == {"acme": 0.925}
    assert by(samples, "api_app_usage_ratio", "client") == {"acme": 0.4}


def test_the_latest_publication_has_its_figures(samples: Samples) -> None:
    assert value(samples, "publications_total") == 2
    assert value(samples, "publication_client_months") == 3
    assert by(samples, "publication_rows", "kind") == {"inserted": 1200, "ended": 34}
    assert value(samples, "publication_duration_seconds") == 42
    assert 3 * 3600 <= value(samples, "publication_age_seconds") < 4 * 3600


def test_alerts_are_counted_by_severity_also_where_there_are_none(samples: Samples) -> None:
    none = dict.fromkeys(("critical", "high", "medium", "low"), 0.0)
    assert by(samples, "alerts_open", "severity", state="open") == none | {"high": 2}
    assert by(samples, "alerts_open", "severity", state="acknowledged") == none | {"high": 1}


def test_alerts_are_counted_by_rule_too(samples: Samples) -> None:
    assert samples["meta_ads_alerts_open_by_rule"] == {
        (("rule", "token_dead"), ("severity", "high"), ("state", "open")): 2,
        (("rule", "rule"), ("severity", "high"), ("state", "acknowledged")): 1,
    }


def test_destinations_have_their_state_and_their_messages(samples: Samples) -> None:
    none = dict.fromkeys(("waiting", "sent", "refused", "expired"), 0.0)
    for destination, counts in {
        "slack": {"sent": 2, "refused": 1, "waiting": 2},
        "email": {"waiting": 1},
        "webhook": {},
        "gone": {"expired": 1},
    }.items():
        messages = by(samples, "alert_messages", "state", destination=destination)
        assert messages == none | counts
    on = by(samples, "alert_destination_on", "destination")
    assert on == {"slack": 1, "email": 1, "webhook": 0}
    failing = by(samples, "alert_destination_failing", "destination")
    assert failing == {"slack": 1, "email": 0, "webhook": 0}
    waiting = by(samples, "alert_message_waiting_age_seconds", "destination")
    assert 1800 <= waiting.pop("slack") < 3600
    assert waiting == {"email": 0, "webhook": 0}
    ages = by(samples, "alert_delivery_age_seconds", "destination")
    assert ages.keys() == {"slack", "webhook"}
    assert 7200 <= ages["slack"] < 10800


def test_the_recovery_log_is_counted_by_kind(samples: Samples) -> None:
    expected = {"collection": 1, "refusal": 2, "build": 0, "run": 1, "message": 2}
    assert by(samples, "recovery_log_open", "kind") == expected


def test_the_cache_and_the_heartbeats_have_their_figures(samples: Samples) -> None:
    assert by(samples, "cache_reads_total", "result") == {"hit": 111, "miss": 22, "stale": 3}
    ages = by(samples, "cache_age_seconds", "client")
    assert ages.keys() == {"acme"}
    assert 7200 <= ages["acme"] < 3 * 3600
    beats = by(samples, "heartbeat_age_seconds", "name")
    assert beats["alert_evaluation"] - beats["alert_delivery"] >= 1799
    intervals = {"alert_evaluation": 300, "alert_delivery": 60}
    assert by(samples, "heartbeat_interval_seconds", "name") == intervals
