"""Requests to Dagster as other sites, strangers and programs send them, and what comes of them."""

import json
from typing import Any
from urllib.parse import urlencode

import requests
from servers import HealthServer
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
  }
}
"""
RUNS = """
query Runs($of: RunsFilter!) {
  runsOrError(filter: $of) { ... on Runs { results { runId status } } }
}
"""
LOCATIONS = (
    "{ repositoriesOrError { ... on RepositoryConnection { nodes { name location { name } } } } }"
)
JOB, TAG = "check_data_health", "by"


def launch(server: HealthServer, by: str) -> dict[str, Any]:
    """The request that launches a run which is told by its tag."""
    told = ask(server, LOCATIONS)["repositoriesOrError"]["nodes"][0]
    selector = {
        "repositoryName": told["name"],
        "repositoryLocationName": told["location"]["name"],
        "jobName": JOB,
    }
    tags = [{"key": TAG, "value": by}]
    params = {"selector": selector, "runConfigData": {}, "executionMetadata": {"tags": tags}}
    return {"query": LAUNCH, "variables": {"params": params}}


def in_url(body: dict[str, Any]) -> str:
    """The same request in a query string."""
    return urlencode({"query": body["query"], "variables": json.dumps(body["variables"])})


def runs(server: HealthServer, by: str) -> list[dict[str, Any]]:
    """The runs that were launched under a tag."""
    of = {"of": {"tags": [{"key": TAG, "value": by}]}}
    found: list[dict[str, Any]] = ask(server, RUNS, of)["runsOrError"]["results"]
    return found


def ask(server: HealthServer, query: str, variables: dict[str, Any] | None = None) -> Any:
    """A question of a program that may ask."""
    answer = requests.post(
        f"{server.url}/graphql",
        json={"query": query, "variables": variables or {}},
        headers={"Authorization": f"Bearer {server.token}"} if server.token else {},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def websocket(server: HealthServer, origin: str | None, **headers: str) -> ClientConnection:
    """A websocket as a page of this origin opens it."""
    return connect(
        server.url.replace("http", "ws") + "/graphql",
        origin=None if origin is None else Origin(origin),
        additional_headers=headers,
        subprotocols=[Subprotocol("graphql-ws")],
        proxy=None,
        open_timeout=20,
    )


def says_hello(connection: ClientConnection) -> bool:
    """Whether Dagster takes part in the conversation."""
    connection.send(json.dumps({"type": "connection_init"}))
    return bool(json.loads(connection.recv(timeout=20))["type"] == "connection_ack")
