"""How long `meta-ads up` takes: until its pages answer, and from an owed day to its build.

    python -m benchmarks.daemon [--clients 16] [--rounds 3]

Clients are collected and published by `meta-ads run`; then `meta-ads up` is started. A day of one
client is forgotten, as if it had just become due, and the ledger and Dagster's records are watched
until its month is built; what comes is what was published before. The baseline is `meta-ads run`
for the same day, by hand: what the daemon adds is the wait for its sensor and the start of the run.
The hourly refresh is asked for as Dagster's page does it, and measured from there to its end.
"""

import argparse
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from typing import Any

import requests
import yaml

from benchmarks.installation import UNTIL, clients_of, installation
from benchmarks.performance import SHOWN
from orchestration.settings import Settings
from orchestration.warehouse.connection import connect

META_ADS = str(Path(sys.executable).with_name("meta-ads"))
CLIENT = "client_0"
FORGET = (
    "delete from ops.slice_state where client_id = %(client)s and date_day = %(day)s",
    "delete from staging.insights where client_id = %(client)s and date_day = %(day)s",
    "delete from staging.conversions where client_id = %(client)s and date_day = %(day)s",
    "delete from staging.control_totals where client_id = %(client)s and date_day = %(day)s",
)
RUNS = "select count(*) from dagster_records.runs where pipeline_name = 'daily_refresh'"
STAGES = {
    "a run is asked for": RUNS,
    "it has begun to work": RUNS + " and start_time is not null",
    "the day is stored": "select count(*) from ops.receipts where state = 'received'",
    "its month is built": "select count(*) from ops.builds where finished_at is not null",
}
REFRESHED = (
    "select count(*) from dagster_records.runs "
    "where pipeline_name = 'refresh_current_month' and status = 'SUCCESS'"
)
LAUNCH = """
mutation { launchRun(executionParams: { selector: {
    repositoryLocationName: "orchestration.definitions", repositoryName: "__repository__",
    jobName: "refresh_current_month" } }) { __typename } }
"""
LONGEST_SECONDS = 600.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with installation(options.clients, 25) as (settings, _):
        clients = [client.model_dump(include=SHOWN) for client in clients_of(options.clients)]
        settings.clients_file.write_text(yaml.safe_dump({"clients": clients}), "utf-8")
        # The second run finds no day that became due meanwhile.
        for _ in range(2):
            _run()
        forget(settings)
        by_hand = _timed(_run)
        _say(f"{'by hand: meta-ads run':32}{by_hand:8.1f} s")
        with up() as pages:
            for page, seconds in pages.items():
                _say(f"{page + ' answers':32}{seconds:8.1f} s")
            rounds = [one_day(settings) for _ in range(options.rounds)]
            for stage in STAGES:
                _say(f"{stage:32}{median(r[stage] for r in rounds):8.1f} s")
            total = median(r["its month is built"] for r in rounds)
            _say(f"{'from owed to built / by hand':32}{total / by_hand:8.1f}")
            _say(f"{'the hourly refresh':32}{refresh(settings, pages.dagster):8.1f} s")


def forget(settings: Settings) -> None:
    """The latest day of a client becomes one that was never collected."""
    with connect(settings) as connection:
        for statement in FORGET:
            connection.execute(statement, {"client": CLIENT, "day": UNTIL})


def one_day(settings: Settings) -> dict[str, float]:
    """Seconds from an owed day to each stage."""
    with connect(settings, autocommit=True) as connection:

        def count(query: str) -> int:
            row = connection.execute(query).fetchone()
            return int(row[0]) if row else 0

        before = {stage: count(query) for stage, query in STAGES.items()}
        forget(settings)
        began, seconds = perf_counter(), {}
        for stage, query in STAGES.items():
            _wait(partial(_is_more, count, query, before[stage]))
            seconds[stage] = perf_counter() - began
    return seconds


def refresh(settings: Settings, dagster: str) -> float:
    """Seconds of a refresh of the running month, started as from Dagster's page."""
    with connect(settings, autocommit=True) as connection:

        def done() -> bool:
            row = connection.execute(REFRESHED).fetchone()
            return bool(row and row[0])

        def ask() -> None:
            answer = requests.post(f"{dagster}/graphql", json={"query": LAUNCH}, timeout=60)
            assert "LaunchRunSuccess" in answer.text, answer.text
            _wait(done)

        return _timed(ask)


class Pages(dict[str, float]):
    """Seconds until each page answered; `dagster` is the address of Dagster's."""

    dagster = ""


@contextmanager
def up() -> Iterator[Pages]:
    """`meta-ads up`, with the seconds until its pages answer."""
    ports = _free_port(), _free_port()
    command = [META_ADS, "up", "--port", str(ports[0]), "--health-port", str(ports[1])]
    began = perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    pages = Pages()
    pages.dagster = f"http://127.0.0.1:{ports[0]}"
    addresses = {
        "the dashboard": f"http://127.0.0.1:{ports[1]}/admin/monitoring",
        "Dagster's page": f"{pages.dagster}/server_info",
    }
    try:
        for name, address in addresses.items():
            _wait(partial(_answers, address))
            pages[name] = perf_counter() - began
        yield pages
    finally:
        process.terminate()
        process.wait()


def _run() -> None:
    subprocess.run([META_ADS, "run", "--json"], stdout=subprocess.DEVNULL, check=False)


def _timed(work: Callable[[], Any]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def _wait(condition: Callable[[], bool]) -> None:
    deadline = perf_counter() + LONGEST_SECONDS
    while not condition():
        if perf_counter() > deadline:
            raise SystemExit("It did not happen within ten minutes.")
        sleep(0.05)


def _is_more(count: Callable[[str], int], query: str, before: int) -> bool:
    return count(query) > before


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=5).status_code == 200
    except requests.RequestException:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
