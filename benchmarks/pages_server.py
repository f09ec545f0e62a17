"""A cheap Insights API for benchmarks, in a process of its own: every row is made beforehand.

Accounts share a few sets of rows for some days, in which only the account's id and the day are
replaced. So the server costs little beside what is measured.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

FIRST_ACCOUNT = 1_000_000
SETS = 16
"""Different sets of rows."""
CYCLE_DAYS = 61
"""After so many days the numbers of an account begin again; no multiple of a week."""
ACCOUNT, DAY = b"#account#", b"#day#"
PAGE_ROWS = 1_000
DELIVERED = 0.816
"""The share of campaigns that deliver on a day: 25 campaigns have 594 rows in 28 days."""
PURCHASES = ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase")
ACTION_TYPES = ("link_click", "landing_page_view", "post_engagement", "video_view", *PURCHASES)
COUNTS = ("impressions", "reach", "clicks", "inline_link_clicks")

Row = dict[str, Any]
Days = dict[str, list[list[bytes]]]
"""By level, the rows of each day of the cycle."""


@contextmanager
def serving(
    clients: int, campaigns: int, latency_milliseconds: int = 0
) -> Iterator[tuple[str, int]]:
    """The address of a server with so many accounts, and its process id."""
    numbers = (clients, campaigns, latency_milliseconds)
    command = [sys.executable, "-m", __name__, *map(str, numbers)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().decode().strip(), process.pid
        finally:
            process.kill()


def made_days(number: int, campaigns: int) -> Days:
    """One of the sets: the rows of each level, as Meta writes them."""
    days: Days = {"account": [], "campaign": []}
    for day in range(CYCLE_DAYS):
        rows = [_row(day, place, number) for place in _delivered(day, number, campaigns)]
        days["campaign"].append([orjson.dumps(row) for row in rows])
        days["account"].append([orjson.dumps(_total(rows))])
    return days


def _page(days: list[list[bytes]], since: date, until: date, number: int) -> bytes:
    """A page of the rows of some days, with the link to the next one."""
    first, rows = number * PAGE_ROWS, list[bytes]()
    seen = 0
    for ordinal in range(since.toordinal(), until.toordinal() + 1):
        of_day = days[ordinal % CYCLE_DAYS]
        if seen + len(of_day) > first and len(rows) <= PAGE_ROWS:
            day = str(date.fromordinal(ordinal)).encode()
            rows += [row.replace(DAY, day) for row in of_day[max(0, first - seen) :]]
        seen += len(of_day)
    paging: Row = {"cursors": {"before": str(number), "after": str(number + 1)}}
    if len(rows) > PAGE_ROWS:
        paging["next"] = f"https://graph.facebook.com/insights?after={number + 1}"
    return b'{"data":[%s],"paging":%s}' % (b",".join(rows[:PAGE_ROWS]), orjson.dumps(paging))


def _delivered(day: int, number: int, campaigns: int) -> list[int]:
    return [
        place
        for place in range(campaigns)
        if (day * 31 + place * 7919 + number * 104_729) % 1000 < DELIVERED * 1000
    ]


def _row(day: int, place: int, number: int) -> Row:
    noise = (day * 7919 + place * 104_729 + number * 31) % 997
    windows = {"1d_click": "1", "7d_click": "2", "28d_click": "2", "1d_view": "1"}
    return (
        {"campaign_id": f"1202{number:03d}{place:06d}", "campaign_name": f"Campaign {place} | Sale"}
        | _base()
        | {
            "spend": f"{20 + noise % 40}.{noise % 100:02d}",
            "impressions": str(3000 + noise),
            "reach": str(2000 + noise // 2),
            "clicks": str(60 + noise % 30),
            "inline_link_clicks": str(40 + noise % 20),
            "actions": [
                {"action_type": name, "value": str(3 + noise % 3)} | windows
                for name in ACTION_TYPES
            ],
            "action_values": [
                {"action_type": name, "value": f"{90 + noise % 9}.5", "7d_click": "60.25"}
                for name in PURCHASES
            ],
        }
    )


def _base() -> Row:
    return {
        "account_id": ACCOUNT.decode(),
        "account_currency": "EUR",
        "date_start": DAY.decode(),
        "date_stop": DAY.decode(),
    }


def _total(rows: list[Row]) -> Row:
    def summed(name: str) -> list[Row]:
        entries: dict[str, Decimal] = {}
        for row in rows:
            for entry in row[name]:
                kind = entry["action_type"]
                entries[kind] = entries.get(kind, Decimal(0)) + Decimal(entry["value"])
        return [{"action_type": kind, "value": str(value)} for kind, value in entries.items()]

    return (
        _base()
        | {name: str(sum(int(row[name]) for row in rows)) for name in COUNTS}
        | {"spend": str(sum(Decimal(row["spend"]) for row in rows))}
        | {name: summed(name) for name in ("actions", "action_values")}
    )


def _account(number: int) -> Row:
    return {
        "account_id": str(FIRST_ACCOUNT + number),
        "name": f"Client {number}",
        "currency": "EUR",
        "timezone_name": "Europe/Berlin",
        "account_status": 1,
        "id": f"act_{FIRST_ACCOUNT + number}",
    }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, accounts: bytes, sets: list[Days], latency: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.accounts, self.sets, self.latency = accounts, sets, latency


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body in one packet, else Nagle's algorithm keeps the body back for 40 ms.
    wbufsize = 1 << 21
    server: _Server

    def do_GET(self) -> None:
        sleep(self.server.latency)
        url = urlsplit(self.path)
        params = parse_qs(url.query)
        if url.path.endswith("/me/adaccounts"):
            self._answer(self.server.accounts)
            return
        if url.path.endswith("/campaigns"):
            self._answer(b'{"data":[]}')
            return
        account = url.path.split("/")[2].removeprefix("act_")
        days = self.server.sets[int(account) % len(self.server.sets)][params["level"][0]]
        asked = orjson.loads(params["time_range"][0])
        since, until = (date.fromisoformat(asked[name]) for name in ("since", "until"))
        page = _page(days, since, until, int(params.get("after", ["0"])[0]))
        self._answer(page.replace(ACCOUNT, account.encode()))

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _serve(clients: int, campaigns: int, latency: int) -> None:
    accounts = orjson.dumps({"data": [_account(number) for number in range(clients)]})
    sets = [made_days(number, campaigns) for number in range(min(SETS, clients))]
    server = _Server(accounts, sets, latency / 1000)
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    _parser = argparse.ArgumentParser(description=__doc__)
    for _name in ("clients", "campaigns", "latency"):
        _parser.add_argument(_name, type=int)
    _serve(**vars(_parser.parse_args()))
