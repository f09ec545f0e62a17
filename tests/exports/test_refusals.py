"""What cannot be read exactly is refused in a sentence that names the line."""

from decimal import Decimal
from pathlib import Path

import pytest
from export_files import Cell, csv_bytes, written_to, xlsx_bytes

from orchestration.errors import UsageError
from orchestration.exports.reader import Reading, read_export

HEAD = "Reporting starts,Reporting ends,Campaign ID,Campaign name,Amount spent (EUR),Impressions\n"
FIRST = "2019-03-01,2019-03-01,11,A,1.50,10\n"
SECOND = "2019-03-02,2019-03-02,11,A,2.25,20\n"
TOTAL = "2019-03-01,2019-03-02,,,3.75,30\n"


@pytest.mark.parametrize(
    "text",
    [
        HEAD + TOTAL + FIRST + SECOND,
        HEAD + FIRST + SECOND + TOTAL,
        HEAD + FIRST + SECOND + TOTAL.replace(",,,", ",,Results from 2 campaigns,"),
        HEAD + FIRST + SECOND + "Total,,,,3.75,30\n",
        HEAD + FIRST + SECOND + ",,,Gesamt,3.75,30\n",
        # Each amount is rounded by itself.
        HEAD + FIRST + SECOND + TOTAL.replace("3.75", "3.76"),
        "sep=,\r\n" + HEAD + FIRST + SECOND + TOTAL,
    ],
)
def test_the_summary_line_is_a_check_and_no_day(tmp_path: Path, text: str) -> None:
    export = read_export(written_to(tmp_path, text))
    assert [row.metrics["spend"] for row in export.rows] == [Decimal("1.50"), Decimal("2.25")]
    assert export.sums() == {"spend": Decimal("3.75"), "impressions": 30}
    assert export.total_line is not None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            HEAD + TOTAL.replace("30", "31") + FIRST + SECOND,
            "Line 2, column Impressions: the total says 31, and the other lines add up to 30",
        ),
        (
            HEAD + FIRST + SECOND + TOTAL.replace("3.75", "4.75"),
            "Line 4, column Amount.*says 4.75, .* up to 3.75",
        ),
        (HEAD + FIRST + TOTAL + SECOND, "Line 3 names no day: one line may be a total"),
        (HEAD + TOTAL + FIRST + SECOND + TOTAL, "Line 5 names no day"),
        (HEAD + FIRST + ",,11,A,1.50,10\n" + SECOND, "Line 3 has no day: .*without subtotals"),
        (
            HEAD + FIRST + SECOND.replace(",11,A", ",,") + FIRST.replace("-01", "-03"),
            "Line 3 names no campaign",
        ),
        (
            HEAD + "2019-03-01,2019-03-31,11,A,1.50,10\n",
            "Line 2 is about 2019-03-01 to 2019-03-31, and not about one day",
        ),
        ("Reporting starts,Amount spent (EUR)\n2019-03-01,1\n", "No column holds the day"),
        (HEAD + FIRST + FIRST, "Line 3 and line 2 are both 2019-03-01 of 11"),
        (HEAD + "2019-03-01,2019-03-01,11,A, B,1.50,10\n", "Line 2 has 7 cells, the header has 6"),
        (HEAD + "2019-03-01,2019-03-01,11,A\n", "Line 2 has 4 cells"),
        (
            HEAD + "2019-03-01,2019-03-01,11,1.50,A,10\n",
            "Line 2, column Amount spent .EUR.: 'A' is not a number",
        ),
        (
            HEAD + "2019-03-01,2019-03-01,A,11,1.50,10\n",
            "Line 2, column Campaign ID: 'A' is not an id",
        ),
        (
            HEAD + FIRST.replace("11", "1.20212E+17"),
            "Line 2, .*an id that a spreadsheet has rounded",
        ),
        (
            HEAD + FIRST + SECOND.replace(",20\n", ",20.5\n"),
            "Line 3, column Impressions: '20.5' is not a whole number",
        ),
        (
            HEAD + FIRST + SECOND.replace("2.25", '"2,25"'),
            "Line 2, .*'1.50' can only be read with a dot(.|\n)*Line 3, .*'2,25' .* a comma",
        ),
        (HEAD + FIRST + SECOND.replace("2.25", "$2.25"), "Line 3, .*'\\$2.25' is not in EUR"),
        (HEAD + FIRST + SECOND.replace("2.25", "2.25%"), "Line 3, .*'2.25%' is not a number"),
        (
            HEAD + FIRST + SECOND.replace(",20\n", ",€20\n"),
            "Line 3, column Impressions: '€20' is not a count",
        ),
        (HEAD + FIRST.replace("2019-03-01", "2019-02-30"), "Line 2, .*not a day of the calendar"),
        (
            HEAD + FIRST.replace("2019-03-01", "45012"),
            "Line 2, column Reporting starts: '45012' is not a day",
        ),
        (
            HEAD + FIRST + SECOND.replace("2019-03-02", "03/02/2019"),
            "Line 3, .*'03/02/2019' is not in the order year, month, day",
        ),
        (
            "Day,Amount spent (EUR),Purchases conversion value (USD)\n2019-03-01,1,2\n",
            "Line 1: the columns .* are in different currencies",
        ),
        (
            "Day,Amount spent (EUR),Amount spent (USD)\n2019-03-01,1,2\n",
            "Line 1: the columns .* both hold spend",
        ),
        (
            "Day,Amount spent (EUR),Currency\n2019-03-01,1,USD\n",
            "Line 1: the currency is not clear: the column Currency says USD, .* says EUR",
        ),
        (
            "Day,Amount spent,Account ID\n2019-03-01,1,77\n2019-03-02,1,78\n",
            "Line 3, column Account ID: '78' differs from '77' on line 2",
        ),
        (
            'Day,Campaign name,Amount spent (EUR)\n2019-03-01,"A,1\n2019-03-02,B,2\n',
            "Line 2 cannot be read",
        ),
        (
            'Day,Amount spent (EUR),Impressions,"CPM (cost per 1,000 impressions) (EUR)"\n'
            "2019-03-01,3.00,1500,2.00\n2019-03-02,1500,900,2.00\n",
            "Line 3, column CPM .*: 2.00 is not the cost of 900 impressions for 1500: cells have",
        ),
        (HEAD, "has no rows"),
        ("", "has no rows"),
    ],
)
def test_damage_is_refused_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_export(written_to(tmp_path, text))


def test_a_rounded_id_in_a_spreadsheet_is_refused(tmp_path: Path) -> None:
    head: list[Cell] = ["Day", "Campaign ID", "Amount spent (EUR)"]
    rows: list[list[Cell]] = [head, ["2019-03-01", 120210000000000000, 1.5]]
    with pytest.raises(
        UsageError, match=r"Line 2, column Campaign ID: .*a spreadsheet has rounded"
    ):
        read_export(written_to(tmp_path, xlsx_bytes({"Sheet": rows})))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            csv_bytes([["Day", "Amount spent (EUR)"], ["2019-03-01", "é"]], "latin-1"),
            "Line 2 is not UTF-8 text",
        ),
        (b"Day,Amount spent (EUR)\n2019-03-01,\0\n", "Line 2 has a NUL character"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old kind"),
        (b"PK\x03\x04 cut off", "spreadsheet is damaged"),
        (
            xlsx_bytes(
                {
                    "A": [["Day", "Spend"], ["2019-03-01", 1]],
                    "B": [["Day", "Spend"], ["2019-03-01", 1]],
                }
            ),
            "Several sheets hold an export",
        ),
        (xlsx_bytes({"A": [["Day", "Weather"], ["2019-03-01", 1]]}), "No column is a metric"),
    ],
)
def test_a_file_that_is_no_readable_table_is_refused(
    tmp_path: Path, content: bytes, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        read_export(written_to(tmp_path, content))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (Reading(columns={"spend": "Cost"}), "no column 'Cost'"),
        (Reading(columns={"weather": "Impressions"}), "weather=... is unknown"),
        (Reading(currency="USD"), "the name of an amount says EUR, --currency says USD"),
        (Reading(date_order="ydm"), "date order 'ydm' is none of"),
        (Reading(decimal_mark=";"), "decimal mark ';' is neither"),
        (Reading(decimal_mark=","), "Line 2, .*'1.50' cannot be read with a comma"),
    ],
)
def test_an_option_that_does_not_fit_is_refused(tmp_path: Path, how: Reading, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_export(written_to(tmp_path, HEAD + FIRST), how)
