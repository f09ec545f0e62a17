"""What the gate costs beside ingest, and both beside a bare COPY of the same rows, in one run.

    python -m benchmarks.gate [--rows 100000] [--window 5000]

Pages are made in memory, as the API sends them, and a real Postgres of its own takes their rows:
once as days that are new, and once more with late conversions in every row, as days that stand.
Ingest is reading the pages' JSON, landing and promotion. The gate is what judges them, with reading
the client's past and what stands. Importing Great Expectations is printed
apart, as are making the pages, which stands for the server, and the peak of memory.
"""

import argparse
import os
import resource
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter

import orjson

from benchmarks.pages_server import ACTION_TYPES, PURCHASES
from orchestration.answers.families import event_types
from orchestration.answers.results import Row, with_all_results
from orchestration.answers.window import Window
from orchestration.clients.model import Client
from orchestration.collection.settling.keeping import keep
from orchestration.collection.settling.settling import GROUP_ROWS, GROUP_WINDOWS
from orchestration.meta_api.insights import PAGE_ROWS
from orchestration.quality.answer import Account, Answer
from orchestration.quality.gate import judge
from orchestration.quality.verdict import Verdict
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, connect
from orchestration.warehouse.intake.batches import open_batch
from orchestration.warehouse.intake.landing import Cost
from orchestration.warehouse.intake.readings import load_histories
from orchestration.warehouse.intake.standing import Answered, load_standing
from orchestration.warehouse.ledger.clients import sync_clients
from orchestration.warehouse.migrations import migrate

UNTIL = date(2026, 10, 31)
LEVELS = ("account", "campaign")
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
        from orchestration.warehouse.embedded.server import EmbeddedServer

        settings = Settings()
        try:
            migrate(settings)
            _measure(settings, options.rows, options.window)
        finally:
            EmbeddedServer(settings.home, settings.system_data).remove_data()


@dataclass(kw_only=True)
class Seconds:
    """Where the time went."""

    imports: float = 0.0
    pages: float = 0.0
    bare: float = 0.0
    ingest: float = 0.0
    gate: float = 0.0


def _measure(settings: Settings, rows: int, window: int) -> None:
    windows = max(1, rows // window)
    group = max(1, min(GROUP_WINDOWS, -(-GROUP_ROWS // window)))
    imports = Seconds()
    with connect(settings, autocommit=True) as connection:
        with _timed(imports, "imports"):
            judge([_answer_of(_pages(0, 100, 0))])
        _say(f"Great Expectations' import {imports.imports:.1f} s (not counted below)")
        connection.execute("create table ops.bare (client_id text, level text, payload jsonb)")
        for reading, title in enumerate(("new days", "the same days with late conversions")):
            spent, total = Seconds(), 0
            for first in range(0, windows, group):
                numbers = range(first, min(first + group, windows))
                total += _round(connection, numbers, window, reading, spent)
            connection.execute("analyze staging.insights, staging.conversions, ops.slice_state")
            _report(
                f"{total:,} rows in {windows} windows of one client and month: {title}",
                total,
                spent,
            )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KB_PER_MB
    _say(f"peak memory {peak:,.0f} MB")


def _round(
    connection: Connection, numbers: Sequence[int], window: int, reading: int, spent: Seconds
) -> int:
    """Read, judge and keep a group of windows; returns its rows."""
    answers = []
    for number in numbers:
        with _timed(spent, "pages"):
            pages = _pages(number, window, reading)
        answers.append(_read(connection, number, pages, spent))
    with _timed(spent, "gate"):
        verdicts = _judged(connection, answers)
    refused = sum(len(verdict.refused_days) for verdict in verdicts)
    if refused:
        raise SystemExit(f"{refused} client-days of undisturbed data were refused")
    with _timed(spent, "ingest"):
        for answer, verdict in zip(answers, verdicts, strict=True):
            with connection.transaction():
                keep(connection, answer, verdict, Cost())
    return sum(answer.row_count for answer in answers)


def _report(title: str, total: int, spent: Seconds) -> None:
    gate_and_ingest = spent.gate + spent.ingest
    _say(title)
    _say(f"  making the pages                {spent.pages:.1f} s (not counted below)")
    for name, seconds in (
        ("bare COPY of the raw rows", spent.bare),
        ("ingest: pages to staging", spent.ingest),
        ("gate", spent.gate),
        ("pages to staging with the gate", gate_and_ingest),
    ):
        _say(f"  {name:30}  {seconds:.2f} s  {total / seconds:,.0f} rows/s")
    _say(f"  gate / ingest                   {spent.gate / spent.ingest:.2f}")
    _say(f"  gate and ingest / bare COPY     {gate_and_ingest / spent.bare:.1f}")


Pages = Mapping[str, Sequence[bytes]]


def _pages(number: int, size: int, reading: int) -> Pages:
    """A client's month of campaigns and its control totals, as Meta writes them, by level."""
    days = [UNTIL - timedelta(days=n) for n in reversed(range(UNTIL.day))]
    campaigns = [
        _row(day, place, number, reading)
        for day in days
        for place in range(max(1, size // len(days)))
    ]
    totals = [_total(day, [r for r in campaigns if r["date_start"] == str(day)]) for day in days]
    return {
        level: [
            orjson.dumps({"data": rows[first : first + PAGE_ROWS]})
            for first in range(0, len(rows), PAGE_ROWS)
        ]
        for level, rows in (("account", totals), ("campaign", campaigns))
    }


def _new_answer(number: int) -> Answer:
    window = Window(f"client_{number}", UNTIL.replace(day=1), UNTIL)
    settled = UNTIL + timedelta(days=30)
    return Answer(
        window,
        Account(account_id="1", currency="EUR", finished_until=settled, due_day=settled),
        0,
        LEVELS,
    )


def _answer_of(pages: Pages) -> Answer:
    answer = _new_answer(0)
    for level, some in pages.items():
        for page in some:
            answer.add(level, orjson.loads(page)["data"])
    return answer


def _read(connection: Connection, number: int, pages: Pages, spent: Seconds) -> Answer:
    """The answer as the collection reads it, page by page; a page's rows are copied bare, too."""
    answer = _new_answer(number)
    answer.batch_id = _open(connection, answer)
    for level, some in pages.items():
        for page in some:
            with _timed(spent, "ingest"):
                rows = orjson.loads(page)["data"]
                whole = [with_all_results(row) for row in rows]
                answer.contents[level].add(rows, whole)
            with _timed(spent, "gate"):
                answer.evidence.add(level, whole)
            with _timed(spent, "bare"):
                _bare_copy(connection, answer.window.client_id, level, rows)
    return answer


def _row(day: date, place: int, number: int, reading: int) -> Row:
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
            {
                "action_type": name,
                "value": f"{3 + reading}",
                "1d_click": "1",
                "7d_click": "2",
                "1d_view": "1",
            }
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
        | {
            "actions": [
                {
                    "action_type": kind,
                    "value": str(sum(int(r["actions"][0]["value"]) for r in rows)),
                }
                for kind in ACTION_TYPES
            ],
            "action_values": [
                {
                    "action_type": kind,
                    "value": str(sum(Decimal(r["action_values"][0]["value"]) for r in rows)),
                }
                for kind in PURCHASES
            ],
        }
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


def _bare_copy(connection: Connection, client_id: str, level: str, rows: Sequence[Row]) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy("copy ops.bare (client_id, level, payload) from stdin") as copy,
    ):
        for row in rows:
            copy.write_row((client_id, level, orjson.dumps(row).decode()))


def _judged(connection: Connection, answers: Sequence[Answer]) -> list[Verdict]:
    windows = [answer.window for answer in answers]
    answered = [
        Answered(
            window=answer.window,
            account_id="1",
            contents=answer.contents,
            action_types=event_types(),
        )
        for answer in answers
    ]
    past = zip(
        load_histories(connection, windows), load_standing(connection, answered), strict=True
    )
    for answer, (history, standing) in zip(answers, past, strict=True):
        answer.history, answer.standing = history, standing
    return judge(answers)


@contextmanager
def _timed(spent: Seconds, part: str) -> Iterator[None]:
    began = perf_counter()
    yield
    setattr(spent, part, getattr(spent, part) + perf_counter() - began)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main()
