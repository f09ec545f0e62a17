"""A fuzzer sends requests that the OpenAPI document allows, and requests that it does not allow.

No answer may be a 5xx that is not described, have a status or a shape that is not described, or
come without a token where one is set. EXAMPLES=n in the environment sends more requests.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
import worlds
from databases import Warehouse
from factories import add_client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import ignored_auth
from servers import TOKEN, HealthServer, serving

EXAMPLES = int(os.environ.get("EXAMPLES", "25"))
METHODS = ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY")


@pytest.fixture(scope="module")
def answering(world: Warehouse) -> Iterator[HealthServer]:
    """A server over a world with something of everything, and a client without figures."""
    worlds.healthy(world)
    worlds.quarantine_waits(world)
    worlds.zero_between_delivery(world)
    worlds.cache_is(4)(world)
    add_client(world, "delta")
    with serving(world, TOKEN, META_ADS_KPI_WAIT_SECONDS="0.1") as server:
        yield server


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_is_as_described(mode: GenerationMode, answering: HealthServer) -> None:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    schema = schemathesis.openapi.from_url(f"{answering.url}/openapi.json", headers=bearer)
    operations = []
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operations.append(result.ok())
    assert len(operations) >= 6
    for operation in operations:
        # Some have no parameter that could be wrong.
        if mode is GenerationMode.NEGATIVE and not operation.path_parameters:
            continue

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def fuzz(case: Any) -> None:
            # A world that is not healthy is a described 503; another 5xx is not described.
            # Wrong tokens soon get 429 instead of 401: test_access.py tests them.
            case.call_and_validate(
                headers=bearer, excluded_checks=[not_a_server_error, ignored_auth]
            )

        fuzz()


def test_the_answers_about_known_clients_are_as_described(answering: HealthServer) -> None:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    schema = schemathesis.openapi.from_url(f"{answering.url}/openapi.json", headers=bearer)
    seen = set()
    for path in ("/api/clients/{client_id}/kpis", "/api/admin/data-health/clients/{client_id}"):
        for client_id in ("acme", "borealis", "delta"):
            case = schema[path]["GET"].Case(path_parameters={"client_id": client_id})
            answer = case.call_and_validate(
                headers=bearer, excluded_checks=[not_a_server_error, ignored_auth]
            )
            seen.add((path.rpartition("/")[2], answer.status_code))
    assert seen == {("kpis", 200), ("kpis", 503), ("{client_id}", 200), ("{client_id}", 503)}


def test_the_document_describes_itself_completely(answering: HealthServer) -> None:
    document = answering.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        for method, about in methods.items():
            assert method == "get", path
            assert about["description"], path
            assert {"401", "403", "429"} <= about["responses"].keys(), path
            assert all(answer["description"] for answer in about["responses"].values())
    assert document["components"]["securitySchemes"]


@pytest.mark.parametrize("method", METHODS)
def test_other_methods_are_refused_everywhere(method: str, answering: HealthServer) -> None:
    for path in answering.get("/openapi.json").json()["paths"]:
        url = answering.url + path.replace("{client_id}", "acme")
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = requests.request(method, url, headers=headers, timeout=20)
        assert answer.status_code == 405, (method, path)
        assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("path", ["/api/admin/data-health", "/healthz", "/readyz"])
def test_a_monitor_may_ask_for_the_status_alone(path: str, answering: HealthServer) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    head = requests.head(answering.url + path, headers=headers, timeout=20)
    assert head.status_code == answering.get(path).status_code
    assert head.content == b""
    assert requests.head(f"{answering.url}/metrics", headers=headers, timeout=20).status_code == 405
