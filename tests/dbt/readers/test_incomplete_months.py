"""Which months are incomplete, and why: also of clients of which nothing was ever published."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from analysts import asked
from databases import Warehouse
from dbt_runs import Dbt, Once
from factories import add_client, campaign, days, purchases, put_day, put_month
from three_days import FIRST, MONTH, SECOND

ROOT = Path(__file__).parents[3]
SQL = re.compile(r"```sql\n(.*?)```", re.DOTALL)
COMMENT = re.compile(r"--.*")
DUE = days(MONTH, date(2026, 11, 14))
NEVER = "Nothing is published: received 0 of 14 due days, not 2026-11-01 to 2026-11-14 "


@pytest.fixture
def world(warehouse: Warehouse, dbt: Dbt, once: Once) -> Any:
    """whole: all days. gap: a day failed. held: left out by the build. mute: the account never
    answered. new: not asked yet. paused owes nothing; gone left the clients file."""

    def make() -> None:
        for client_id in ("whole", "gap", "held", "new", "paused", "gone"):
            add_client(
                warehouse,
                client_id,
                client_group="pair" if client_id in ("whole", "new") else None,
                status="paused" if client_id == "paused" else "active",
                is_listed=client_id != "gone",
            )
        unanswered = {"timezone_name": None, "currency": None, "owed_since": None}
        add_client(warehouse, "mute", client_group="pair", starts_on=MONTH, **unanswered)
        sold = campaign("c1", **purchases(2))
        put_month(warehouse, "whole", DUE, sold)
        put_month(warehouse, "gap", [day for day in DUE if day != SECOND], sold)
        put_month(warehouse, "held", DUE, sold)
        put_day(warehouse, "held", FIRST, sold, totals={"spend": 99})
        attempted(warehouse, "gap", [SECOND], "refused", "not_split: 4 purchases are missing")
        attempted(warehouse, "mute", DUE[:13], "failed", "the access token is dead")
        assert dbt.build().exit_code == 0

    once("readers_incomplete_months", make)
    return warehouse


def attempted(
    warehouse: Warehouse, client_id: str, tried: list[date], state: str, reason: str
) -> None:
    """The receipts of attempts that brought nothing."""
    for day in tried:
        warehouse.execute(
            "insert into ops.receipts (client_id, level, date_day, state, reason) "
            "values (%s, 'campaign', %s, %s, %s)",
            [client_id, day, state, reason],
        )


def test_every_owed_client_month_says_why_it_is_not_complete(world: Warehouse) -> None:
    for mart in ("client_month_states", "monthly_client_summary"):
        found = asked(
            world,
            "select client_id, month_state, is_complete, incomplete_reason, publication_id "
            f"from marts.{mart} where month = '2026-11-01'",
        )
        assert {row["client_id"]: row["incomplete_reason"] for row in found} == {
            "whole": None,
            "gap": "Received 13 of 14 due days, not 2026-11-02 "
            "(1 refused: not_split: 4 purchases are missing).",
            "held": "Nothing is published: the latest build left the month out (control_totals); "
            "received 14 of 14 due days.",
            "mute": f"{NEVER}(13 failed: the access token is dead; 1 never asked).",
            "new": f"{NEVER}(14 never asked).",
        }
        assert {row["client_id"] for row in found if row["is_complete"]} == {"whole"}
        unpublished = {row["client_id"] for row in found if row["month_state"] == "unpublished"}
        assert unpublished == {r["client_id"] for r in found if r["publication_id"] is None}
        assert unpublished == {"held", "mute", "new"}


def test_a_month_that_is_not_published_has_nulls_and_no_zero(world: Warehouse) -> None:
    measures = "spend, impressions, clicks, campaigns, conversions, purchases, ctr, roas"
    found = asked(
        world,
        f"select client_name, currency, {measures}, conversions_null_reason "
        "from marts.monthly_client_summary where client_id = 'mute'",
    )
    (row,) = found
    assert row.pop("client_name") == "Mute"
    assert row.pop("conversions_null_reason") == "nothing of the month is published"
    assert {*row.values()} == {None}


def test_a_group_says_which_of_its_clients_its_sums_lack(world: Warehouse) -> None:
    found = asked(
        world,
        "select currency, client_count, spend, conversions, is_complete, incomplete_reason "
        "from marts.monthly_group_summary where client_group = 'pair' order by currency",
    )
    told = [
        f"new: {NEVER}(14 never asked).",
        f"mute: {NEVER}(13 failed: the access token is dead; 1 never asked).",
    ]
    assert [(*row.values(),) for row in found] == [
        ("EUR", 1, 140, 28, False, " ".join(told)),
        (None, 0, None, None, False, told[1]),
    ]


def test_dim_clients_has_every_client(world: Warehouse) -> None:
    found = asked(world, "select client_id, first_month, is_listed from marts.dim_clients")
    assert {row["client_id"]: row["first_month"] for row in found} == {
        "whole": str(MONTH),
        "gap": str(MONTH),
        **dict.fromkeys(("held", "mute", "new", "paused", "gone")),
    }
    assert {row["client_id"] for row in found if not row["is_listed"]} == {"gone"}


def test_the_past_does_not_know_what_was_owed_or_added_later(world: Warehouse) -> None:
    world.execute("update ops.clients set added_at = '2026-11-05' where client_id <> 'new'")
    world.execute("update ops.receipts set received_at = '2026-11-06' where client_id = 'mute'")
    world.execute("update ops.clients set added_at = '2026-11-10' where client_id = 'new'")
    states = "select client_id, days_owed, incomplete_reason from marts_as_of.client_month_states"
    found = asked(world, states, "--as-of", "2026-11-07")
    # A day alone means its end, when the day itself is not due yet.
    reason = "Nothing is published: received 0 of 6 due days, not 2026-11-01 to 2026-11-06 "
    failed = "(6 failed: the access token is dead)."
    assert {row["client_id"]: row["incomplete_reason"] for row in found} == {
        **dict.fromkeys(("whole", "gap", "held"), f"{reason}(6 never asked)."),
        "mute": f"{reason}{failed}",
    }
    assert {row["days_owed"] for row in found} == {6}
    known = asked(world, "select client_id from marts_as_of.dim_clients", "--as-of", "2026-11-07")
    assert "new" not in {row["client_id"] for row in known}
    assert asked(world, states, "--as-of", "2026-11-04") == []


@pytest.mark.parametrize("page", ["README.md", "docs/analysts.md"])
def test_the_queries_of_the_docs_are_queries(world: Warehouse, page: str) -> None:
    blocks = SQL.findall((ROOT / page).read_text("utf-8"))
    with world.connect() as connection:
        connection.execute("set role analyst")
        answered = [
            (statement, connection.execute(statement).rowcount)
            for block in blocks
            for statement in COMMENT.sub("", block).split(";")
            # An administrator's statements are tested with the roles.
            if statement.strip() and "role" not in block
        ]
    assert any(rows > 0 for statement, rows in answered if "where not is_complete" in statement)
    assert len(answered) >= 3
