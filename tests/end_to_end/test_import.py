"""An export of an account's days comes out of the marts to the cent, through the installed door."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from export_files import csv_bytes, written_to
from exported_days import export_of, rows_of_sandbox
from factories import write_clients
from places import Place, dump_marts, receipts_that_disagree, truth

from benchmarks.sandbox_truth import FIGURE_NAMES, FIGURES
from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.embedded.server import EmbeddedServer

SINCE, UNTIL = date(2026, 10, 1), date(2026, 10, 31)
LONG_AGO = date(2019, 3, 1)
"""Meta keeps 37 months."""
OLD = [
    ["Day", "Campaign ID", "Campaign name", "Amount spent (EUR)", "Impressions", "Clicks (all)"],
    ["2019-03-01", "11", "Old", "1,234.50", "60,000", "700"],
]


@dataclass
class Imports:
    """A preview and an import of a month, and the same file once more."""

    warehouse: Any
    sandbox: SandboxProcess
    file: Path
    previewed: "CompletedProcess[str]"
    batches_after_preview: int
    imported: "CompletedProcess[str]"
    again: "CompletedProcess[str]"


@pytest.fixture(scope="module")
def imports(
    server: EmbeddedServer,
    template: str,
    sandbox: SandboxProcess,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Imports]:
    home = tmp_path_factory.mktemp("import")
    rows = rows_of_sandbox(sandbox, "act_1001", SINCE, UNTIL)
    old = [each | {"date_start": str(LONG_AGO), "campaign_id": "11"} for each in rows[:1]]
    file = written_to(home, export_of([*old, *rows], "1001", "EUR"), "Oktober.csv")
    clients = write_clients(
        home / "clients.yml",
        f"client_id: acme, name: Acme, ad_account_id: act_1001, status: ended, ends_on: {UNTIL}",
    )
    environment = {"META_API_URL": sandbox.url, "META_ADS_CLIENTS": str(clients)}
    with Place(server, template).warehouse(home, environment) as warehouse:
        order = ("import", str(file), "--client", "acme")
        previewed = warehouse.run(*order, "--preview")
        batches = warehouse.value("select count(*) from ops.batches")
        imported = warehouse.run(*order, "--json")
        again = warehouse.run(*order)
        yield Imports(warehouse, sandbox, file, previewed, batches, imported, again)


def test_a_preview_shows_the_mapping_the_totals_and_the_days_and_keeps_nothing(
    imports: Imports,
) -> None:
    assert imports.previewed.returncode == 0, imports.previewed.stderr
    shown = imports.previewed.stdout
    assert "spend = Ausgegebener Betrag (EUR)" in shown
    assert "32 days would be imported, 32 of them new or changed; 0 would be refused." in shown
    assert "the total of line 2 agrees" in shown
    assert imports.batches_after_preview == 0


def test_the_marts_have_the_month_to_the_cent(imports: Imports) -> None:
    assert imports.imported.returncode == 0, imports.imported.stdout + imports.imported.stderr
    document = json.loads(imports.imported.stdout)
    # What it says of months is about those of the file.
    assert [month["month"] for month in document["months"]] == [str(LONG_AGO), str(SINCE)]
    told = truth(imports.sandbox.url, "act_1001", str(SINCE), str(UNTIL))
    old = imports.warehouse.rows(
        "select spend, days_received, is_complete, conversions is null "
        "from marts.monthly_client_summary where month = %s",
        [LONG_AGO],
    )
    assert old[0][1:] == (1, False, False)
    assert Decimal(document["import"]["totals"]["spend"]) == told["spend"] + old[0][0]
    (figures,) = imports.warehouse.rows(
        f"select {FIGURES} from marts.monthly_client_summary where month = %s group by currency",
        [SINCE],
    )
    assert dict(zip(FIGURE_NAMES, figures, strict=True)) == told
    assert receipts_that_disagree(imports.warehouse) == []


def test_the_same_file_changes_nothing(imports: Imports) -> None:
    assert imports.again.returncode == 0, imports.again.stderr
    assert "Nothing changed: there is nothing to publish." in imports.again.stdout
    assert imports.warehouse.value("select count(*) from ops.publications") == 1


def test_a_number_says_from_which_file_it_came(imports: Imports) -> None:
    campaign = imports.warehouse.value("select max(campaign_id) from staging.insights")
    shown = imports.warehouse.run("explain", "acme", "2026-10", "--campaign", campaign)
    assert "imported from Oktober.csv (sha256 " in shown.stdout, shown.stderr
    assert "export: " in shown.stdout


def test_a_file_that_is_refused_leaves_everything_as_it_was(imports: Imports) -> None:
    before = dump_marts(imports.warehouse)
    damaged = imports.file.read_bytes().replace(b";1001;", b";1002;")
    for content, words in (
        (damaged, "is of the ad account 1002, and acme has 1001"),
        (csv_bytes(OLD), "has no column Link clicks"),
        (csv_bytes([*OLD, ["2019-03-02", "11", "Old", "1.234,50", "1", "1"]]), "Line 3, column"),
    ):
        file = written_to(imports.file.parent, content, "damaged.csv")
        refused = imports.warehouse.run("import", str(file), "--client", "acme")
        assert (refused.returncode, words in refused.stderr) == (2, True), refused.stderr
    assert dump_marts(imports.warehouse) == before
