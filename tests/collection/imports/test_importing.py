"""Exports become the answers of windows: judged, kept with receipts, marked as imported."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from databases import Warehouse
from export_files import written_to
from exported_days import export_of, rows_of_sandbox

from orchestration.clients.model import Client
from orchestration.collection.collection import collect
from orchestration.collection.imports.days import OF_API
from orchestration.collection.imports.importing import Imported, ImportRequest, import_export
from orchestration.errors import UsageError
from orchestration.exports.reader import read_export
from orchestration.progress import Silent
from orchestration.sandbox.process import SandboxProcess

SINCE, UNTIL = date(2026, 10, 1), date(2026, 10, 7)
CLIENT = Client(client_id="a", name="A", ad_account_id="act_1001")
OLD = (
    "Day,Campaign ID,Campaign name,Amount spent (EUR),Impressions,Clicks (all),Link clicks,{}\n"
    "2019-03-01,11,Old,1.50,100,5,3,{}\n2019-03-02,11,Old,2.25,200,6,4,{}\n"
)


@pytest.fixture
def exported(sandbox: SandboxProcess, tmp_path: Path) -> Path:
    rows = rows_of_sandbox(sandbox, "act_1001", SINCE, UNTIL)
    return written_to(tmp_path, export_of(rows, "1001", rows[0]["account_currency"]))


def take_in(
    warehouse: Warehouse, sandbox: SandboxProcess, path: Path, client: Client = CLIENT, **how: Any
) -> Imported:
    settings = warehouse.settings(api_url=sandbox.url, retry_delays=(0.0, 0.0, 0.0))
    request = ImportRequest(export=read_export(path), client_id="a", **how)
    return import_export(settings, [client], request, Silent())


def ask(
    warehouse: Warehouse,
    sandbox: SandboxProcess,
    since: date,
    until: date,
    client: Client = CLIENT,
) -> None:
    settings = warehouse.settings(api_url=sandbox.url, retry_delays=(0.0, 0.0, 0.0))
    collect(settings, [client], since=since, until=until, run_id="run")


def staged(warehouse: Warehouse) -> set[tuple[Any, ...]]:
    return {
        *warehouse.rows(
            "select level, date_day, campaign_id, campaign_name, spend, impressions, clicks, "
            "link_clicks, reach, currency from staging.insights"
        )
    }


def test_an_export_of_the_accounts_days_is_staged_as_the_api_has_them(
    warehouse: Warehouse, sandbox: SandboxProcess, exported: Path
) -> None:
    imported = take_in(warehouse, sandbox, exported)
    assert (imported.days_kept, imported.days_changed, imported.days_refused) == (7, 7, 0)
    assert (imported.left_out, imported.without_conversions) == ({}, [])
    after_import = staged(warehouse)
    marks = warehouse.rows(
        "select b.api_version, b.state, i.file_name, length(i.sha256), i.names_conversions "
        "from ops.batches as b inner join ops.imports as i using (batch_id)"
    )
    assert marks == [("import", "kept", "export.csv", 64, True)]
    assert warehouse.rows(
        "select level, state, count(*) from ops.receipts group by 1, 2 order by 1, 2"
    ) == [(level, state, 7) for level in ("account", "campaign") for state in ("asked", "received")]
    # What Meta says of the same days replaces them, and is the same.
    ask(warehouse, sandbox, SINCE, UNTIL)
    assert staged(warehouse) == after_import
    assert warehouse.value("select count(*) from quarantine.violations") == 0


def test_the_same_file_changes_nothing_and_a_preview_keeps_nothing(
    warehouse: Warehouse, sandbox: SandboxProcess, exported: Path
) -> None:
    previewed = take_in(warehouse, sandbox, exported, keeps=False)
    assert previewed.days_changed == 7
    assert warehouse.value("select count(*) from ops.batches") == 0
    assert warehouse.value("select count(*) from ops.clients") == 0
    take_in(warehouse, sandbox, exported)
    before = staged(warehouse), warehouse.rows("select * from ops.client_months")
    again = take_in(warehouse, sandbox, exported)
    assert (again.days_kept, again.days_changed) == (7, 0)
    assert (staged(warehouse), warehouse.rows("select * from ops.client_months")) == before


def test_rows_of_the_api_win_until_a_person_says_otherwise_and_never_by_less(
    warehouse: Warehouse, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    leads = Client(client_id="a", name="A", ad_account_id="act_1004")
    rows = rows_of_sandbox(sandbox, "act_1004", SINCE, UNTIL)
    whole = written_to(tmp_path, export_of(rows, "1004", "USD"))
    half = written_to(tmp_path, export_of(rows, "1004", "USD", Decimal("0.5")), "half.csv")
    ask(warehouse, sandbox, SINCE, date(2026, 10, 3), leads)
    imported = take_in(warehouse, sandbox, whole, leads)
    assert imported.left_out == {OF_API: [date(2026, 10, day) for day in (1, 2, 3)]}
    assert imported.days_changed == 4
    replaced = take_in(warehouse, sandbox, whole, leads, replace=True)
    assert (replaced.left_out, replaced.days_changed, replaced.days_refused) == ({}, 3, 0)
    before = staged(warehouse)
    refused = take_in(warehouse, sandbox, half, leads, replace=True)
    assert (refused.days_kept, refused.days_refused) == (0, 7)
    assert {v.rule for o in refused.outcomes if o.verdict for v in o.verdict.blocking} == {
        "standing_data_vanished"
    }
    assert staged(warehouse) == before


@pytest.mark.parametrize(
    ("column", "cells", "is_named"),
    [
        ("Purchases", ("2", ""), True),
        ("Reach", ("90", "150"), False),
        ("Results,Result indicator", ("2,actions:omni_purchase", "1,actions:lead"), True),
        ("Results,Result indicator", ("2,actions:omni_purchase", "4,actions:link_click"), False),
        ("Results,Result type", ("2,Purchases", "1,Quote requested"), False),
    ],
)
def test_conversions_that_a_file_does_not_name_are_unknown(
    warehouse: Warehouse,
    sandbox: SandboxProcess,
    tmp_path: Path,
    column: str,
    cells: tuple[str, str],
    is_named: bool,
) -> None:
    path = written_to(tmp_path, OLD.format(column, *cells))
    imported = take_in(warehouse, sandbox, path, timezone_name="Europe/Berlin")
    days = [date(2019, 3, 1), date(2019, 3, 2)]
    assert imported.days_kept == 2
    assert imported.without_conversions == ([] if is_named else days)
    assert warehouse.value("select names_conversions from ops.imports") is is_named
    rules = {v.rule for o in imported.outcomes if o.verdict for v in o.verdict.violations}
    assert rules - {"unexpected_silence"} == (
        {"known_action_types"} if "Quote" in cells[1] else set()
    )
    types = warehouse.rows(
        "select distinct e ->> 'action_type' from staging.conversions, "
        "jsonb_array_elements(actions) as e where level = 'campaign' order by 1"
    )
    assert ("link_click",) in types
    assert (("export_result.quote_requested",) in types) == ("Quote" in cells[1])


@pytest.mark.parametrize(
    ("text", "client", "words"),
    [
        (OLD.format("Account ID", "77", "77"), CLIENT, "is of the ad account 77, and a has 1001"),
        (
            OLD.replace("EUR", "PLN").format("Leads", "", ""),
            CLIENT,
            "is in PLN, and the .* is in EUR",
        ),
        (OLD.replace(" (EUR)", "").format("Leads", "", ""), CLIENT, "names no currency"),
        (
            OLD.replace("Clicks (all)", "CTR").format("Leads", "", ""),
            CLIENT,
            "no column Clicks .all.",
        ),
        (
            OLD.replace("Campaign ID", "Note").format("Leads", "", ""),
            CLIENT,
            "no column Campaign ID",
        ),
        (OLD.replace("1.50", "").format("Leads", "", ""), CLIENT, "Line 2 has no Amount spent"),
        (OLD.replace(",11,", ",,").format("Leads", "", ""), CLIENT, "Line 2 has no Campaign ID"),
        (OLD.format("Account name", "Other", "Other"), CLIENT, "is named"),
    ],
)
def test_what_is_not_exactly_the_clients_is_refused_and_nothing_is_kept(
    warehouse: Warehouse,
    sandbox: SandboxProcess,
    tmp_path: Path,
    text: str,
    client: Client,
    words: str,
) -> None:
    with pytest.raises(UsageError, match=words):
        take_in(warehouse, sandbox, written_to(tmp_path, text), client)
    assert warehouse.value("select count(*) from ops.batches") == 0


def test_rows_of_ads_are_added_up_and_kept_at_the_levels_that_the_client_collects(
    warehouse: Warehouse, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    text = (
        "Day,Campaign ID,Campaign name,Ad set ID,Ad ID,Amount spent (EUR),Impressions,Reach,"
        "Clicks (all),Link clicks,Purchases,Purchases conversion value,Results,Result indicator\n"
        "2019-03-01,11,A,21,31,1.50,100,90,5,3,1,20.50,3,actions:link_click\n"
        "2019-03-01,11,A,21,32,2.25,200,150,6,4,2,30.25,2,actions:lead\n"
    )
    client = Client(client_id="a", name="A", ad_account_id="act_1001", levels=("campaign", "ad"))
    imported = take_in(warehouse, sandbox, written_to(tmp_path, text), client)
    assert [v.rule for o in imported.outcomes if o.verdict for v in o.verdict.violations] == []
    assert warehouse.rows(
        "select level, entity_id, spend, impressions, reach, link_clicks "
        "from staging.insights order by level, entity_id"
    ) == [
        ("ad", "31", Decimal("1.50"), 100, 90, 3),
        ("ad", "32", Decimal("2.25"), 200, 150, 4),
        ("campaign", "11", Decimal("3.75"), 300, None, 7),
    ]
    assert warehouse.rows(
        "select level, e ->> 'action_type', (e ->> 'value')::numeric from staging.conversions, "
        "jsonb_array_elements(actions) as e where level in ('account', 'campaign') order by 1, 2"
    ) == [
        (level, action_type, count)
        for level in ("account", "campaign")
        for action_type, count in (
            ("lead", 2),
            ("link_click", 7),
            ("omni_purchase", 3),
            ("purchase", 3),
        )
    ]


def test_a_campaign_of_another_account_is_refused_with_its_line(
    warehouse: Warehouse, sandbox: SandboxProcess, exported: Path, tmp_path: Path
) -> None:
    take_in(warehouse, sandbox, exported)
    other = Client(client_id="a", name="A", ad_account_id="act_1004", account_since=UNTIL)
    campaign = warehouse.value("select min(campaign_id) from staging.insights")
    text = OLD.format("Leads", "", "").replace("2019-03-02,11", f"2019-03-02,{campaign}")
    with pytest.raises(UsageError, match=f"Line 3: the campaign {campaign} belongs to .* 1001"):
        take_in(warehouse, sandbox, written_to(tmp_path, text, "old.csv"), other)


def test_days_that_are_not_the_clients_are_left_out_by_name(
    warehouse: Warehouse, sandbox: SandboxProcess, exported: Path
) -> None:
    since, until = date(2026, 10, 3), date(2026, 10, 5)
    client = Client(
        client_id="a", name="A", ad_account_id="act_1001", starts_on=since, ends_on=until
    )
    imported = take_in(warehouse, sandbox, exported, client)
    assert imported.days_kept == 3
    assert [[day.day for day in days] for days in imported.left_out.values()] == [[1, 2], [6, 7]]
    assert all(
        name in reason
        for name, reason in zip(("starts_on", "ends_on"), imported.left_out, strict=True)
    )
