"""What the gate costs beside ingest, and both beside a bare COPY of the same rows, in one run.

    python -m benchmarks.gate [--rows 100000] [--window 5000]

Pages are made in memory, as the API sends them, and a real Postgres of its own takes their rows.
Ingest is reading the pages' JSON, landing and promotion. Importing Great Expectations is printed
apart, as are making the pages, which stands for the server, and the peak of memory.
"""

import argparse
import os
import resource
import sys
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import Any

import orjson

from orchestration.clients import Client
from orchestration.collection.collect import GROUP_ROWS, GROUP_WINDOWS
from orchestration.meta_api.insights import PAGE_ROWS
from orchestration.quality.answer import Account, Answer, Row, Window
from orchestration.quality.gate import judge
from orchestration.quality.verdict import Verdict
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, connect
from orchestration.warehouse.history import load_history
from orchestration.warehouse.landing import Cost, land
from orchestration.warehouse.ledger import open_batch, sync_clients
from orchestration.warehouse.migrations import migrate
from orchestration.warehouse.promotion import promote

UNTIL = date(2026, 10, 31)
LEVELS = ("account", "campaign")
PURCHASES = ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase")
ACTION_TYPES = ("link_click", "landing_page_view", "post_engagement", "video_view", *PURCHASES)
KB_PER_MB = 1 << 10


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--window", type=int, default=5_000, help="rows of one client and month")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="meta-ads-bench-") as folder:
        Path(folder).chmod(0o755)
        os.environ |= {"META_ADS_HOME": folder, "META_ADS_SYSTEM_DATA": f"{folder}/system"}
        from orchestration.warehouse.server import EmbeddedServer

        settings = Settings()
        try:
            migrate(settings)
            _measure(settings, options.rows, options.window)
        finally:
            EmbeddedServer(settings.home, settings.system_data).remove_data()


def _measure(settings: Settings, rows: int, window: int) -> None:
    windows = max(1, rows // window)
    group = max(1, min(GROUP_WINDOWS, -(-GROUP_ROWS // window)))
    with connect(settings, autocommit=True) as connection:
        imports, _ = _timed(lambda: judge([_answer(0, 100, 0)]))
        made = copied = gate = ingest = 0.0
        total = 0
        connection.execute("create table ops.bare (client_id text, level text, payload jsonb)")
        for first in range(0, windows, group):
            numbers = range(first, min(first + group, windows))
            seconds, pages = _timed(lambda ns=numbers: [_pages(n, window) for n in ns])
            made += seconds
            seconds, answers = _timed(lambda some=pages: [_read(*answer) for answer in some])
            ingest += seconds
            del pages
            for answer in answers:
                answer.batch_id = _open(connection, answer)
                copied += _timed(lambda a=answer: _bare_copy(connection, a))[0]
            seconds, verdicts = _timed(lambda some=answers: _judged(connection, some))
            gate += seconds
            for answer, verdict in zip(answers, verdicts, strict=True):
                ingest += _timed(lambda a=answer, v=verdict: _keep(connection, a, v))[0]
                total += answer.row_count
            del answers, answer, verdicts
    _say(f"{total:,} rows in {windows} windows of one client and month each")
    _say(f"  Great Expectations' import      {imports:.1f} s (not counted below)")
    _say(f"  making the pages                {made:.1f} s (not counted below)")
    _say(f"  bare COPY of the raw rows       {copied:.2f} s  {total / copied:,.0f} rows/s")
    _say(f"  ingest: pages to staging        {ingest:.2f} s  {total / ingest:,.0f} rows/s")
    _say(f"  gate                            {gate:.2f} s  {total / gate:,.0f} rows/s")
    _say(f"  gate / ingest                   {gate / ingest:.2f}")
    _say(f"  gate and ingest / bare COPY     {(gate + ingest) / copied:.1f}")
    _say(f"  pages to staging with the gate  {total / (gate + ingest):,.0f} rows/s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KB_PER_MB
    _say(f"  peak memory                     {peak:,.0f} MB")


def _answer(number: int, size: int, batch_id: int) -> Answer:
    """A client's month of campaigns and its control totals, as Meta writes them."""
    days = [UNTIL - timedelta(days=n) for n in reversed(range(UNTIL.day))]
    campaigns = [
        _row(day, place, number) for day in days for place in range(max(1, size // len(days)))
    ]
    totals = [_total(day, [r for r in campaigns if r["date_start"] == str(day)]) for day in days]
    return Answer(
        Window(f"client_{number}", days[0], UNTIL),
        Account("1", "EUR", UNTIL + timedelta(days=30), UNTIL + timedelta(days=30)),
        batch_id,
        {"account": totals, "campaign": campaigns},
    )


def _pages(number: int, size: int) -> tuple[Answer, dict[str, list[bytes]]]:
    """An answer without its rows, and the pages that hold them, by level."""
    answer = _answer(number, size, 0)
    pages = {
        level: [
            orjson.dumps({"data": rows[first : first + PAGE_ROWS]})
            for first in range(0, len(rows), PAGE_ROWS)
        ]
        for level, rows in answer.rows.items()
    }
    answer.rows = {}
    return answer, pages


def _read(answer: Answer, pages: dict[str, list[bytes]]) -> Answer:
    answer.rows = {
        level: [row for page in some for row in orjson.loads(page)["data"]]
        for level, some in pages.items()
    }
    return answer


def _row(day: date, place: int, number: int) -> Row:
    noise = (day.toordinal() * 7919 + place * 104_729 + number * 31) % 997
    return _base(day) | {
        "campaign_id": f"1202{place:06d}",
        "campaign_name": f"Campaign {place}",
        "spend": f"{20 + noise % 40}.{noise % 100:02d}",
        "impressions": str(3000 + noise),
        "reach": str(2000 + noise // 2),
        "clicks": str(60 + noise % 30),
        "inline_link_clicks": str(40 + noise % 20),
        "actions": [
            {"action_type": name, "value": "3", "1d_click": "1", "7d_click": "2", "1d_view": "1"}
            for name in ACTION_TYPES
        ],
        "action_values": [
            {"action_type": name, "value": f"{90 + noise % 9}.5", "7d_click": "60.25"}
            for name in PURCHASES
        ],
    }


def _base(day: date) -> Row:
    return {
        "account_id": "1",
        "account_currency": "EUR",
        "date_start": str(day),
        "date_stop": str(day),
    }


def _total(day: date, rows: Sequence[Row]) -> Row:
    names = ("impressions", "reach", "clicks", "inline_link_clicks")
    return (
        _base(day)
        | {name: str(sum(int(row[name]) for row in rows)) for name in names}
        | {"spend": str(sum(Decimal(row["spend"]) for row in rows))}
        | {"actions": [{"action_type": t, "value": str(3 * len(rows))} for t in ACTION_TYPES]}
    )


def _open(connection: Connection, answer: Answer) -> int:
    """The client and its batch in the ledger."""
    window = answer.window
    client = Client(
        client_id=window.client_id, name="C", ad_account_id=f"act_{window.client_id[7:]}"
    )
    with connection.transaction():
        sync_clients(connection, [client])
        about = {"run_id": "benchmark", "api_version": "v26.0"}
        return open_batch(connection, client.client_id, window.days, LEVELS, about)


def _bare_copy(connection: Connection, answer: Answer) -> None:
    rows = [(level, row) for level in LEVELS for row in answer.rows[level]]
    with (
        connection.cursor() as cursor,
        cursor.copy("copy ops.bare (client_id, level, payload) from stdin") as copy,
    ):
        for level, row in rows:
            copy.write_row((answer.window.client_id, level, orjson.dumps(row).decode()))


def _judged(connection: Connection, answers: Sequence[Answer]) -> list[Verdict]:
    for answer in answers:
        window = answer.window
        answer.history = load_history(connection, window.client_id, window.since, window.until)
    return judge(answers)


def _keep(connection: Connection, answer: Answer, verdict: Verdict) -> None:
    """Landing and promotion, as the collection does it."""
    client_id = answer.window.client_id
    with connection.transaction():
        land(connection, answer.batch_id, client_id, answer.rows, Cost(), answer.account.due_day)
        promote(
            connection,
            client_id=client_id,
            batch_id=answer.batch_id,
            read_for=answer.account.due_day,
            rows=answer.rows,
            accepted=verdict.accepted_days,
            refused=sorted(verdict.refused_days),
            refusals=[],
            figures=verdict.figures,
        )


def _timed(work: Any) -> tuple[float, Any]:
    began = perf_counter()
    result = work()
    return perf_counter() - began, result


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main()
