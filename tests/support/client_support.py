"""An API client that waits without taking time, and a sandbox whose faults are set over HTTP."""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import requests
from pydantic import SecretStr
from sandbox_support import spoil

from orchestration.meta_api.client import InsightsClient
from orchestration.meta_api.query import InsightsQuery
from orchestration.meta_api.retry import RetryPolicy
from orchestration.meta_api.throttling.traffic import Traffic
from orchestration.sandbox.process import SandboxProcess

SINCE, UNTIL = date(2026, 11, 10), date(2026, 11, 12)
TOKEN = "EAAB-a-secret-token"
APP_SECRET = "the-apps-own-secret"
PROOF = hmac.new(APP_SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
ACCOUNT = "act_1001"
Rows = list[dict[str, Any]]
TRANSIENT = [
    "http_500",
    "http_503",
    "html_502",
    "html_504",
    "truncated",
    "reset",
    "empty_body",
    "error_200",
    "no_data",
    "success_false",
    "text_200",
    "json_array",
    "hang_after_half",
    "unknown_error",
    "service_unavailable",
    "transient_flag",
    "summary_spurious",
    "intermittent_104",
]
"""Faults that the client meets by trying again at once."""


@dataclass
class FakeTime:
    """A clock that moves only while somebody waits."""

    now: float = 0.0
    waits: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@dataclass
class Probe:
    """A client, with its fake clock and its traffic."""

    client: InsightsClient
    time: FakeTime
    traffic: Traffic

    @property
    def waited(self) -> float:
        return round(sum(self.time.waits), 3)

    def read(
        self,
        level: str = "campaign",
        account: str = ACCOUNT,
        since: date = SINCE,
        until: date = UNTIL,
    ) -> Rows:
        return [row for page in self.client.insights(account, level, since, until) for row in page]


def probe(
    sandbox: SandboxProcess,
    *,
    token: str = TOKEN,
    calls: int = 500,
    wait_seconds: float = 900.0,
    version: str = "v26.0",
    app_secret: SecretStr | None = SecretStr(APP_SECRET),
    **options: Any,
) -> Probe:
    """A client with an account's budgets; it waits 2, 4 and 8 seconds without jitter."""
    time = FakeTime()
    traffic = Traffic(calls=calls, wait_seconds=wait_seconds, clock=time.clock, sleep=time.sleep)
    policy = RetryPolicy(sleep=time.sleep, jitter=lambda: 0.0)
    client = InsightsClient(
        sandbox.url,
        version,
        SecretStr(token),
        app_secret=app_secret,
        policy=policy,
        traffic=traffic,
        **options,
    )
    return Probe(client, time, traffic)


def clear(sandbox: SandboxProcess) -> None:
    requests.delete(f"{sandbox.url}/sandbox/faults", timeout=20)


@contextmanager
def faulty(sandbox: SandboxProcess, kind: str, **body: Any) -> Iterator[None]:
    """Set a fault of the sandbox for a while."""
    spoil(sandbox, kind, **body)
    try:
        yield
    finally:
        clear(sandbox)


def honest(
    sandbox: SandboxProcess,
    level: str = "campaign",
    account: str = ACCOUNT,
    since: date = SINCE,
    until: date = UNTIL,
) -> Rows:
    """The rows that a single plain call gets."""
    query = InsightsQuery(account_id=account, level=level, since=since, until=until)
    params = query.params() | {"limit": "100000"}
    url = f"{sandbox.url}/v26.0/{account}/insights"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    reply = requests.get(url, params=params, headers=headers, timeout=60)
    rows: Rows = reply.json()["data"]
    return rows


def in_order(rows: Rows) -> Rows:
    """Sorted rows, to be compared: rows that were read in parts come in another order."""
    return sorted(rows, key=lambda row: (row["date_start"], row.get("campaign_id", "")))
