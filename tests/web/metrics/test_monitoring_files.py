"""The Grafana dashboard and the Prometheus rules in docs/monitoring fit the metrics."""

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import yaml
from metric_samples import Samples

from orchestration.health.catalogue import CHECKS
from orchestration.web.metrics.families import FAMILIES

DOCS = Path(__file__).parents[3] / "docs"
MONITORING = DOCS / "monitoring"
SELECTOR = re.compile(r"\b(meta_ads_\w+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)\s*(=~?)\s*"([^"]*)"')


def test_every_metric_has_samples_here_and_a_place_on_the_dashboard(samples: Samples) -> None:
    names = {family.name + ("_total" if family.is_counter else "") for family in FAMILIES}
    assert samples.keys() == names
    assert {name for name, _ in selectors(json.dumps(dashboard()))} == names


def test_rules_and_dashboard_use_metrics_and_labels_that_exist(samples: Samples) -> None:
    by_place = expressions()
    assert len(by_place) > 40
    for place, expression in by_place.items():
        assert selectors(expression), place
        for name, matchers in selectors(expression):
            assert name in samples, f"{place}: there is no {name}"
            known: dict[str, set[str]] = defaultdict(set)
            for key in samples[name]:
                for label, label_value in key:
                    known[label].add(label_value)
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
    board = dashboard()
    assert board["id"] is None
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    sources = [panel["datasource"] for panel in board["panels"] if panel["type"] != "row"]
    assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in sources)
    variables = [variable["name"] for variable in board["templating"]["list"]]
    assert variables == ["datasource", "job", "client"]


def dashboard() -> Any:
    return json.loads((MONITORING / "grafana_dashboard.json").read_text("utf-8"))


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((MONITORING / "prometheus_rules.yml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> dict[str, str]:
    """The PromQL expressions, by the place where they stand."""
    by_place = {rule["alert"]: rule["expr"] for rule in rules()}
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", ()):
            by_place[f"{panel['title']} {target['refId']}"] = target["expr"]
    for variable in dashboard()["templating"]["list"]:
        if variable["type"] == "query":
            by_place[f"${variable['name']}"] = variable["query"]["query"]
    return by_place


def selectors(expression: str) -> list[tuple[str, str]]:
    return [(name, matchers or "") for name, matchers in SELECTOR.findall(expression)]
