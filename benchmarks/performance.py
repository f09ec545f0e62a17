"""What the whole system costs at several sizes, beside a bare script in the same run.

    python -m benchmarks.performance [16x1 160x1 ...] [--campaigns 25]

A size is clients x months of days. For each, a warehouse of its own is filled by `meta-ads run` as
a user starts it, the same days are read again, and a run finds nothing to do; then health checks
and alerts are asked for. The bare script reads the same pages into one table of the same server.
The results are added to docs/performance/results.json, in place of earlier ones of the same size,
and docs/performance.md is written anew with its table and plots.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import yaml

from benchmarks.collection import bare_script
from benchmarks.installation import UNTIL, clients_of, installation, run_meta_ads
from benchmarks.performance_page import Results, write_page
from benchmarks.processes import Usage
from orchestration.alerting.evaluate import evaluate
from orchestration.health.checks import read_health
from orchestration.settings import Settings
from orchestration.warehouse.connection import connect

DAYS_OF_A_MONTH = 30.4
RESULTS = Path("docs/performance/results.json")
SHOWN = {"client_id", "name", "ad_account_id"}
"""What the clients file says of each."""


@dataclass(frozen=True)
class Size:
    """How many clients, and how many months of days each has."""

    clients: int
    months: int

    @property
    def days(self) -> int:
        """The days of each client; one month is the lookback of 28 days."""
        return 28 if self.months == 1 else round(self.months * DAYS_OF_A_MONTH)


def main() -> None:
    """Run, print, and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sizes", nargs="*", default=["16x1", "160x1"], metavar="CLIENTSxMONTHS")
    parser.add_argument("--campaigns", type=int, default=25)
    options = parser.parse_args()
    results = Results.read(RESULTS)
    for text in options.sizes:
        clients, _, months = text.partition("x")
        size = Size(int(clients), int(months))
        measurements = measure(size, options.campaigns)
        results.replace({"clients": size.clients, "months": size.months} | measurements)
        results.write(RESULTS)
        _say(json.dumps(measurements, indent=2))
    write_page(results, RESULTS.parent)


def measure(size: Size, campaigns: int) -> dict[str, Any]:
    """All figures of a size; seconds, megabytes, rows, calls."""
    since = UNTIL - timedelta(days=size.days - 1)
    with installation(size.clients, campaigns) as (settings, watched):
        clients = [client.model_dump(include=SHOWN) for client in clients_of(size.clients)]
        settings.clients_file.write_text(yaml.safe_dump({"clients": clients}), "utf-8")
        with watched() as bare:
            rows = bare_script(settings, clients_of(size.clients), since, UNTIL)
        found: dict[str, Any] = {"rows": rows, "bare": _figures(bare)}
        for title, arguments in (
            ("run", ("--since", str(since))),
            ("again", ("--since", str(since))),
            ("idle", ()),
        ):
            if title == "idle":
                # What is owed beside those days.
                run_meta_ads()
            with watched() as usage:
                document = run_meta_ads(*arguments)
            found[title] = _figures(usage) | {"calls": document["run"]["calls"]}
            found[title]["stages"] = document["seconds"]
            if title == "run":
                found["publication"] = _publication_seconds(settings)
        found["health"] = _best(lambda: _read_health(settings))
        found["alerts"] = _best(lambda: evaluate(settings))
        with connect(settings) as connection:
            row = connection.execute("select pg_database_size(current_database())").fetchone()
            found["megabytes"] = row[0] / 1e6 if row else 0
    return found


def _publication_seconds(settings: Settings) -> float:
    results = json.loads((settings.dbt_target / "run_results.json").read_bytes())["results"]
    return float(
        sum(r["execution_time"] for r in results if r["unique_id"].endswith(".publication"))
    )


def _read_health(settings: Settings) -> None:
    with connect(settings) as connection:
        read_health(connection)


def _best(work: Any, times: int = 3) -> float:
    """The shortest of some tries, in seconds."""
    seconds = []
    for _ in range(times):
        began = perf_counter()
        work()
        seconds.append(perf_counter() - began)
    return round(min(seconds), 3)


def _figures(usage: Usage) -> dict[str, float]:
    return {
        "seconds": round(usage.seconds, 2),
        "cpu": round(sum(usage.cpu.values()), 2),
        "megabytes": round(usage.peak_of_all),
    }


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
