"""What collecting costs, from the HTTP answers to the commits, beside a bare script in one run.

    python -m benchmarks.collection [--clients 200] [--campaigns 25] [--days 28] [--again]

A server of its own gives answers that were made beforehand, and a Postgres of its own takes them.
The bare script reads the same pages one after the other, copies their rows, and adds them up by
client. With --again the same days are collected once more, and nothing has changed. --profile
prints where the Python of the calling thread spends its time, --statements the SQL.
"""

import argparse
import cProfile
import logging
import pstats
import sys
from collections import defaultdict
from contextlib import nullcontext
from datetime import date, timedelta
from time import perf_counter
from typing import Any

import orjson
import psycopg
import requests

from benchmarks.installation import UNTIL, Measure, clients_of, installation
from benchmarks.processes import Usage
from orchestration.clients.model import Client
from orchestration.collection.collection import collect
from orchestration.meta_api.query import InsightsQuery
from orchestration.quality.suite_process import start_suite_process
from orchestration.settings import Settings
from orchestration.warehouse.connection import connect

LEVELS = ("account", "campaign")
BARE_TABLE = """
create table public.bare (
    client_id text, level text, date_day date, campaign_id text, spend numeric,
    impressions bigint, clicks bigint, actions jsonb, action_values jsonb
)
"""


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--campaigns", type=int, default=25)
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--again", action="store_true", help="once more with the same answers")
    parser.add_argument("--profile", action="store_true", help="the calling thread's Python")
    parser.add_argument("--statements", action="store_true", help="round trips and their time")
    parser.add_argument("--no-baseline", action="store_true", help="without the bare script")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    with installation(options.clients, options.campaigns) as (settings, measure):
        Measurement(settings, options, measure).run()


class Measurement:
    """The collection and the bare script, one after the other in one warehouse."""

    def __init__(self, settings: Settings, options: argparse.Namespace, measure: Measure) -> None:
        self._settings, self._options, self._measured = settings, options, measure
        self._clients = clients_of(options.clients)
        self._since = UNTIL - timedelta(days=options.days - 1)

    def run(self) -> None:
        """Measure and print."""
        bare = None
        if not self._options.no_baseline:
            with self._measured() as bare:
                rows = bare_script(self._settings, self._clients, self._since, UNTIL)
            _report(f"bare script: {rows:,} rows", rows, bare)
        start_suite_process()
        titles = ["collection", *(["nothing changed"] if self._options.again else [])]
        for title in titles:
            usage = self._collect(title)
            if bare is not None:
                _say(f"  ratio to the bare script  {usage.seconds / bare.seconds:.2f}")

    def _collect(self, title: str) -> Usage:
        profile = cProfile.Profile() if self._options.profile else None
        statements = Statements() if self._options.statements else None
        with self._measured() as usage, profile or nullcontext(), statements or nullcontext():
            collection = collect(
                self._settings, self._clients, since=self._since, until=UNTIL, run_id=title
            )
        if collection.failed or collection.days_refused:
            raise SystemExit(
                f"{len(collection.failed)} windows failed, {collection.days_refused} days refused"
            )
        windows = len(collection.outcomes)
        _report(
            f"{title}: {collection.rows:,} rows, {collection.calls:,} calls, {windows} windows, "
            f"{collection.days_changed:,} client-days changed",
            collection.rows,
            usage,
        )
        if statements is not None:
            statements.print(windows)
        if profile is not None:
            pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
            pstats.Stats(profile).sort_stats("tottime").print_stats(30)
        return usage


def bare_script(settings: Settings, clients: list[Client], since: date, until: date) -> int:
    """The least that can be done: the same pages into a table, and their sums; returns the rows."""
    rows = 0
    with connect(settings) as connection, requests.Session() as session:
        session.headers["Authorization"] = "Bearer benchmark"
        connection.execute(BARE_TABLE)
        for client in clients:
            for level in LEVELS:
                query = InsightsQuery(
                    account_id=client.ad_account_id, level=level, since=since, until=until
                )
                link = f"{settings.api_url}/v26.0/{query.edge}"
                rows += _copy_pages(session, connection, link, query.params(), client, level)
        connection.execute(
            "select client_id, date_trunc('month', date_day), sum(spend), sum(impressions) "
            "from public.bare where level = 'campaign' group by 1, 2"
        ).fetchall()
    return rows


def _copy_pages(
    session: requests.Session,
    connection: psycopg.Connection[Any],
    link: str,
    params: dict[str, str],
    client: Client,
    level: str,
) -> int:
    rows, after = 0, None
    while True:
        page = {"limit": "1000"} | ({"after": after} if after else {})
        answer = orjson.loads(session.get(link, params=params | page, timeout=60).content)
        with connection.cursor().copy("copy public.bare from stdin") as copy:
            for row in answer["data"]:
                copy.write_row(
                    (
                        client.client_id,
                        level,
                        row["date_start"],
                        row.get("campaign_id"),
                        row["spend"],
                        row["impressions"],
                        row["clicks"],
                        orjson.dumps(row["actions"]).decode(),
                        orjson.dumps(row["action_values"]).decode(),
                    )
                )
        rows += len(answer["data"])
        if "next" not in answer["paging"]:
            return rows
        after = answer["paging"]["cursors"]["after"]


class Statements:
    """Counts the statements of this process and the time until each is answered."""

    def __init__(self) -> None:
        self._spent: dict[str, list[float]] = defaultdict(lambda: [0, 0.0])
        self._originals = {
            name: getattr(psycopg.Cursor, name) for name in ("execute", "executemany")
        }

    def __enter__(self) -> None:
        """Begin to count."""
        spent = self._spent
        for name, original in self._originals.items():

            def counted(
                cursor: Any, query: Any, *args: Any, _original: Any = original, **options: Any
            ) -> Any:
                began = perf_counter()
                try:
                    return _original(cursor, query, *args, **options)
                finally:
                    text = query.decode() if isinstance(query, bytes) else str(query)
                    entry = spent[" ".join(text.split())[:90]]
                    entry[0] += 1
                    entry[1] += perf_counter() - began

            setattr(psycopg.Cursor, name, counted)

    def __exit__(self, *_: object) -> None:
        """End."""
        for name, original in self._originals.items():
            setattr(psycopg.Cursor, name, original)

    def print(self, windows: int) -> None:
        """Print what took longest."""
        ordered = sorted(self._spent.items(), key=lambda item: -item[1][1])
        calls = sum(count for count, _ in self._spent.values())
        seconds = sum(taken for _, taken in self._spent.values())
        _say(f"  {calls / windows:.1f} statements a window, {seconds:.2f} s in all")
        for text, (count, taken) in ordered[:32]:
            _say(f"  {count:8.0f}  {taken:7.2f} s  {text}")


def _report(title: str, rows: int, usage: Usage) -> None:
    _say(title)
    cpu = ", ".join(f"{name} {seconds:.1f}" for name, seconds in usage.cpu.items())
    peak = ", ".join(f"{name} {megabytes:.0f}" for name, megabytes in usage.peak.items())
    _say(f"  wall                      {usage.seconds:.1f} s, {rows / usage.seconds:,.0f} rows/s")
    _say(f"  CPU                       {sum(usage.cpu.values()):.1f} s ({cpu})")
    _say(f"  peak memory               {usage.peak_of_all:.0f} MB ({peak})")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
