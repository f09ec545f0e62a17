"""The world of the demo: a state folder, a sandbox and a clock of its own, and the daily work."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

from orchestration.alerting.delivery.deliver import deliver
from orchestration.alerting.evaluate import evaluate
from orchestration.cli.actions.jobs import JobRequest, run_job
from orchestration.cli.tutorial.mailbox import Mailbox, open_mailbox
from orchestration.sandbox.control.remote import steer
from orchestration.sandbox.process import SandboxProcess
from orchestration.settings import load_settings
from orchestration.settings.places import NAMED_ENV_FILE, OURS
from orchestration.warehouse.connection import connect
from orchestration.warehouse.embedded.removal import server_of

MORNING = time(8)
"""When each day is worked on, in UTC: the day before is due for all clients then."""
DELIVERY_SECONDS = 10.0
ACCOUNT, CLIENT = "act_1001", "acme-outdoor"
FAULT = "purchases"
CLIENTS = {"acme-outdoor": "act_1001", "nordlicht-living": "act_1002", "bright-path": "act_1005"}
"""The clients of the story, and their accounts in the sandbox."""


@dataclass(frozen=True)
class Figures:
    """Spend and purchases of the client in the month so far."""

    spend: Decimal
    purchases: Decimal
    days: int

    def __str__(self) -> str:
        return f"{self.spend:>12,.2f} {self.purchases:>10,.0f}   {self.days} days"


class Stage:
    """What the story acts on."""

    def __init__(self, since: date, sandbox_url: str, mailbox: Mailbox) -> None:
        self.since = since
        self.mailbox = mailbox
        self._url = sandbox_url

    def wake(self, day: date) -> None:
        """Set all clocks to the morning of this day."""
        now = datetime.combine(day, MORNING, UTC).isoformat()
        os.environ["META_ADS_NOW"] = now
        steer(self._url, "POST", "clock", json={"now": now, "running": False})

    def work(self) -> dict[str, Any]:
        """Collect, check, build and publish; then evaluate and send alerts.

        Returns the summary that `meta-ads run --json` prints.
        """
        printed = StringIO()
        with redirect_stdout(printed), redirect_stderr(StringIO()):
            run_job(JobRequest(job="daily_refresh", as_json=True))
        evaluate(load_settings())
        deliver(load_settings(), seconds=DELIVERY_SECONDS)
        summary: dict[str, Any] = json.loads(printed.getvalue())
        return summary

    def lose_purchases(self, since: date) -> None:
        """Let Meta lose all purchases of the client from this day on, at all levels."""
        fault = {"kind": "vanish", "what": "family", "family": "purchase", "id": FAULT}
        steer(self._url, "POST", "faults", json=fault | {"account": ACCOUNT, "since": str(since)})

    def bring_back(self) -> None:
        """Let Meta have them again."""
        steer(self._url, "DELETE", f"faults/{FAULT}")

    def published(self) -> Figures:
        """What a reader of the marts sees."""
        with connect(load_settings()) as connection:
            row = connection.execute(
                "select coalesce(sum(spend), 0), coalesce(sum(purchases), 0), "
                "count(distinct date_day) "
                "from marts.daily_campaign_performance where client_id = %s and date_day >= %s",
                (CLIENT, self.since),
            ).fetchone()
        assert row is not None
        return Figures(*row)

    def answered(self, until: date) -> Figures:
        """What Meta answers now to whoever asks for the same days: the account's own total."""
        reply = requests.get(
            f"{self._url}/{load_settings().api_version}/{ACCOUNT}/insights",
            params={
                "level": "account",
                "fields": "spend,actions",
                "time_range": json.dumps({"since": str(self.since), "until": str(until)}),
                "access_token": "demo",
            },
            timeout=DELIVERY_SECONDS,
        )
        reply.raise_for_status()
        row = reply.json()["data"][0]
        counts = {each["action_type"]: each["value"] for each in row.get("actions", [])}
        days = (until - self.since).days + 1
        return Figures(Decimal(row["spend"]), Decimal(counts.get("omni_purchase", 0)), days)

    def truth(self, until: date) -> Figures:
        """What really happened, which no fault changes."""
        asked = {"account": ACCOUNT, "since": str(self.since), "until": str(until)}
        totals = steer(self._url, "GET", "truth", params=asked)
        count = totals["actions"].get("omni_purchase", {}).get("count", 0)
        return Figures(Decimal(totals["spend"]), Decimal(count), (until - self.since).days + 1)


@contextmanager
def set_up(since: date) -> Iterator[Stage]:
    """Make the world, and take it away at the end of the block.

    The person's own settings and state are neither read nor touched.

    Args:
        since: the first day of the clients.
    """
    for name in [name for name in os.environ if name.startswith(OURS)]:
        del os.environ[name]
    with (
        TemporaryDirectory(prefix="meta-ads-demo-") as folder,
        open_mailbox() as mailbox,
        SandboxProcess(now=datetime.combine(since, MORNING, UTC)) as sandbox,
    ):
        home = Path(folder)
        _write_settings(home, since)
        os.environ |= {
            "META_ADS_HOME": folder,
            "META_ADS_CLIENTS": str(home / "clients.yml"),
            NAMED_ENV_FILE: str(home / ".env"),
            "META_API_URL": sandbox.url,
            "META_ADS_WEBHOOK_URL": mailbox.url,
            "META_ADS_WEBHOOK_SECRET": "of-the-demo-alone",
        }
        try:
            yield Stage(since, sandbox.url, mailbox)
        finally:
            server_of(home).remove_data()


def _write_settings(home: Path, since: date) -> None:
    clients = [
        {
            "client_id": client_id,
            "name": client_id.replace("-", " ").title(),
            "ad_account_id": account,
        }
        | {"starts_on": str(since)}
        for client_id, account in CLIENTS.items()
    ]
    (home / "clients.yml").write_text(json.dumps({"clients": clients}), "utf-8")
    # An empty file of settings, so that no other one is looked for.
    (home / ".env").write_text("# The demo sets everything itself.\n", "utf-8")
