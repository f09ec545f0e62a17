"""An agency puts the id of a new ad account under the same client, then says from which day on."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from factories import write_clients
from places import DAY_BEFORE, NOW, DumpedTables, Place, dump_marts, published, truth

from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.embedded.server import EmbeddedServer

OLD, NEW, OTHER = "act_1001", "act_1002", "act_1004"
STARTS = "2026-10-01"
NAMED = f"the clients file names {NEW} for a client that has days of {OLD}"
MONTHS = (
    "select month, month_state, is_complete, spend from marts.monthly_client_summary "
    "where client_id = 'moved' order by 1"
)


@dataclass
class Story:
    """The runs, with what the marts showed after the first and the second."""

    url: str
    warehouse: Any
    refused: "CompletedProcess[str]"
    owed: "CompletedProcess[str]"
    taken: "CompletedProcess[str]"
    before: DumpedTables
    while_refused: DumpedTables
    months: list[tuple[Any, ...]]


def write(home: Path, account: str) -> Path:
    return write_clients(
        home / "clients.yml",
        f"client_id: moved, name: Moved, ad_account_id: {account}, starts_on: {STARTS}",
        f"client_id: other, name: Other, ad_account_id: {OTHER}, starts_on: 2026-11-13",
    )


@pytest.fixture(scope="module")
def story(
    server: EmbeddedServer,
    template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Story]:
    home = tmp_path_factory.mktemp("accounts")
    with SandboxProcess(now=datetime.fromisoformat(NOW)) as sandbox:
        environment = {
            "META_API_URL": sandbox.url,
            "META_ADS_CLIENTS": str(write(home, OLD)),
        }
        with Place(server, template).warehouse(home, environment) as warehouse:
            first = warehouse.run("run", META_ADS_NOW=DAY_BEFORE)
            assert first.returncode == 0, first.stderr
            before, months = dump_marts(warehouse), warehouse.rows(MONTHS)
            write(home, NEW)
            refused = warehouse.run("run", "--json", META_ADS_NOW=DAY_BEFORE)
            owed = warehouse.run("owed")
            while_refused = dump_marts(warehouse)
            write(home, f"{NEW}, account_since: 2026-11-10")
            taken = warehouse.run("run", "--json")
            yield Story(sandbox.url, warehouse, refused, owed, taken, before, while_refused, months)


def test_without_a_day_the_client_is_refused_with_the_sentence_and_nothing_changes(
    story: Story,
) -> None:
    assert story.refused.returncode == 1, story.refused.stderr
    (told,) = json.loads(story.refused.stdout)["troubles"]
    assert (told["kind"], told["client_id"]) == ("account", "moved")
    assert NAMED in told["reason"]
    assert "account_since: YYYY-MM-DD" in told["reason"]
    assert f"moved: {NAMED}" in " ".join(story.owed.stdout.split())
    assert story.while_refused == story.before


def test_with_it_each_account_has_its_days_and_history_stands(story: Story) -> None:
    assert story.taken.returncode == 0, story.taken.stdout + story.taken.stderr
    assert json.loads(story.taken.stdout)["troubles"] == []
    october, _ = story.months
    after = story.warehouse.rows(MONTHS)
    # Nothing can be read again of the old account's months: they are final.
    assert after[0] == (october[0], "final", True, october[3])
    assert after[1][1:3] == ("open", True)
    spends = "select sum(spend) from marts.daily_campaign_performance where client_id = 'moved' "
    for account, since, until in (
        (OLD, "2026-11-01", "2026-11-09"),
        (NEW, "2026-11-10", "2026-11-14"),
    ):
        told = truth(story.url, account, since, until)
        days = f"and date_day between '{since}' and '{until}'"
        assert story.warehouse.value(spends + days) == told["spend"]
    assert published(story.warehouse, "monthly_client_summary", "2026-11-01").keys() == {
        "moved",
        "other",
    }
