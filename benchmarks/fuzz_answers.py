"""Odd answers of Meta on their whole way: HTTP, reading, verdict, staging.

    python -m benchmarks.fuzz_answers [--answers 10000] [--seed 1]

Every fifth client is answered honestly, the others with something odd in one of their answers: see
`benchmarks.odd_answers`. Prints what became of them. Ends with 1 if an honest client was not kept
as it is, or a client ended without a verdict and without a failure of its own.
"""

import argparse
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import perf_counter
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from benchmarks.odd_answers import encoded, honest_facts, honest_rows, page, spoiled
from orchestration.clients.model import Client
from orchestration.collection.collection import collect
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, connect
from orchestration.warehouse.migrations import migrate

NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)
DAYS = (date(2026, 11, 13), date(2026, 11, 14))
HONEST_EACH = 5
AT_ONCE = 500
"""Clients of one collection."""


@dataclass(frozen=True)
class Bodies:
    """What the odd server answers; of each odd account one answer is odd, by its number."""

    seed: int

    def of(self, path: str, query: dict[str, list[str]]) -> tuple[int, bytes]:
        """HTTP status and body of a call."""
        node, _, edge = path.partition("/")
        account = node.removeprefix("act_")
        if not account.isdecimal():
            return 200, encoded({"id": "1"} if path == "me" else page([]))
        level = query.get("level", ["campaign"])[0]
        kind = level if edge == "insights" else edge or "facts"
        body = self._honest(account, kind, query)
        chance = random.Random(f"{self.seed} {account}")
        if int(account) % HONEST_EACH and kind == chance.choice(("account", *["campaign"] * 3)):
            return spoiled(chance, body)
        if int(account) % HONEST_EACH and kind == "facts" and chance.random() < 0.08:
            return spoiled(chance, body)
        return 200, encoded(body)

    def _honest(self, account: str, kind: str, query: dict[str, list[str]]) -> Any:
        if kind == "facts":
            return honest_facts(account)
        if kind in ("account", "campaign", "adset", "ad"):
            time_range = orjson.loads(query.get("time_range", ["{}"])[0])
            first, last = (time_range.get(name, "") for name in ("since", "until"))
            days = [day for day in DAYS if first <= str(day) <= last]
            return page(honest_rows(account, kind, days))
        return page([])


@contextmanager
def odd_server(seed: int) -> Iterator[str]:
    """The URL of a server that answers so, while it is served."""
    bodies = Bodies(seed)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Else each answer waits for the acknowledgement of its head.
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            self._answer(*bodies.of(url.path.split("/", 2)[2], parse_qs(url.query)))

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._answer(400, encoded({"error": {"code": 100, "message": "no reports here"}}))

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if status != 204:
                self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Tally:
    """What became of clients, by kind; `wrong` are those that ended as none may."""

    ended: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def fuzz(settings: Settings, numbers: Sequence[int], tally: Tally) -> None:
    """Collect two days of the clients with these numbers from the odd server."""
    clients = [
        Client.model_validate({"client_id": f"c{n}", "name": f"C{n}", "ad_account_id": f"act_{n}"})
        for n in numbers
    ]
    collection = collect(
        settings, clients, since=DAYS[0], until=DAYS[-1], run_id="fuzz", must_answer=False
    )
    outcomes = {outcome.window.client_id: outcome for outcome in collection.outcomes}
    with connect(settings) as connection:
        stands = _standing(connection, [client.client_id for client in clients])
        failures = _failures(connection, [client.client_id for client in clients])
    for number, client in zip(numbers, clients, strict=True):
        outcome = outcomes.get(client.client_id)
        name = client.client_id
        if outcome is None or (outcome.error is None) == (outcome.promotion is None):
            tally.wrong.append(f"{name}: no verdict and no failure")
        elif outcome.error is not None:
            kind, text = type(outcome.error).__name__, str(outcome.error)
            tally.ended[f"failed: {kind}"] += 1
            tally.reasons[f"{kind}: {text.replace(str(number), 'N')[:70]}"] += 1
            if "not asked" in text or name not in failures:
                tally.wrong.append(f"{name}: {text}")
        elif outcome.promotion is not None:
            tally.ended["refused" if outcome.promotion.refused else "kept"] += 1
        # A client that is answered as it should be stands as it is, whatever the others do.
        if number % HONEST_EACH == 0 and stands.get(name) != (2, 4, 50, 3200):
            tally.wrong.append(f"{name} was answered honestly and stands as {stands.get(name)}")


def _standing(connection: Connection, names: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """By client the days, rows, spend and impressions that stand."""
    rows = connection.execute(
        "select client_id, count(distinct date_day), count(*), sum(spend), sum(impressions) "
        "from staging.insights where client_id = any(%s) group by client_id",
        [list(names)],
    )
    return {row[0]: tuple(map(int, row[1:])) for row in rows}


def _failures(connection: Connection, names: Sequence[str]) -> set[str]:
    rows = connection.execute(
        "select client_id from ops.failed_collections where reason <> '' and client_id = any(%s)",
        [list(names)],
    )
    return {row[0] for row in rows}


def settings_for(settings: Settings, url: str) -> Settings:
    """Settings under which nothing is waited for."""
    changes: dict[str, Any] = {"api_url": url, "now_override": NOW, "retry_delays": ()}
    return settings.model_copy(
        update=changes | {"wait_budget_seconds": 0.0, "concurrency": 16, "call_budget": 60}
    )


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--answers", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="meta-ads-bench-") as folder:
        Path(folder).chmod(0o755)
        os.environ |= {"META_ADS_HOME": folder, "META_ADS_SYSTEM_DATA": f"{folder}/system"}
        from orchestration.warehouse.embedded.server import EmbeddedServer

        try:
            migrate(Settings())
            with odd_server(options.seed) as url:
                sys.exit(_run(settings_for(Settings(), url), options.answers))
        finally:
            EmbeddedServer(Path(folder), Path(folder) / "system").remove_data()


def _run(settings: Settings, answers: int) -> int:
    began, tally = perf_counter(), Tally()
    whole = answers * HONEST_EACH // (HONEST_EACH - 1)
    for first in range(1, whole + 1, AT_ONCE):
        fuzz(settings, range(first, min(first + AT_ONCE, whole + 1)), tally)
    took = timedelta(seconds=round(perf_counter() - began))
    lines = [
        f"{answers:,} odd answers, {whole:,} clients, {took}",
        *(f"  {count:>6,} {kind}" for kind, count in tally.ended.most_common()),
        "The most frequent failures:",
        *(f"  {count:>6,} {reason!a}" for reason, count in tally.reasons.most_common(25)),
        f"Wrong: {len(tally.wrong)}",
        *(f"  {line[:300]!a}" for line in tally.wrong[:20]),
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    main()
