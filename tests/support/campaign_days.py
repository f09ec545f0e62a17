"""Three days of an account of the sandbox, as one plain call gets them."""

import json
from typing import Any

import requests

from orchestration.sandbox.process import SandboxProcess

DAYS = {"since": "2026-11-10", "until": "2026-11-12"}
FIELDS = "account_currency,campaign_id,spend,impressions,clicks,actions,action_values"


def ask(sandbox: SandboxProcess, account: str = "act_1001", **params: Any) -> requests.Response:
    query = {"time_increment": 1, "limit": 500, "time_range": json.dumps(DAYS), "fields": FIELDS}
    url = f"{sandbox.url}/v26.0/{account}/insights"
    headers = {"Authorization": "Bearer t"}
    return requests.get(url, params={**query, **params}, headers=headers, timeout=20)
