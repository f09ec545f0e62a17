"""A year of daily runs at speed: is the twelfth month as fast as the first, and how much is kept?

    python -m benchmarks.year [--clients 100] [--campaigns 25] [--mornings 3]

Whole months are collected, judged, built and published by `meta-ads run`, one after the other, each
at the time of its end. What the mornings between would have left is added by SQL: batches, receipts
of each day that is read again for 28 days, and the rows of an earlier answer to each day, which
Meta restated. At the end of the first and of the last month some mornings are run and measured.
Then retention deletes what is old. Prints what those mornings cost in seconds and CPU seconds, the
ratios, and the size of the warehouse beside the storage that docs/operations.md states.
"""

import argparse
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from benchmarks.installation import META_ADS, Measure, clients_of, installation, run_meta_ads
from benchmarks.performance import SHOWN
from orchestration.alerting.evaluate import evaluate
from orchestration.settings import Settings
from orchestration.warehouse.connection import connect

FIRST_DAYS = [date(2025, 12, 1), *(date(2026, month, 1) for month in range(1, 12))]
LAST_DAY = date(2026, 11, 24)
"""The mornings that are measured follow on it; they lie before the present of the server."""
STATED_MB_OF_A_MONTH, STATED_MB_OF_RECEIPTS = 6.7, 8.0
"""Of a client: all layers of a month (docs/operations.md), and receipts of a year."""
BYTES_PER_MB = 1e6
MORNINGS = Path(__file__).with_name("year.sql").read_text("utf-8")

Morning = dict[str, Any]


def main() -> None:
    """Simulate, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--campaigns", type=int, default=25)
    parser.add_argument("--mornings", type=int, default=3, help="to measure in either month")
    options = parser.parse_args()
    with installation(options.clients, options.campaigns) as (settings, watched):
        first, last = simulate(options, settings, watched)
        _say(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        for name in ("seconds", "cpu"):
            ratio = median(m[name] for m in last) / median(m[name] for m in first)
            _say(f"a daily run in the twelfth month / in the first, {name}: {ratio:.2f}")
        _say_storage(settings, options.clients)


def simulate(
    options: argparse.Namespace, settings: Settings, watched: Measure
) -> tuple[list[Morning], list[Morning]]:
    """Run the year; returns the mornings that were measured in its first and its last month."""
    clients = [
        client.model_dump(include=SHOWN) | {"starts_on": FIRST_DAYS[0]}
        for client in clients_of(options.clients)
    ]
    settings.clients_file.write_text(yaml.safe_dump({"clients": clients}), "utf-8")
    measured: list[list[Morning]] = []
    for first, after in zip(FIRST_DAYS, [*FIRST_DAYS[1:], LAST_DAY], strict=True):
        with watched() as usage:
            _run_on(after)
        _leave_mornings(settings, first, after)
        _say(f"{first:%Y-%m}: collected and published in {usage.seconds:.1f} s")
        if first in (FIRST_DAYS[0], FIRST_DAYS[-1]):
            days = [after + timedelta(number + 1) for number in range(options.mornings)]
            measured.append([_measure_morning(day, settings, watched) for day in days])
    return measured[0], measured[1]


def _run_on(morning: date) -> dict[str, Any]:
    os.environ["META_ADS_NOW"] = f"{morning}T06:00:00Z"
    return run_meta_ads()


def _measure_morning(day: date, settings: Settings, watched: Measure) -> Morning:
    """A daily run, and what it costs: seconds, CPU seconds, calls and evaluating alerts."""
    with watched() as usage:
        document = _run_on(day)
    with watched() as alerts:
        evaluate(settings)
    found = {
        "seconds": round(usage.seconds, 1),
        "cpu": round(sum(usage.cpu.values()), 1),
        "calls": document["run"]["calls"],
        "stages": document["seconds"],
        "alerts": round(alerts.seconds, 2),
    }
    _say(f"  {day}: {found}")
    return found


def _leave_mornings(settings: Settings, first: date, after: date) -> None:
    """What the daily runs of a month would have left, had there been any."""
    values = {"first": first + timedelta(1), "last": after}
    with connect(settings) as connection:
        for statement in MORNINGS.strip().removesuffix(";").split(";\n"):
            connection.execute(statement.encode(), values)


def _say_storage(settings: Settings, clients: int) -> None:
    stated = clients * (len(FIRST_DAYS) * STATED_MB_OF_A_MONTH + STATED_MB_OF_RECEIPTS)
    before = _megabytes(settings)
    subprocess.run([META_ADS, "storage", "prune", "--yes"], check=True)
    with connect(settings) as connection:
        connection.autocommit = True
        connection.execute("vacuum full landing.insights")
    _say(
        f"storage: {before:,.0f} MB, {_megabytes(settings):,.0f} MB once retention has deleted "
        f"what is old and its room is given back; stated: {stated:,.0f} MB"
    )


def _megabytes(settings: Settings) -> float:
    with connect(settings) as connection:
        row = connection.execute("select pg_database_size(current_database())").fetchone()
    return float(row[0]) / BYTES_PER_MB if row else 0.0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
