"""A mart in a file: exact, whole or absent, harmless, and it says what it lacks."""

import csv
import fcntl
import json
import signal
import subprocess
import time
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
from databases import META_ADS, Warehouse
from files_world import CLIENT, DELETED, HOSTILE, RESTATED
from openpyxl import load_workbook

MART = "daily_campaign_performance"
PUBLICATIONS = "2, 3"


def test_each_form_has_the_rows_of_the_mart_and_how_complete_they_are(
    published: Warehouse,
) -> None:
    truth = published.rows(
        "select campaign_id, date_day, spend, impressions, campaign_name, cpm, publication_id "
        f"from marts.{MART} where client_id = %s order by date_day, campaign_id",
        [CLIENT],
    )
    for form, read in (("csv", _read_csv), ("xlsx", _read_xlsx), ("parquet", _read_parquet)):
        file = published.home / f"week.{form}"
        order = (MART, "--client", CLIENT, "--month", "2026-11", "--out", str(file))
        done = published.run("export", *order)
        assert done.returncode == 0, done.stderr
        assert "14 rows of daily_campaign_performance in " in done.stderr
        assert "Not complete: acme 2026-11 (7 of 14 days)." in done.stderr
        assert read(file) == truth
        assert [each.name for each in published.home.glob("*.part")] == []
    assert parquet(file, "distinct days_owed, days_received, is_complete") == [(14, 7, False)]


def _read_csv(file: Path) -> list[tuple[Any, ...]]:
    with file.open(newline="", encoding="utf-8") as text:
        rows = [*csv.DictReader(text)]
    names = {row["campaign_name"] for row in rows if row["campaign_id"] == DELETED}
    assert names == {f"'{HOSTILE}"}
    return [
        (
            row["campaign_id"],
            date.fromisoformat(row["date_day"]),
            Decimal(row["spend"]),
            int(row["impressions"]),
            row["campaign_name"].removeprefix("'"),
            Decimal(row["cpm"]),
            int(row["publication_id"]),
        )
        for row in rows
    ]


def _read_xlsx(file: Path) -> list[tuple[Any, ...]]:
    book = load_workbook(file)
    header, *rows = book[MART].iter_rows()
    at = {cell.value: place for place, cell in enumerate(header)}
    names = [row[at["campaign_name"]] for row in rows]
    assert {cell.data_type for cell in names} == {"s"}
    assert {cell.quotePrefix for cell in names if cell.value == HOSTILE} == {True}
    assert {row[at["spend"]].data_type for row in rows} == {"n"}
    about = {row[0].value: row[1].value for row in book["about"].iter_rows()}
    assert (about["publication_ids"], about["is_complete"]) == (PUBLICATIONS, "false")
    assert about["incomplete"] == "acme 2026-11: 7 of 14 days, open"
    return [
        (
            row[at["campaign_id"]].value,
            date.fromisoformat(str(row[at["date_day"]].value)[:10]),
            Decimal(str(row[at["spend"]].value)),
            row[at["impressions"]].value,
            row[at["campaign_name"]].value,
            Decimal(str(row[at["cpm"]].value)),
            row[at["publication_id"]].value,
        )
        for row in rows
    ]


def _read_parquet(file: Path) -> list[tuple[Any, ...]]:
    about = dict(queried(f"select key, value from parquet_kv_metadata('{file}')"))
    assert about[b"meta_ads.publication_ids"] == PUBLICATIONS.encode()
    assert about[b"meta_ads.incomplete"] == b"acme 2026-11: 7 of 14 days, open"
    assert parquet(file, "distinct typeof(spend)") == [("DECIMAL(38,2)",)]
    columns = "campaign_id, date_day, spend, impressions, campaign_name, cpm, publication_id"
    return parquet(file, columns)


def parquet(file: Path, columns: str) -> list[tuple[Any, ...]]:
    """Columns of a Parquet file, as another program reads it."""
    return queried(f"select {columns} from '{file}'")


def queried(query: str) -> list[tuple[Any, ...]]:
    """What DuckDB answers."""
    return duckdb.connect().execute(query).fetchall()


def test_every_mart_can_be_written_in_every_form(published: Warehouse) -> None:
    marts = [
        row[0]
        for row in published.rows(
            "select viewname from pg_views where schemaname = 'marts' order by 1"
        )
    ]
    script = (
        "import sys; from pathlib import Path; "
        "from orchestration.cli.actions.export import ExportOrder, run_export; "
        "from orchestration.extracts.mart import Wanted; "
        "from orchestration.settings import load_settings; settings = load_settings(); "
        "[run_export(settings, ExportOrder(Wanted(mart), None, Path(f'{mart}.{form}'))) "
        "for mart in sys.argv[1:] for form in ('csv', 'xlsx', 'parquet')]"
    )
    subprocess.run(
        [META_ADS.replace("meta-ads", "python"), "-c", script, *marts],
        env=published.command_environment({}),
        cwd=published.home,
        check=True,
    )
    for mart in marts:
        (count,) = published.rows(f"select count(*) from marts.{mart}")[0]
        file = published.home / f"{mart}.parquet"
        columns = [name for name, *_ in queried(f"describe select * from '{file}'")]
        with (published.home / f"{mart}.csv").open(newline="", encoding="utf-8") as text:
            lines = [*csv.reader(text)]
        assert parquet(file, "count(*)") == [(len(lines) - 1,)] == [(count,)], mart
        assert columns == lines[0]


def test_a_mart_of_another_day_is_what_was_published_then(published: Warehouse) -> None:
    published.execute(
        "set local session_replication_role = replica; "
        "update ops.publications set published_at = '2026-11-10' where publication_id = 2"
    )
    for options, spend in (((), "99.99"), (("--as-of", "2026-11-10"), "13.25")):
        order = (MART, "--client", CLIENT, "--since", str(RESTATED), "--until", str(RESTATED))
        done = published.run("export", *order, *options)
        assert done.returncode == 0, done.stderr
        steady, _ = csv.DictReader(StringIO(done.stdout))
        assert (steady["date_day"], steady["spend"]) == (str(RESTATED), spend)


def test_a_program_that_reads_enough_ends_it_without_a_word(published: Warehouse) -> None:
    done = subprocess.run(
        f"set -o pipefail; {META_ADS} export {MART} | head -1",
        shell=True,
        executable="/bin/bash",
        env=published.command_environment({}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("client_id,account_id,campaign_id,date_day,")
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


def test_interrupted_it_leaves_the_file_that_was_there(published: Warehouse) -> None:
    published.execute(
        "set local session_replication_role = replica; "
        "insert into published.daily_campaign_performance (client_id, account_id, campaign_id, "
        "month, date_day, currency, spend, publication_id) "
        "select 'acme', 'acme', n::text, '2026-11-01', '2026-11-01', 'EUR', 1, 2 "
        "from generate_series(1000, 100000) as n"
    )
    file = published.home / "all.csv"
    file.write_text("before", encoding="utf-8")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        process = subprocess.Popen(
            [META_ADS, "export", MART, "--out", str(file)],
            env=published.command_environment({}),
            cwd=published.home,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 60
        while not any(each.stat().st_size > 0 for each in published.home.glob(".all.csv.*")):
            assert time.monotonic() < until
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(number)
        assert process.wait(60) != 0
        assert file.read_text(encoding="utf-8") == "before"
        assert ([*published.home.glob(".all.csv.*")] == []) == (number != signal.SIGKILL)
    with (published.home / ".all.csv.0123.part").open("xb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        done = published.run("export", MART, "--month", "2026-10", "--out", str(file))
        assert done.returncode == 0, done.stderr
        # What was left is swept; what another program still writes is not.
        assert [*published.home.glob(".all.csv.*")] == [Path(other.name)]


REFUSED: list[tuple[tuple[str, ...], str]] = [
    (("nothing",), "No mart nothing: there are client_month_states, daily_account_"),
    (("ops.clients",), "No mart ops.clients"),
    ((MART, "--client", "nobody"), "No client nobody: there are acme, borealis."),
    (("publications", "--month", "2026-11"), "publications is not by day or month"),
    (("publications", "--client", CLIENT), "publications is not by client"),
    ((MART, "--month", "2026-11", "--since", "2026-11-01"), "Name the period with --month, or"),
    ((MART, "--month", "November"), "November is not a month"),
    ((MART, "--format", "xlsx"), "--format xlsx needs --out FILE"),
    ((MART, "--out", "none/x.csv"), "none/x.csv cannot be written: No such file"),
]


def test_what_cannot_be_exported_is_said_in_a_sentence(published: Warehouse) -> None:
    for order, words in REFUSED:
        done = published.run("export", *order)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert words in done.stderr


def test_lists_are_json_in_a_cell(published: Warehouse) -> None:
    done = published.run("export", "client_month_states", "--client", CLIENT)
    (row,) = csv.DictReader(StringIO(done.stdout))
    assert json.loads(row["missing_days"])[0] == "2026-11-08"
