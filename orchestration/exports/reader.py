"""Reads an export: bytes into cells, cells into exact rows, the summary line into a check."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

from orchestration.days import span
from orchestration.errors import UsageError
from orchestration.exports.csv_file import read_csv
from orchestration.exports.currencies import CODE, WHOLE
from orchestration.exports.days import DayCell, read_days
from orchestration.exports.export import Export, Row
from orchestration.exports.headers import CPM, METRICS
from orchestration.exports.numbers import NumberCell, read_numbers
from orchestration.exports.refusal import ExportRefusedError, Refusal, refuse
from orchestration.exports.sheet import Sheet
from orchestration.exports.table import Line
from orchestration.exports.totals import check_total
from orchestration.exports.xlsx_file import MAGIC, read_xlsx

MOST_BYTES = 1 << 30
CPM_SHARE = Decimal("0.01")
"""The cost of a thousand impressions may differ by this share from what the other cells give."""
OLD_EXCEL = b"\xd0\xcf\x11\xe0"

NumbersByCell = Mapping[tuple[int, str], Decimal]
"""By line and meaning."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a person wants a file to be read, where the file does not say it.

    `columns` are names of columns by meaning, `currency` is a code, `date_order` is ymd, dmy or
    mdy, `decimal_mark` a dot or a comma. `with_ranges`: rows may be about several days.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    currency: str | None = None
    date_order: str | None = None
    decimal_mark: str | None = None
    with_ranges: bool = False


def read_export(path: Path, how: Reading | None = None) -> Export:
    """The rows of an export.

    Raises:
        UsageError: it cannot be read exactly; names the lines and columns.
    """
    content = _content(path)
    how = how or Reading()
    try:
        table = read_xlsx(content) if content.startswith(MAGIC) else read_csv(content)
        export = _export(Sheet(table, how.columns, with_ranges=how.with_ranges), how)
    except UsageError as error:
        if isinstance(error, ExportRefusedError):
            raise
        raise UsageError(f"{path}: {error}") from None
    return replace(export, file_name=path.name, sha256=sha256(content).hexdigest())


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path} is larger than a gigabyte.")
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    if content.startswith(OLD_EXCEL):
        raise UsageError(f"{path} is a spreadsheet of the old kind (XLS): save it as XLSX or CSV.")
    return content


def _export(sheet: Sheet, how: Reading) -> Export:
    """The rows of a sheet, checked against its summary line."""
    total = sheet.total_line()
    lines = [line for line in sheet.lines if line is not total]
    currency = _currency(sheet, how)
    days = _days(sheet, lines, how)
    numbers = _numbers(sheet, how, currency)
    rows = [
        Row(
            line=line.number,
            day=days[line.number][0],
            until=days[line.number][1],
            objects=sheet.objects(line),
            metrics=_metrics_of(numbers, line),
            result_type=sheet.text(line, "result_type"),
        )
        for line in lines
    ]
    _check_single(rows)
    _check_cpm(sheet, rows, numbers, currency)
    if total is not None:
        metrics = [row.metrics for row in rows]
        stated = _metrics_of(numbers, total)
        check_total(total.number, stated, metrics, sheet.columns.labels, currency)
    return Export(
        columns=sheet.columns,
        level=[*rows[0].objects][-1] if rows[0].objects else "account",
        rows=[row for row in rows if row.metrics],
        account_id=sheet.only_text("account_id", lines).removeprefix("act_"),
        account_name=sheet.only_text("account_name", lines),
        currency=currency,
        total_line=total.number if total is not None else None,
        idle_lines=sum(not row.metrics for row in rows),
    )


def _days(sheet: Sheet, lines: Sequence[Line], how: Reading) -> Mapping[int, tuple[date, date]]:
    """The first and the last day of each line, which are the same unless ranges are welcome.

    Raises:
        ExportRefusedError: a line is about a range of days, or about no day.
    """
    meanings = ["date"] if "date" in sheet.columns else ["range_start", "range_end"]
    cells = []
    for line in lines:
        for meaning in meanings:
            cell = sheet.cell(line, meaning)
            text = str(cell) if isinstance(cell, Decimal) else cell
            cells.append(DayCell(line.number, meaning, sheet.columns.labels[meaning], text))
    days = read_days(cells, how.date_order)
    bounds = {n.number: (days[n.number, meanings[0]], days[n.number, meanings[-1]]) for n in lines}
    refusals = [
        Refusal(line, f" is about {since} to {until}, {why}")
        for line, (since, until) in bounds.items()
        if (why := _why_no_span(since, until, with_ranges=how.with_ranges))
    ]
    if refusals:
        raise ExportRefusedError(refusals)
    return bounds


def _why_no_span(since: date, until: date, *, with_ranges: bool) -> str:
    """Why a line cannot be about these days; empty where it can."""
    if since > until:
        return "which ends before it begins."
    if since < until and not with_ranges:
        return "and not about one day: an export needs the breakdown by day."
    return ""


def _numbers(sheet: Sheet, how: Reading, currency: str) -> NumbersByCell:
    """Every number of the file, its total included, which has to be in the same style."""
    cells = []
    for line in sheet.lines:
        for meaning in (*METRICS, CPM):
            if meaning in sheet.columns:
                cell = sheet.cell(line, meaning)
                text = cell.isoformat() if isinstance(cell, date) else cell
                cells.append(NumberCell(line.number, meaning, sheet.columns.labels[meaning], text))
    return read_numbers(cells, currency, how.decimal_mark)


def _currency(sheet: Sheet, how: Reading) -> str:
    """The currency that the file names, in its header or in a column, or that was told."""
    column = sheet.only_text("currency", sheet.lines).upper()
    if column and not CODE.fullmatch(column):
        line = next(line for line in sheet.lines if sheet.text(line, "currency"))
        raise sheet.unusable(line, "currency", "is not a code such as EUR")
    sources = {
        f"the column {sheet.columns.labels.get('currency')}": column,
        "the name of an amount": sheet.columns.currency,
        "--currency": (how.currency or "").upper(),
    }
    found = {source: code for source, code in sources.items() if code}
    if len(set(found.values())) > 1:
        each = ", ".join(f"{source} says {code}" for source, code in found.items())
        raise refuse(sheet.header.number, f": the currency is not clear: {each}.")
    return next(iter(found.values()), "")


def _metrics_of(numbers: NumbersByCell, line: Line) -> dict[str, Decimal]:
    return {
        meaning: numbers[line.number, meaning]
        for meaning in METRICS
        if (line.number, meaning) in numbers
    }


def _check_single(rows: Sequence[Row]) -> None:
    """Refuse a second line about the same object and day: a breakdown, or the same line twice."""
    earlier: dict[tuple[date, date, tuple[str, ...]], int] = {}
    for row in rows:
        first = earlier.setdefault((row.day, row.until, row.key), row.line)
        if first != row.line:
            of = f" of {', '.join(row.key)}" if row.key else ""
            raise refuse(
                row.line,
                f" and line {first} are both {span(row.day, row.until)}{of}: an export has one "
                "line for each object and day, without other breakdowns.",
            )


def _check_cpm(sheet: Sheet, rows: Sequence[Row], numbers: NumbersByCell, currency: str) -> None:
    """Refuse lines whose cost of a thousand impressions is not that of their other cells."""
    unit = Decimal(1) if currency in WHOLE else Decimal("0.01")
    refusals = []
    for row in rows:
        stated, spend = numbers.get((row.line, CPM)), row.metrics.get("spend")
        impressions = row.metrics.get("impressions")
        if not stated or spend is None or not impressions:
            continue
        # Both amounts are rounded to a unit.
        allowed = unit * 1000 / impressions + unit + abs(stated) * CPM_SHARE
        if abs(spend * 1000 / impressions - stated) > allowed:
            refusals.append(
                Refusal(
                    row.line,
                    f", column {sheet.columns.labels[CPM]}: {stated:f} is not the cost of "
                    f"{impressions:f} impressions for {spend:f}: cells have slipped.",
                )
            )
    if refusals:
        raise ExportRefusedError(refusals)
