"""After retention every question about a published month of years ago has the answer it had."""

import json
from datetime import date
from typing import Any

import pytest
from databases import Warehouse
from dbt_runs import Dbt
from factories import write_clients
from worlds.years import add_years, keeping, refuse

from orchestration.cli.main import app
from orchestration.retention.prune import prune

BEGIN = date(2024, 6, 1)
QUESTIONS = (
    ("explain", "acme", "2024-07", "--json"),
    ("explain", "acme", "2024-07", "--campaign", "c1", "--json"),
    ("explain", "acme", "2025-03", "--campaign", "c1", "--metric", "conversions", "--json"),
    ("explain", "acme", "2026-11", "--campaign", "c1", "--json"),
    ("owed", "--json"),
    ("health", "--json"),
    ("recover", "--list", "--json"),
)
INSTANTS = ("2024-08-01", "2024-08-20T08:00:00Z", "2025-04-10", "2025-10-20", "2026-11-15")


def answers(warehouse: Warehouse, capsys: pytest.CaptureFixture[str]) -> dict[tuple[str, ...], Any]:
    """What the commands say, and what the marts of the past show at several instants."""
    found: dict[tuple[str, ...], Any] = {}
    for question in QUESTIONS:
        app([*question], standalone_mode=False)
        found[question] = json.loads(capsys.readouterr().out)
    for volatile in ("checkedAt", "lastCheck"):
        found[("health", "--json")].pop(volatile, None)
    with warehouse.connect() as connection:
        for instant in INSTANTS:
            connection.execute("select set_config('meta_ads.as_of', %s, false)", [instant])
            for mart in ("client_month_states", "monthly_client_summary"):
                rows = connection.execute(f"select * from marts_as_of.{mart} order by 1, 2")
                found[mart, instant] = rows.fetchall()
    return found


def test_every_question_has_the_answer_that_it_had(
    warehouse: Warehouse,
    dbt: Dbt,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_years(warehouse, acme=BEGIN)
    refuse(warehouse, "acme", date(2025, 3, 10), date(2025, 4, 20), is_open=True)
    assert dbt.build().exit_code == 0
    # Readers of the past see it as if it had been published back then.
    warehouse.execute("update ops.publications set published_at = '2024-07-05'")
    clients = write_clients(
        warehouse.home / "clients.yml",
        "client_id: acme, name: Acme, ad_account_id: act_1, starts_on: 2024-06-01",
    )
    environment = {"META_ADS_CLIENTS": str(clients), "META_ACCESS_TOKEN": "t"}
    for name, value in warehouse.command_environment(environment).items():
        monkeypatch.setenv(name, value)

    before = answers(warehouse, capsys)
    states = {row[2] for row in before["client_month_states", "2025-04-10"]}
    assert states >= {"final", "provisional"}
    day = before[QUESTIONS[1]]["days"][4]
    assert (len(day["receipts"]), day["is_pruned"], day["differs"]) == (56, False, False)
    pruned = {each.rule.name: each.rows for each in prune(keeping(warehouse), 600)}
    assert min(pruned["landing"], pruned["receipts"]) > 1000
    after = answers(warehouse, capsys)
    for question, answer in before.items():
        assert after[question] == answer, question

    # What the answer to a number was may be given up by a setting; then it is said.
    warehouse.execute("delete from landing.insights where payload ->> 'date_start' = '2024-07-05'")
    app([*QUESTIONS[1]], standalone_mode=False)
    days = json.loads(capsys.readouterr().out)["days"]
    assert [day["is_pruned"] for day in days] == [day["date_day"] == "2024-07-05" for day in days]
    assert days[4] == day | {
        "is_pruned": True,
        "api_row": None,
        "api_entries": {},
        "api_value": None,
        "differs": None,
    }
    app([*QUESTIONS[1][:-1]], standalone_mode=False)
    text = " ".join(capsys.readouterr().out.split())
    assert "; the API's row is no longer kept 2024-07-06:" in text
    assert (
        "The rows that Meta sent are no longer kept for 2024-07-05 (META_ADS_KEEP_STANDING_MONTHS)"
        in text
    )
    assert "differs" not in text
    app([*QUESTIONS[1][:-1], "--metric", "add_to_cart"], standalone_mode=False)
    assert "cannot be added up again without these days" in capsys.readouterr().out
