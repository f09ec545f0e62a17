"""A recorded export, replayed through the API, comes out of the marts digit for digit."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from factories import write_clients
from places import Place, receipts_that_disagree

from orchestration.sandbox.process import SandboxProcess
from orchestration.sandbox.replay.account import load_replay
from orchestration.warehouse.embedded.server import EmbeddedServer

FIRST, LAST = date(2025, 3, 1), date(2025, 4, 30)
MISSING = (date(2025, 3, 18), date(2025, 3, 19))
DAYS = [FIRST + timedelta(n) for n in range((LAST - FIRST).days + 1)]
SPEND = {
    day: Decimal(f"{100 + n}.{n:02d}691149966{693 + n}")
    for n, day in enumerate(DAYS)
    if day not in MISSING
}
REVENUE = {day: Decimal(f"{900 + 7 * n}.66680171584{176 + n}") for n, day in enumerate(SPEND)}


@dataclass
class Replayed:
    """Two runs over the same file, the second with --json."""

    warehouse: Any
    shown: "CompletedProcess[str]"
    as_json: "CompletedProcess[str]"


def recorded(folder: Path) -> Path:
    """An export with a hole of two days, and amounts of many digits."""
    lines = ["date,spend,impressions,clicks,link_clicks,reach,purchases,purchase_value"]
    lines += [
        f"{day},{spend},{1000 + n},{50 + n},{30 + n},{800 + n},{n % 5},"
        f"{REVENUE[day] if n % 5 else 0}"
        for n, (day, spend) in enumerate(SPEND.items())
    ]
    path = folder / "export.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def replayed(
    server: EmbeddedServer,
    template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Replayed]:
    home = tmp_path_factory.mktemp("replay")
    path = recorded(home)
    clients = write_clients(
        home / "clients.yml",
        f"client_id: recorded, name: Recorded, ad_account_id: act_77, starts_on: {FIRST}",
    )
    with SandboxProcess(replay=path, account_id="act_77", currency="EUR") as sandbox:
        environment = {
            "META_API_URL": sandbox.url,
            "META_ADS_CLIENTS": str(clients),
            "META_ADS_NOW": load_replay(path).suggested_now.isoformat(),
        }
        with Place(server, template).warehouse(home, environment) as warehouse:
            span = ("--since", str(FIRST), "--until", str(LAST))
            shown = warehouse.run("run", *span)
            as_json = warehouse.run("collect", *span, "--json")
            yield Replayed(warehouse, shown, as_json)


def test_sums_of_the_replay_are_the_files_to_the_last_digit(replayed: Replayed) -> None:
    # The days that the file lacks are named at their first reading, and end the run with a 1.
    assert replayed.shown.returncode == 1, replayed.shown.stderr
    rows = replayed.warehouse.rows(
        "select month, spend, impressions, clicks, purchases, purchase_value, currency "
        "from marts.monthly_client_summary where publication_id is not null order by month"
    )
    numbers = {day: n for n, day in enumerate(SPEND)}
    assert rows == [
        (
            month,
            sum(SPEND[day] for day in of_month),
            sum(1000 + numbers[day] for day in of_month),
            sum(50 + numbers[day] for day in of_month),
            sum(numbers[day] % 5 for day in of_month),
            sum((REVENUE[day] for day in of_month if numbers[day] % 5), Decimal(0)),
            "EUR",
        )
        for month in (FIRST, date(2025, 4, 1))
        for of_month in [[day for day in SPEND if day.month == month.month]]
    ]
    daily = dict(
        replayed.warehouse.rows("select date_day, spend from marts.daily_campaign_performance")
    )
    assert daily == SPEND
    assert receipts_that_disagree(replayed.warehouse) == []


def test_days_that_the_file_lacks_are_named_as_a_suspected_gap(replayed: Replayed) -> None:
    assert f"suspected gap recorded {MISSING[0]} to {MISSING[1]}" in replayed.shown.stdout
    assert replayed.as_json.returncode == 0, replayed.as_json.stderr
    (trouble,) = json.loads(replayed.as_json.stdout)["troubles"]
    assert (trouble["kind"], trouble["since"], trouble["until"]) == (
        "suspected gap",
        *(str(day) for day in MISSING),
    )
