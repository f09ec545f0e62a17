"""An export says the same in every language and form in which Ads Manager writes it."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from export_files import ENCODINGS, Cell, csv_bytes, header_in, written_to, xlsx_bytes

from orchestration.exports.headers import FILE, plain
from orchestration.exports.reader import read_export
from orchestration.exports.results import types_of_result

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "pl", "nl", "tr", "ja", "zh")
MEANINGS = [
    *("range_start", "range_end", "date", "account_id", "account_name", "campaign_id"),
    *("campaign_name", "adset_id", "adset_name", "ad_id", "ad_name", "spend", "impressions"),
    *("reach", "clicks", "link_clicks", "landing_page_views", "content_views", "add_to_cart"),
    *(
        "checkouts",
        "purchases",
        "purchase_value",
        "leads",
        "registrations",
        "results",
        "result_type",
    ),
]
ROW: list[Cell] = [
    *("2019-03-01", "2019-03-01", "2019-03-01", "77", "Shop", "120210000000000011", "Frühling; 春"),
    *("120210000000000012", "Set, one", "120210000000000013", 'Ad "A"', "1234.50", "60000"),
    *(
        "50000",
        "900",
        "700",
        "600",
        "400",
        "50",
        "20",
        "7",
        "99.90",
        "3",
        "2",
        "7",
        "actions:omni_purchase",
    ),
]
HEADERS = {
    "en": "Day,Campaign name,Amount spent (USD),Impressions,Clicks (all),Results,Result indicator",
    "de": "Tag,Kampagnenname,Ausgegebener Betrag (EUR),Impressionen,Klicks (alle),Ergebnisse,"
    "Ergebnis-Indikator",
    "fr": "Jour,Nom de la campagne,Montant dépensé (EUR),Impressions,Clics (tous),Résultats,"
    "Indicateur de résultat",
    "es": "Día,Nombre de la campaña,Importe gastado (EUR),Impresiones,Clics (todos),Resultados,"
    "Indicador de resultado",
    "it": "Giorno,Nome della campagna,Importo speso (EUR),Impression,Clic (tutti),Risultati,"
    "Indicatore dei risultati",
    "pt": "Dia,Nome da campanha,Valor usado (BRL),Impressões,Cliques (todos),Resultados,"
    "Indicador de resultados",
    "pl": "Dzień,Nazwa kampanii,Wydana kwota (PLN),Wyświetlenia,Kliknięcia (wszystkie),Wyniki,"
    "Wskaźnik wyników",
    "nl": "Dag,Campagnenaam,Besteed bedrag (EUR),Weergaven,Klikken (alle),Resultaten,"
    "Resultaatindicator",
    "tr": "Gün,Kampanya Adı,Harcanan Tutar (TRY),Gösterim,Tıklamalar (Tümü),Sonuçlar,"
    "Sonuç Göstergesi",
    "ja": "日,キャンペーンの名前,消化金額 (JPY),インプレッション,クリック（すべて）,結果,"
    "結果インジケーター",
    "zh": "天,广告系列名称,已花费金额 (CNY),展示次数,点击量（全部）,成效,成效指标",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", [*ENCODINGS, ";", "\t", "xlsx"])
def test_every_column_is_known_in_every_language_and_form(
    tmp_path: Path, language: str, form: str
) -> None:
    rows: list[list[Cell]] = [[*header_in(language, MEANINGS, "IDR")], ROW]
    if form == "xlsx":
        content = xlsx_bytes({"Formatted Report": [["Report of March"]], "Raw Data Report": rows})
    else:
        encoding, delimiter = (form, ",") if form in ENCODINGS else ("utf-8", form)
        content = csv_bytes(rows, encoding, delimiter)
    export = read_export(written_to(tmp_path, content))
    assert (export.level, export.currency, export.account_id) == ("ad", "IDR", "77")
    assert export.columns.unused == []
    assert {*export.columns.positions} == {*MEANINGS}
    (row,) = export.rows
    assert (row.line, row.day) == (2, date(2019, 3, 1))
    assert row.objects["campaign"] == ("120210000000000011", "Frühling; 春")
    assert row.objects["ad"] == ("120210000000000013", 'Ad "A"')
    assert row.metrics == {
        "spend": Decimal("1234.50"),
        "impressions": 60000,
        "reach": 50000,
        "clicks": 900,
        "link_clicks": 700,
        "landing_page_views": 600,
        "content_views": 400,
        "add_to_cart": 50,
        "checkouts": 20,
        "purchases": 7,
        "purchase_value": Decimal("99.90"),
        "leads": 3,
        "registrations": 2,
        "results": 7,
    }
    assert row.result_type == "actions:omni_purchase"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_header_that_ads_manager_writes_is_known(tmp_path: Path, language: str) -> None:
    text = f"{HEADERS[language]}\n2019-03-01,A,12.50,70,5,2,actions:lead\n"
    export = read_export(written_to(tmp_path, text))
    assert (export.columns.language, export.columns.unused) == (language, [])
    assert export.currency == HEADERS[language].partition(" (")[2][:3]
    assert export.rows[0].metrics["clicks"] == 5


def test_no_name_of_a_column_has_two_meanings() -> None:
    meanings: dict[str, set[str]] = {}
    for meaning, languages in yaml.safe_load(FILE.read_text(encoding="utf-8")).items():
        assert {*languages} >= {*LANGUAGES}, meaning
        for name in (name for written in languages.values() for name in written):
            assert plain(name), f"{name} of {meaning} has no letter left"
            meanings.setdefault(plain(name), set()).add(meaning)
    assert {name: of for name, of in meanings.items() if len(of) > 1} == {}


def test_a_spreadsheet_has_numbers_and_days_of_its_own(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [
        ["Day", "Campaign ID", "Campaign name", "Amount spent (EUR)", "Impressions"],
        [date(2019, 3, 1), "120210000000000011", "Spring", 1234.5, 60000],
        [None, None, None, 1234.5, 60000],
    ]
    export = read_export(written_to(tmp_path, xlsx_bytes({"Sheet": rows}), "export.xlsx"))
    assert export.total_line == 3
    assert export.rows[0].metrics == {"spend": Decimal("1234.5"), "impressions": 60000}
    assert export.rows[0].day == date(2019, 3, 1)


@pytest.mark.parametrize(
    ("written", "types"),
    [
        ("actions:offsite_conversion.fb_pixel_lead", ("offsite_conversion.fb_pixel_lead",)),
        ("actions:offsite_conversion.custom.123", ("offsite_conversion.custom.123",)),
        ("Website purchases", ("purchase", "omni_purchase")),
        ("Website-Käufe", ("purchase", "omni_purchase")),
        ("購入", ("purchase", "omni_purchase")),
        ("Leads (formulário)", ("lead",)),
        ("Bağlantı tıklamaları", ("link_click",)),
        ("reach", ()),
        ("Couverture", ()),
        ("Quote requested", ("export_result.quote_requested",)),
    ],
)
def test_a_result_is_the_action_that_its_type_names(written: str, types: tuple[str, ...]) -> None:
    assert types_of_result(written) == types
