"""Plain HTTP against a sandbox, for the tests of what it answers and how it is steered."""

import json
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import requests

from orchestration.sandbox.process import SandboxProcess

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
"""Noon UTC of a Monday, where the shared sandbox stands."""

DAYS = {"since": "2026-11-10", "until": "2026-11-12"}
ROWS = {"level": "campaign", "time_increment": "1", "time_range": json.dumps(DAYS)}
BEARER = {"Authorization": "Bearer t"}
Rows = list[dict[str, Any]]


def call(
    sandbox: SandboxProcess, path: str, method: str = "GET", **request: Any
) -> requests.Response:
    """One Graph call; a token goes along unless headers are given."""
    request = {"headers": BEARER, "timeout": 20, **request}
    return requests.request(method, f"{sandbox.url}/v26.0/{path}", **request)


def rows(sandbox: SandboxProcess, **params: Any) -> requests.Response:
    """A page of the campaign rows of three days."""
    query = {**ROWS, "limit": "500", "fields": "campaign_id,spend", **params}
    return call(sandbox, "act_1001/insights", params=query)


def steer(sandbox: SandboxProcess, path: str, method: str = "GET", /, **body: Any) -> Any:
    """One of the sandbox's own routes."""
    url = f"{sandbox.url}/sandbox/{path}"
    return requests.request(method, url, json=body or None, timeout=20).json()


def spoil(sandbox: SandboxProcess, kind: str, **body: Any) -> dict[str, Any]:
    """Set a fault."""
    fault: dict[str, Any] = steer(sandbox, "faults", "POST", kind=kind, **body)
    assert "id" in fault, fault
    return fault


def put_back(sandbox: SandboxProcess) -> None:
    """No fault, no budget, an empty log, the clock where it began."""
    for what in ("faults", "budgets", "log", "clock"):
        requests.delete(f"{sandbox.url}/sandbox/{what}", timeout=20)


def code_of(reply: requests.Response) -> tuple[int, int, int | None]:
    """The HTTP status, the code and the subcode of an error."""
    error = reply.json()["error"]
    return reply.status_code, error["code"], error.get("error_subcode")


def walked(sandbox: SandboxProcess, pages: int = 40, **params: Any) -> tuple[Rows, int]:
    """The rows along `paging.next`, and after how many pages that ended or was given up."""
    reply = rows(sandbox, **params).json()
    found, number = list(reply["data"]), 1
    while "next" in reply.get("paging", {}) and number < pages:
        reply = requests.get(reply["paging"]["next"], headers=BEARER, timeout=20).json()
        found += reply["data"]
        number += 1
    return found, number


def sums(found: Rows) -> dict[str, Decimal]:
    """Every additive number of the rows: metrics, and actions by field, type and window."""
    added: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in found:
        for name in ("spend", "impressions", "clicks", "inline_link_clicks"):
            added[name] += Decimal(row.get(name, "0"))
        for name in ("actions", "action_values"):
            for entry in row.get(name, ()):
                for key in entry.keys() - {"action_type"}:
                    added[f"{name}.{entry['action_type']}.{key}"] += Decimal(entry[key])
    return dict(added)
