"""`/metrics`: each figure as it was put into the ledger, and nothing that nobody knows."""

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest
import requests
import yaml
from databases import Warehouse, database
from factories import LATEST_DUE_DAY, add_client, campaign, put_day
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as classic
from servers import HealthServer

from orchestration.health.catalogue import CHECKS
from orchestration.health.checks import unreachable
from orchestration.warehouse.embedded.server import EmbeddedServer
from orchestration.web.metrics.families import FAMILIES
from orchestration.web.metrics.routes import OPENMETRICS, Expositions, Format, accepts_openmetrics
from orchestration.web.metrics.sources import STATES

DOCS = Path(__file__).parents[2] / "docs"
MONITORING = DOCS / "monitoring"
TOKEN = "an-admin-token-for-tests"
KPI_TOKEN = "a-token-for-kpis-only"
PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4,*/*;q=0.2"
)
SELECTOR = re.compile(r"\b(meta_ads_\w+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)\s*(=~?)\s*"([^"]*)"')

Samples = Mapping[str, Mapping[tuple[tuple[str, str], ...], float]]
"""Values by the name of the sample and its labels."""


def samples_of(text: str, parse: Callable[[str], Any] = open_metrics) -> Samples:
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = defaultdict(dict)
    for family in parse(text):
        for sample in family.samples:
            found[sample.name][tuple(sorted(sample.labels.items()))] = sample.value
    return found


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[f"meta_ads_{name}"][tuple(sorted(labels.items()))]


def by(samples: Samples, name: str, label: str, **labels: str) -> dict[str, float]:
    """The values by one label, of the samples that have the other ones."""
    return {
        dict(key)[label]: found
        for key, found in samples[f"meta_ads_{name}"].items()
        if labels.items() <= dict(key).items()
    }


def day(age: int) -> date:
    return LATEST_DUE_DAY - timedelta(days=age)


def make_world(warehouse: Warehouse) -> None:
    """A client with a day of every state, one whose day is not late yet, one that is not listed."""
    add_client(warehouse, "acme", owed_since=day(9))
    for age in (0, 1, 2):
        put_day(warehouse, "acme", day(age), campaign())
    put_day(warehouse, "acme", day(3), state="empty")
    put_day(warehouse, "acme", day(4), campaign())
    violated(warehouse, day(4), "thin_day", "warning")
    put_day(warehouse, "acme", day(5), state="none")
    violated(warehouse, day(5), "not_split", "blocking")
    put_day(warehouse, "acme", day(6), state="none")
    violated(warehouse, day(6), "control_totals_agree", "blocking")
    put_day(warehouse, "acme", day(7), state="none")
    put_day(warehouse, "acme", day(8), state="waived")
    # Nobody asked for day 9. At noon in UTC it is four in the morning there: due, not late.
    add_client(warehouse, "borealis", owed_since=day(0), timezone_name="America/Los_Angeles")
    add_client(warehouse, "former", is_listed=False)
    put_day(warehouse, "former", day(0), campaign())
    warehouse.execute(
        """
        update ops.slice_state set last_attempt = 'failed' where date_day = '2026-11-07';
        update ops.slice_state set mended_from = 'adset' where date_day = '2026-11-13';
        update ops.slice_state set last_attempt = 'refused' where date_day = '2026-11-12';
        update ops.slice_state set confirmed_at = now() - case date_day
            when '2026-11-14' then interval '1 hour'
            -- A refused day was looked at later than any that stands.
            when '2026-11-08' then interval '0'
            else interval '2 days'
        end;
        insert into ops.failed_collections (batch_id, client_id, since, until, error, reason)
        select batch_id, client_id, since, until, 'TimeoutError', 'no answer' from ops.batches
        where client_id = 'acme' and since = '2026-11-07';

        insert into ops.api_usage
            (client_id, calls_total, throttled_total, account_percent, app_percent)
        values ('acme', 1234, 5, 92.5, 40), ('former', 9, 9, 9, 9);

        insert into ops.builds
            (owner, invocation_id, is_full, as_of, state, started_at, finished_at)
        select 'test', n::text, false, now(), 'published', at - interval '42 seconds', at
        from (values (1, now() - interval '4 hours'), (2, now() - interval '3 hours')) as b (n, at);
        insert into ops.publications
            (build_id, client_months, rows_inserted, rows_ended, published_at)
        values
            (1, 9, 9, 9, now() - interval '4 hours'),
            (2, 3, 1200, 34, now() - interval '3 hours');

        insert into ops.alerts (fingerprint, rule, severity, subject, state)
        select n::text, case when n < 3 then 'token_dead' else 'rule' end, 'high', 'subject', state
        from unnest(array['open', 'open', 'acknowledged', 'resolved'])
            with ordinality as a (state, n);
        insert into ops.alert_destinations (destination, is_on, note, sent_at, failing_since)
        values
            ('slack', true, null, now() - interval '2 hours', now() - interval '1 hour'),
            ('email', true, null, null, null),
            ('webhook', false, 'not set', now() - interval '1 day', now() - interval '1 hour');
        insert into ops.alert_messages
            (destination, kind, content, state, attempts, created_at, not_before)
        select d, 'opened', '{}', state, attempts, now() - age, now() - age + held
        from (values
            ('slack', 'sent', 1, interval '3 hours', interval '0'),
            ('slack', 'sent', 1, interval '2 hours', interval '0'),
            ('slack', 'refused', 1, interval '1 hour', interval '0'),
            -- Tried in vain, and asked to pause.
            ('slack', 'waiting', 2, interval '30 minutes', interval '35 minutes'),
            -- Held back by quiet hours.
            ('slack', 'waiting', 0, interval '8 hours', interval '9 hours'),
            ('email', 'waiting', 0, interval '8 hours', interval '9 hours'),
            ('gone', 'expired', 9, interval '9 days', interval '0')
        ) as m (d, state, attempts, age, held);
        insert into ops.run_failures (run_id, job, error, reason, closed_at)
        values ('r1', 'daily_refresh', 'e', 'r', null), ('r2', 'daily_refresh', 'e', 'r', now());

        insert into serving.cache_reads (minute, hits, misses, stale)
        values (now() - interval '2 days', 100, 20, 3), (now(), 11, 2, 0);
        insert into serving.current_month_cache (client_id, month, currency, until, fresh_since,
            spend, impressions, clicks, link_clicks, refreshed_at)
        select client_id, '2026-11-01', 'EUR', '2026-11-15', '2026-11-15',
            1, 1, 1, 1, now() - interval '2 hours'
        from unnest(array['acme', 'former']) as c (client_id);
        insert into ops.heartbeats (name, beat_at, interval_seconds)
        values
            ('alert_evaluation', now() - interval '30 minutes', 300),
            ('alert_delivery', now(), 60);
        """
    )


def violated(warehouse: Warehouse, date_day: date, rule: str, severity: str) -> None:
    warehouse.execute(
        "insert into quarantine.violations (batch_id, client_id, date_day, rule, severity, detail) "
        "select last_batch_id, client_id, date_day, %s, %s, 'so' from ops.slice_state "
        "where client_id = 'acme' and level = 'campaign' and date_day = %s",
        [rule, severity, date_day],
    )


@pytest.fixture(scope="module")
def world(
    server: EmbeddedServer, template: str, server_of: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """A server of the world above; the tests only read it."""
    with database(server, template) as url:
        warehouse = Warehouse(url, tmp_path_factory.mktemp("metrics"))
        make_world(warehouse)
        with server_of(warehouse, TOKEN, META_ADS_KPI_TOKENS=f"{KPI_TOKEN}=*") as serving:
            yield serving


@pytest.fixture(scope="module")
def samples(world: HealthServer) -> Samples:
    answer = world.get("/metrics")
    assert answer.status_code == 200
    return samples_of(answer.text)


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
    world: HealthServer, samples: Samples
) -> None:
    health = world.get("/api/admin/data-health").json()
    assert health["status"] == "unhealthy"
    overall = {"healthy": 0, "degraded": 0, "unhealthy": 1}
    assert by(samples, "health_status", "status") == overall
    assert by(samples, "check_status", "check").keys() == health["checks"].keys()
    for name, check in health["checks"].items():
        told = by(samples, "check_status", "status", check=name)
        assert told == {"pass": 0, "warning": 0, "fail": 0} | {check["status"]: 1}
    assert value(samples, "up") == 1
    assert value(samples, "split_issues") == 1
    assert value(samples, "quarantined_client_days") == 2
    assert value(samples, "failed_collections_open") == 1
    assert value(samples, "client_months_waiting") == 1
    assert health["checks"]["publication"]["waitingCount"] == 1


def test_the_use_of_the_api_is_told_of_listed_clients_as_shares_of_one(samples: Samples) -> None:
    assert by(samples, "api_calls_total", "client") == {"acme": 1234}
    assert by(samples, "api_throttled_total", "client") == {"acme": 5}
    assert by(samples, "api_account_usage_ratio", "client") == {"acme": 0.925}
    assert by(samples, "api_app_usage_ratio", "client") == {"acme": 0.4}


def test_the_latest_publication_is_told(samples: Samples) -> None:
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


def test_it_is_told_where_alerts_go_and_what_waits(samples: Samples) -> None:
    none = dict.fromkeys(("waiting", "sent", "refused", "expired"), 0.0)
    for destination, told in {
        "slack": {"sent": 2, "refused": 1, "waiting": 2},
        "email": {"waiting": 1},
        "webhook": {},
        "gone": {"expired": 1},
    }.items():
        found = by(samples, "alert_messages", "state", destination=destination)
        assert found == none | told
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
    told = {"collection": 1, "refusal": 2, "build": 0, "run": 1, "message": 2}
    assert by(samples, "recovery_log_open", "kind") == told


def test_the_cache_and_the_signs_of_life_are_told(samples: Samples) -> None:
    assert by(samples, "cache_reads_total", "result") == {"hit": 111, "miss": 22, "stale": 3}
    ages = by(samples, "cache_age_seconds", "client")
    assert ages.keys() == {"acme"}
    assert 7200 <= ages["acme"] < 3 * 3600
    beats = by(samples, "heartbeat_age_seconds", "name")
    assert beats["alert_evaluation"] - beats["alert_delivery"] >= 1799
    intervals = {"alert_evaluation": 300, "alert_delivery": 60}
    assert by(samples, "heartbeat_interval_seconds", "name") == intervals


def test_both_formats_say_the_same_and_name_what_they_are(world: HealthServer) -> None:
    modern = world.get("/metrics", headers={"Accept": PROMETHEUS})
    old = world.get("/metrics", headers={"Accept": "text/plain", "Accept-Encoding": "identity"})
    assert modern.headers["content-type"].startswith(f"{OPENMETRICS}; version=1.0.0")
    assert modern.headers["content-encoding"] == "gzip"
    assert old.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "content-encoding" not in old.headers
    assert modern.text.endswith("# EOF\n")
    assert "# EOF" not in old.text
    told, told_old = samples_of(modern.text), samples_of(old.text, classic)
    assert {name: set(found) for name, found in told.items()} == {
        name: set(found) for name, found in told_old.items()
    }
    for name, found in told.items():
        if not name.endswith("age_seconds"):
            assert told_old[name] == found


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", True),
        ("*/*", True),
        (PROMETHEUS, True),
        (OPENMETRICS, True),
        ("text/plain", False),
        ("text/plain;version=0.0.4;q=0.5,*/*;q=0.1", False),
        (f"{OPENMETRICS}; version=0.0.1,text/plain;version=0.0.4", False),
        (f"{OPENMETRICS}; version=none", False),
        ("text/html,*/*;q=0.8", False),
    ],
)
def test_open_metrics_is_what_a_client_gets_that_asks_for_it_or_for_nothing(
    accept: str, expected: bool
) -> None:
    assert accepts_openmetrics(accept) is expected


def test_strangers_and_tokens_for_kpis_see_no_metrics(world: HealthServer) -> None:
    stranger = requests.get(f"{world.url}/metrics", timeout=30)
    headers = {"Authorization": f"Bearer {KPI_TOKEN}"}
    of_kpis = requests.get(f"{world.url}/metrics", headers=headers, timeout=30)
    assert (stranger.status_code, of_kpis.status_code) == (401, 403)
    assert "meta_ads_up" not in stranger.text + of_kpis.text


def test_a_warehouse_that_is_away_is_told_and_nothing_else_invented(
    server: EmbeddedServer, warehouse: Warehouse, health_server: Any
) -> None:
    add_client(warehouse, "acme")
    name = warehouse.value("select current_database()")
    assert value(samples_of(health_server.get("/metrics").text), "up") == 1
    with psycopg.connect(server.ensure_running(), autocommit=True) as admin:
        admin.execute(f"alter database {name} allow_connections false")
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name]
        )
        for accept, parse in ((OPENMETRICS, open_metrics), ("text/plain", classic)):
            answer = health_server.get("/metrics", headers={"Accept": accept})
            assert answer.status_code == 200
            assert samples_of(answer.text, parse) == {
                "meta_ads_up": {(): 0},
                "meta_ads_health_status": {
                    (("status", "healthy"),): 0,
                    (("status", "degraded"),): 0,
                    (("status", "unhealthy"),): 1,
                },
                "meta_ads_check_status": {
                    (("check", "warehouse"), ("status", "pass")): 0,
                    (("check", "warehouse"), ("status", "warning")): 0,
                    (("check", "warehouse"), ("status", "fail")): 1,
                },
            }
        admin.execute(f"alter database {name} allow_connections true")
    assert any(
        value(samples_of(health_server.get("/metrics").text), "up") == 1 for _ in range(20)
    ), "it never came back"


def test_a_warehouse_lost_between_the_checks_and_the_figures_is_away_as_well() -> None:
    class Lost:
        def connection(self) -> Any:
            raise psycopg.OperationalError("the connection is lost")

    async def health() -> Any:
        return SimpleNamespace(is_reachable=True, checks={}, checked_at=datetime.now(UTC))

    snapshot = SimpleNamespace(health=health)
    expositions = Expositions(cast(Any, Lost()), cast(Any, snapshot), 0)
    text = asyncio.run(expositions.body(Format(True, False))).decode()
    assert value(samples_of(text), "up") == 0
    assert "meta_ads_client" not in text


def test_many_scrapers_at_once_cost_one_reading() -> None:
    readings = 0

    async def health() -> Any:
        nonlocal readings
        readings += 1
        await asyncio.sleep(0)
        return unreachable(psycopg.OperationalError())

    async def scrape(seconds: float) -> list[bytes]:
        snapshot = SimpleNamespace(health=health)
        expositions = Expositions(cast(Any, None), cast(Any, snapshot), seconds)
        formats = [Format(True, False), Format(False, False)] * 20
        bodies = list(await asyncio.gather(*(expositions.body(one) for one in formats)))
        return [*bodies, await expositions.body(formats[0])]

    bodies = asyncio.run(scrape(3600))
    assert readings == 1
    assert len(set(bodies)) == 2
    asyncio.run(scrape(0))
    assert readings > 2


def test_every_metric_has_samples_here_and_a_place_on_the_dashboard(samples: Samples) -> None:
    names = {family.name + ("_total" if family.is_counter else "") for family in FAMILIES}
    assert samples.keys() == names
    assert {name for name, _ in selectors(json.dumps(dashboard()))} == names


def dashboard() -> Any:
    return json.loads((MONITORING / "grafana_dashboard.json").read_text("utf-8"))


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((MONITORING / "prometheus_rules.yml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> dict[str, str]:
    """By where they stand."""
    found = {rule["alert"]: rule["expr"] for rule in rules()}
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", ()):
            found[f"{panel['title']} {target['refId']}"] = target["expr"]
    for variable in dashboard()["templating"]["list"]:
        if variable["type"] == "query":
            found[f"${variable['name']}"] = variable["query"]["query"]
    return found


def selectors(expression: str) -> list[tuple[str, str]]:
    return [(name, matchers or "") for name, matchers in SELECTOR.findall(expression)]


def test_rules_and_dashboard_ask_for_metrics_and_labels_that_exist(samples: Samples) -> None:
    asked = expressions()
    assert len(asked) > 40
    for place, expression in asked.items():
        assert selectors(expression), place
        for name, matchers in selectors(expression):
            assert name in samples, f"{place}: there is no {name}"
            known: dict[str, set[str]] = defaultdict(set)
            for key in samples[name]:
                for label, told in key:
                    known[label].add(told)
            for label, kind, wanted in MATCHER.findall(matchers):
                if label == "job":
                    continue
                assert label in known, f"{place}: {name} has no label {label}"
                if not wanted.startswith("$"):
                    choices = set(wanted.split("|")) if kind == "=~" else {wanted}
                    assert choices <= known[label], f"{place}: {name} has no {wanted}"


def test_every_rule_has_a_severity_and_a_section_that_says_what_to_do() -> None:
    anchors = {
        f"docs/{path.relative_to(DOCS)}#{re.sub(r'[^a-z0-9 -]', '', title.lower())}".replace(
            " ", "-"
        )
        for path in (DOCS / "runbook.md", MONITORING / "README.md")
        for title in re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    }
    assert {f"docs/runbook.md#{check.runbook}" for check in CHECKS} <= anchors
    for rule in rules():
        assert rule["labels"]["severity"] in {"critical", "high", "medium", "low"}
        assert rule["annotations"]["runbook"] in anchors, rule["alert"]
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["description"]


def test_the_dashboard_can_be_imported_anywhere() -> None:
    told = dashboard()
    assert told["id"] is None
    ids = [panel["id"] for panel in told["panels"]]
    assert len(ids) == len(set(ids))
    sources = [panel["datasource"] for panel in told["panels"] if panel["type"] != "row"]
    assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in sources)
    variables = [variable["name"] for variable in told["templating"]["list"]]
    assert variables == ["datasource", "job", "client"]
