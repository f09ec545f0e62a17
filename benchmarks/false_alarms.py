"""What the gate says of undisturbed data: every day of fourteen months, restated as Meta does it.

    python -m benchmarks.false_alarms [--days 420] [--clients 16]

The sandbox's clock and ours move on a day at a time; each day what is owed is collected, the
lookback included. Beside late conversions, credits, pauses and deletions of campaigns there are
refunds, invalid traffic, and two clients whose budget is cut by 90 % from one day to the next.
Prints days, re-reads, findings by rule, the warnings per 1,000 client-days, and the calls to deeper
levels. Ends with 1 if anything blocking was found or the warnings are more than one per 1,000.
"""

import argparse
import os
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import requests

from orchestration.cli.session import DEMO_CLIENTS
from orchestration.clients.model import Client, load_clients
from orchestration.collection.collection import collect
from orchestration.sandbox.process import SandboxProcess
from orchestration.settings import Settings
from orchestration.warehouse.connection import connect
from orchestration.warehouse.migrations import migrate

END = datetime(2026, 11, 15, 12, tzinfo=UTC)
MOST_PER_THOUSAND = 1.0


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=420)
    parser.add_argument("--clients", type=int, default=16)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="meta-ads-bench-") as folder:
        Path(folder).chmod(0o755)
        os.environ |= {"META_ADS_HOME": folder, "META_ADS_SYSTEM_DATA": f"{folder}/system"}
        from orchestration.warehouse.embedded.server import EmbeddedServer

        start = END - timedelta(days=options.days)
        try:
            with SandboxProcess(now=start) as sandbox:
                migrate(Settings())
                correct(sandbox.url, start)
                collect_every_day(
                    Settings(), sandbox.url, load_clients(DEMO_CLIENTS)[: options.clients], start
                )
                sys.exit(_report(Settings(), sandbox.url))
        finally:
            EmbeddedServer(Path(folder), Path(folder) / "system").remove_data()


def correct(url: str, start: datetime) -> None:
    """Switch on the changes that numbers undergo in ordinary life."""
    for kind, fields in (
        ("refunds", {}),
        ("invalid_traffic", {}),
        *(
            ("budget_cut", {"account": account, "since": str(since)})
            for account, since in (
                ("act_1003", (start + (END - start) / 3).date()),
                ("act_1008", (start + (END - start) * 2 / 3).date()),
            )
        ),
    ):
        body = {"kind": kind} | fields
        requests.post(f"{url}/sandbox/faults", json=body, timeout=60).raise_for_status()


def collect_every_day(settings: Settings, url: str, clients: list[Client], start: datetime) -> None:
    """Collect what is owed on each day from the start to the end."""
    now, began = start, perf_counter()
    while now <= END:
        response = requests.post(f"{url}/sandbox/clock", json={"now": now.isoformat()}, timeout=60)
        response.raise_for_status()
        today = settings.model_copy(update={"api_url": url, "now_override": now})
        collection = collect(today, clients, run_id=f"{now:%Y-%m-%d}")
        if now.day == 1:
            seconds = perf_counter() - began
            _say(f"{now:%Y-%m-%d}  {collection.days_kept} client-days read, {seconds:.0f} s so far")
        now += timedelta(days=1)


def _report(settings: Settings, url: str) -> int:
    log = requests.get(f"{url}/sandbox/log", timeout=60).json()["requests"]
    below = sum(entry.get("level") in ("adset", "ad") for entry in log)
    with connect(settings) as connection:
        days = _value(connection, "select count(*) from ops.slice_state where level = 'campaign'")
        reads = _value(
            connection,
            "select count(*) from ops.receipts where level = 'campaign' and state <> 'asked'",
        )
        violations = connection.execute(
            "select rule, severity, count(distinct (client_id, date_day)), min(detail) "
            "from quarantine.violations group by rule, severity order by 2, 3 desc"
        ).fetchall()
    _say(f"{days:,} client-days, read {reads:,} times, {below} calls to deeper levels")
    for rule, severity, count, example in violations:
        _say(f"  {severity:9} {rule:22} {count:5} client-days, such as {example}")
    warned = sum(count for _, severity, count, _ in violations if severity == "warning")
    blocked = sum(count for _, severity, count, _ in violations if severity == "blocking")
    _say(f"blocking: {blocked}; warnings per 1,000 client-days: {warned / days * 1000:.2f}")
    return int(blocked > 0 or warned / days * 1000 > MOST_PER_THOUSAND)


def _value(connection: Any, query: str) -> int:
    return int(connection.execute(query).fetchone()[0])


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
