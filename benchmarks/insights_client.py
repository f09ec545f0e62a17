"""The Insights client against a bare requests + orjson loop over the same pages of a sandbox.

    python -m benchmarks.insights_client [--million]

Prints calls, rows a second and the ratio to the bare loop, read one account after the other so
that both do the same; then how long the collection's way takes, with accounts read at once. With
--million rows of ads are streamed until a million have passed, for the peak of memory.
"""

import argparse
import resource
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from time import perf_counter
from typing import Any

import orjson
import requests
from pydantic import SecretStr

from orchestration.meta_api.client import InsightsClient
from orchestration.meta_api.insights import PAGE_ROWS
from orchestration.meta_api.query import InsightsQuery
from orchestration.meta_api.throttling.traffic import Traffic
from orchestration.sandbox.process import SandboxProcess

NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)
UNTIL = date(2026, 11, 14)
SINCE = UNTIL - timedelta(days=30)
LEVELS = ("account", "campaign")
ROUNDS = 3
MILLION = 1_000_000
BYTES_PER_MB = 1 << 20
KB_PER_MB = 1 << 10


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--million", action="store_true", help="also stream a million rows")
    options = parser.parse_args()
    with SandboxProcess(now=NOW) as sandbox:
        accounts = [
            account["id"]
            for account in requests.get(f"{sandbox.url}/sandbox/accounts", timeout=60).json()[
                "accounts"
            ]
        ]
        _compare(sandbox.url, accounts)
        _together(sandbox.url, accounts)
        if options.million:
            _stream(sandbox.url, accounts)


def _compare(url: str, accounts: list[str]) -> None:
    list(_bare(url, accounts))  # warms the sandbox
    bare = min(_seconds(lambda: sum(map(len, _bare(url, accounts)))) for _ in range(ROUNDS))
    ours = min(_seconds(lambda: sum(map(len, _ours(url, accounts)))) for _ in range(ROUNDS))
    client = _client(url)
    rows = sum(map(len, _ours(url, accounts, client)))
    list(client.accounts())
    _say(f"{len(accounts)} accounts, {SINCE}..{UNTIL}, campaign level and control totals")
    _say(f"  calls, account facts included     {client.calls}")
    _say(f"  rows                              {rows}")
    _say(f"  bare requests + orjson            {rows / bare:,.0f} rows/s")
    _say(f"  this client                       {rows / ours:,.0f} rows/s")
    _say(f"  ratio of time, client to bare     {ours / bare:.2f}")


def _together(url: str, accounts: list[str]) -> None:
    traffic, own = Traffic(), threading.local()

    def read(account: str) -> int:
        if not hasattr(own, "client"):
            own.client = _client(url, traffic)
        return sum(map(len, _ours(url, [account], own.client)))

    def all_at_once() -> int:
        with ThreadPoolExecutor(4) as pool:
            return sum(pool.map(read, accounts))

    single = min(_seconds(lambda: sum(map(len, _ours(url, accounts)))) for _ in range(ROUNDS))
    parallel = min(_seconds(all_at_once) for _ in range(ROUNDS))
    _say(f"  ratio of time, 4 at once to 1     {parallel / single:.2f} (the sandbox has one core)")


def _stream(url: str, accounts: list[str]) -> None:
    before = _peak_mb()
    client, rows, began = _client(url, Traffic(calls=MILLION)), 0, perf_counter()
    for account in cycle(accounts):
        for page in client.insights(account, "ad", date(2025, 9, 1), UNTIL):
            rows += len(page)
        if rows >= MILLION:
            break
    seconds = perf_counter() - began
    _say(f"{rows} rows of ads streamed")
    _say(f"  rows/s, sandbox included          {rows / seconds:,.0f}")
    _say(f"  peak memory                       {_peak_mb():.0f} MB ({before:.0f} MB before)")


def _client(url: str, traffic: Traffic | None = None) -> InsightsClient:
    return InsightsClient(url, "v26.0", SecretStr("benchmark"), traffic=traffic or Traffic())


def _ours(
    url: str, accounts: list[str], client: InsightsClient | None = None
) -> Iterator[list[dict[str, Any]]]:
    client = client or _client(url)
    for account in accounts:
        for level in LEVELS:
            yield from client.insights(account, level, SINCE, UNTIL)


def _bare(url: str, accounts: list[str]) -> Iterator[list[dict[str, Any]]]:
    """The least that can be done: the same calls without any care."""
    with requests.Session() as session:
        session.headers["Authorization"] = "Bearer benchmark"
        for account in accounts:
            for level in LEVELS:
                params = InsightsQuery(
                    account_id=account, level=level, since=SINCE, until=UNTIL
                ).params()
                link: str | None = f"{url}/v26.0/{account}/insights"
                query: dict[str, str] | None = params | {"limit": str(PAGE_ROWS)}
                while link:
                    page = orjson.loads(session.get(link, params=query, timeout=60).content)
                    yield page["data"]
                    link, query = page.get("paging", {}).get("next"), None


def _seconds(work: Any) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KB_PER_MB


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
