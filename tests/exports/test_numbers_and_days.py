"""Numbers and days are read in the one way that the whole file proves."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from export_files import csv_bytes, grouped, written_to

from orchestration.exports.reader import Reading, read_export
from orchestration.exports.refusal import ExportRefusedError

HEADER = ["Day", "Campaign name", "Amount spent (EUR)", "Impressions", "Link clicks"]
SPEND = [Decimal("1234.50"), Decimal("0.07"), Decimal("12345678.9"), Decimal("-0.31")]
DAYS = [date(2019, 3, day) for day in (1, 2, 13, 31)]


def spend_of(path: Path, how: Reading | None = None) -> list[Decimal]:
    return [row.metrics["spend"] for row in read_export(path, how).rows]


@pytest.mark.parametrize(
    ("thousands", "mark"),
    [
        ("", "."),
        ("", ","),
        (",", "."),
        (".", ","),
        ("\u00a0", ","),
        (" ", "."),
        ("\u202f", ","),
        ("'", "."),
    ],
)
@pytest.mark.parametrize("form", ["{}", "€{}", "{} €", "EUR {}", "{}\u00a0EUR"])
def test_thousands_marks_and_signs_do_not_change_a_number(
    tmp_path: Path, thousands: str, mark: str, form: str
) -> None:
    rows = [
        [
            str(day),
            "A",
            form.format(grouped(spend, thousands, mark)),
            grouped(Decimal(60000), thousands, mark),
            "",
        ]
        for day, spend in zip(DAYS, SPEND, strict=True)
    ]
    assert spend_of(written_to(tmp_path, csv_bytes([HEADER, *rows]))) == SPEND


def test_an_empty_cell_is_absent_and_a_zero_is_a_zero(tmp_path: Path) -> None:
    text = (
        "Day,Amount spent (EUR),Impressions,Purchases,Leads\n2019-03-01,0,70,,—\n2019-03-02,,,,\n"
    )
    export = read_export(written_to(tmp_path, text))
    assert [row.metrics for row in export.rows] == [{"spend": 0, "impressions": 70}]
    assert export.idle_lines == 1


def test_rates_are_no_rows_of_their_own_but_have_to_fit(tmp_path: Path) -> None:
    text = (
        "Tag;Ausgegebener Betrag (EUR);Impressionen;CPM (Kosten pro 1.000 Impressionen) (EUR);"
        "CTR (alle)\n2019-03-01;0,01;3;4,10;33,33 %\n2019-03-02;1.234,56;60.000;20,58;1,2 %\n"
    )
    export = read_export(written_to(tmp_path, text))
    assert [row.metrics["spend"] for row in export.rows] == [Decimal("0.01"), Decimal("1234.56")]
    assert export.sums() == {"spend": Decimal("1234.57"), "impressions": 60003}
    assert export.columns.unused == ["CTR (alle)"]


def test_dots_of_whole_numbers_say_what_the_dots_of_amounts_are(tmp_path: Path) -> None:
    text = "Day;Amount spent (EUR);Impressions\n2019-03-01;1.234;60.000\n2019-03-02;2;70\n"
    assert spend_of(written_to(tmp_path, text)) == [1234, 2]


def test_amounts_of_a_currency_without_fractions_are_whole(tmp_path: Path) -> None:
    text = "Day,Amount spent (IDR),Impressions\n2019-03-01,150.000,600\n"
    assert spend_of(written_to(tmp_path, text)) == [150000]


def test_an_amount_that_may_be_two_is_refused_until_a_person_says_which(tmp_path: Path) -> None:
    path = written_to(tmp_path, "Day,Amount spent (EUR),Impressions\n2019-03-01,1.234,600\n")
    with pytest.raises(
        ExportRefusedError, match=r"Line 2, column Amount.*'1.234' may be 1.234 or 1234"
    ):
        read_export(path)
    assert spend_of(path, Reading(decimal_mark=",")) == [1234]
    assert spend_of(path, Reading(decimal_mark=".")) == [Decimal("1.234")]


@pytest.mark.parametrize(
    "form",
    [
        *("{0:%Y-%m-%d}", "{0:%Y/%m/%d}", "{0.year}.{0.month}.{0.day}", "{0:%Y-%m-%d} 00:00:00"),
        *("{0:%d.%m.%Y}", "{0:%d/%m/%Y}", "{0.day}-{0.month}-{0.year}", "{0:%m/%d/%Y}"),
        *("{0.month}/{0.day}/{0.year}", "{0.year}年{0.month}月{0.day}日"),
    ],
)
def test_days_are_read_in_the_order_that_all_of_them_have(tmp_path: Path, form: str) -> None:
    rows = [[form.format(day), "1", "70"] for day in DAYS]
    content = csv_bytes([["Day", "Amount spent (EUR)", "Impressions"], *rows])
    assert read_export(written_to(tmp_path, content)).days == DAYS


def test_an_order_that_may_be_two_is_refused_until_a_person_says_which(tmp_path: Path) -> None:
    path = written_to(
        tmp_path, "Day,Amount spent (EUR)\n03/03/2019,1\n01/03/2019,1\n02/03/2019,1\n"
    )
    with pytest.raises(ExportRefusedError, match=r"Line 3, .* may be 2019-01-03 or 2019-03-01"):
        read_export(path)
    assert read_export(path, Reading(date_order="dmy")).days == [
        date(2019, 3, n) for n in (1, 2, 3)
    ]
    assert read_export(path, Reading(date_order="mdy")).days == [
        date(2019, n, 3) for n in (1, 2, 3)
    ]


def test_a_name_may_have_line_breaks_and_lines_are_still_counted(tmp_path: Path) -> None:
    text = 'Day,Campaign name,Amount spent (EUR)\r\n2019-03-01,"A\r\nB",1\r\n2019-03-02,C,x\r\n'
    with pytest.raises(ExportRefusedError, match="Line 4, column Amount spent"):
        read_export(written_to(tmp_path, text))
    export = read_export(written_to(tmp_path, text.replace("x", "2")))
    assert [row.objects["campaign"].name for row in export.rows] == ["A\r\nB", "C"]


def test_ranges_of_days_are_read_where_they_are_welcome(tmp_path: Path) -> None:
    header = "Reporting starts,Reporting ends,{}Amount spent (EUR)\n"
    campaigns = (
        header.format("Campaign name,")
        + "2019-03-01,2019-03-31,A,1.50\n2019-04-01,2019-04-30,A,2.25\n"
        + "2019-03-01,2019-04-30,,3.75\n"
    )
    account = header.format("") + "2019-03-01,2019-03-31,1.50\n2019-04-01,2019-04-01,2.25\n"
    welcome = Reading(with_ranges=True)
    for text, total_line in ((campaigns, 4), (account, None)):
        file = written_to(tmp_path, text)
        export = read_export(file, welcome)
        assert export.total_line == total_line
        assert [(row.day, row.until.day, row.metrics["spend"]) for row in export.rows] == [
            (date(2019, 3, 1), 31, Decimal("1.50")),
            (date(2019, 4, 1), 30 if total_line else 1, Decimal("2.25")),
        ]
        with pytest.raises(ExportRefusedError):
            read_export(file)
    turned = header.format("Campaign name,") + "2019-03-31,2019-03-01,A,1.50\n"
    with pytest.raises(ExportRefusedError, match="ends before it begins"):
        read_export(written_to(tmp_path, turned), welcome)
