"""Routes of alerts: who takes which, where it leads, and what is wrong with a line and a field."""

from pathlib import Path
from typing import Any

import pytest

from orchestration.clients.model import load_clients
from orchestration.clients.routes import EVERYWHERE, Route, load_routes, routes_of
from orchestration.errors import UsageError

CLIENTS = """clients:
  - {client_id: a, name: A, ad_account_id: act_1, owner: anna}
  - {client_id: b, name: B, ad_account_id: act_2, alerts: retail}
"""
ROUTES = """alerts:
  - route: retail
    owners: [anna, ben]
    slack: {from: high, url_env: RETAIL_SLACK_URL}
    email: {from: medium, to: [anna@agency.example]}
    webhook: {from: critical, url_env: X, secret_env: Y}
  - route: default
    email: {from: high}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "clients.yml"
    path.write_text(text, encoding="utf-8")
    return path


def route(name: str, **channels: Any) -> Route:
    return Route.model_validate({"route": name, **channels})


def problem(path: Path) -> str:
    """What both readers of the file say of it."""
    said = []
    for load in (load_clients, load_routes):
        with pytest.raises(UsageError) as raised:
            load(path)
        said.append(str(raised.value))
    assert said[0] == said[1]
    return said[0]


def test_a_full_section_is_read_beside_the_clients(tmp_path: Path) -> None:
    path = written(tmp_path, CLIENTS + ROUTES)
    retail, default = load_routes(path)
    assert (retail.name, retail.owners) == ("retail", ("anna", "ben"))
    assert retail.slack is not None
    assert (retail.slack.lowest, retail.slack.url_env) == ("high", "RETAIL_SLACK_URL")
    assert retail.email is not None
    assert retail.email.to == ("anna@agency.example",)
    assert retail.variables == ["RETAIL_SLACK_URL", "X", "Y"]
    assert (default.slack, default.webhook) == (None, None)
    assert [client.client_id for client in load_clients(path)] == ["a", "b"]


@pytest.mark.parametrize("section", ["", "alerts:\n", "alerts: []\n", "alerts:\n#  - route: x\n"])
def test_a_file_without_routes_has_none(tmp_path: Path, section: str) -> None:
    path = written(tmp_path, CLIENTS.replace(", alerts: retail", "") + section)
    assert load_routes(path) == []
    assert len(load_clients(path)) == 2


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("route: retail", "route: Re tail", ":5: alerts.0.route:", "does not have the form"),
        ("- route: retail\n    owners", "- owners", ":5: alerts.0.route:", "required"),
        ("from: high, url", "form: high, url", ":7: alerts.0.slack.form:", "from, url_env"),
        ("from: high, url", "from: severe, url", ":7: alerts.0.slack.from:", "'critical'"),
        (
            "RETAIL_SLACK_URL",
            "https://x",
            ":7: alerts.0.slack.url_env:",
            "the name of an environment",
        ),
        ("[anna@agency.example]", "[]", ":8: alerts.0.email.to:", "at least 1"),
        ("anna@agency.example", "anna", ":8: alerts.0.email.to.0:", "'anna'"),
        ("webhook:", "webhok:", ":9: alerts.0.webhok:", "email, owners, route, slack, webhook"),
        ("route: default", "route: retail", ":10: alerts.1.route:", "already at entry 0"),
        ("email: {from: high}", "owners: [x]", ":10: alerts.1:", "needs a destination"),
        ("email: {from: high}", "email: high", ":11: alerts.1.email:", "dictionary"),
        (
            "email: {from: high}",
            "slack: {}\n    owners: [eva, ben]",
            ":12: alerts.1.owners.1:",
            "ben has the route retail already",
        ),
        ("alerts:\n", "alert:\n", ":4: alert:", "alerts, clients"),
    ],
)
def test_an_error_names_its_line_and_its_field(
    tmp_path: Path, old: str, new: str, place: str, words: str
) -> None:
    assert old in ROUTES
    path = written(tmp_path, CLIENTS + ROUTES.replace(old, new))
    if place.endswith("alert:"):
        with pytest.raises(UsageError) as raised:
            load_clients(path)
        said = str(raised.value)
    else:
        said = problem(path)
    assert f"{path}{place}" in said
    assert words in said


def test_a_client_names_a_route_that_exists(tmp_path: Path) -> None:
    path = written(tmp_path, CLIENTS.replace("retail", "retial") + ROUTES)
    with pytest.raises(UsageError) as raised:
        load_clients(path)
    assert f"{path}:3: clients.1.alerts: there is no route 'retial'" in str(raised.value)
    assert "default, retail" in str(raised.value)
    assert len(load_routes(path)) == 2


def test_the_default_route_exists_without_being_written(tmp_path: Path) -> None:
    path = written(tmp_path, CLIENTS.replace("alerts: retail", "alerts: default"))
    assert load_clients(path)[1].alerts == "default"


def test_a_client_takes_the_route_it_names_else_its_owners_else_the_default() -> None:
    retail, food = route("retail", owners=["anna"], slack=None), route("food", email=None)
    default = route("default", webhook=None)
    routes = [retail, food, default]
    assert routes_of("food", "anna", routes) is food
    assert routes_of("default", "anna", routes) is default
    assert routes_of(None, "anna", routes) is retail
    assert routes_of("gone", "anna", routes) is retail
    assert routes_of(None, "eva", routes) is default
    assert routes_of(None, None, routes) is default
    assert routes_of(None, None, [retail]) is EVERYWHERE


def test_the_default_that_nobody_wrote_takes_everything_everywhere() -> None:
    assert EVERYWHERE.names("low") == ["slack", "email", "webhook"]


@pytest.mark.parametrize(
    ("severity", "names"),
    [
        ("critical", ["slack:retail", "email", "webhook:retail"]),
        ("high", ["slack:retail", "email"]),
        ("medium", ["email"]),
        ("low", []),
    ],
)
def test_a_severity_goes_where_it_is_wanted_by_the_name_of_whose_settings_are_used(
    severity: str, names: list[str]
) -> None:
    retail = route(
        "retail",
        slack={"from": "high", "url_env": "X"},
        email={"from": "medium"},
        webhook={"from": "critical", "secret_env": "Y"},
    )
    assert retail.names(severity) == names


def test_the_default_route_may_have_settings_of_its_own() -> None:
    default = route("default", email={"to": ["eva@agency.example"]}, slack=None)
    assert default.names("low") == ["slack", "email:default"]
