"""Rows of any level and object of the sandbox."""

import json
from typing import Any

import requests

from orchestration.sandbox.process import SandboxProcess

FIELDS = "spend,impressions,clicks,inline_link_clicks,reach,actions,action_values"
Rows = list[dict[str, Any]]


def ask(sandbox: SandboxProcess, node: str, **params: Any) -> Any:
    query = {"access_token": "t", "fields": FIELDS, "limit": 5000, **params}
    reply = requests.get(f"{sandbox.url}/v26.0/{node}/insights", params=query, timeout=60)
    assert reply.status_code == 200, reply.text
    return reply.json()


def rows(sandbox: SandboxProcess, node: str = "act_1001", **params: Any) -> Rows:
    found: Rows = ask(sandbox, node, **params)["data"]
    return found


def period(since: str, until: str) -> str:
    return json.dumps({"since": since, "until": until})
