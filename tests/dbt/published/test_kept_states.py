"""Published rows are verified, kept for a while, pruned, and read as of a day."""

from decimal import Decimal
from typing import Any

import psycopg
import pytest
from databases import Warehouse
from dbt_runs import Dbt, Once
from factories import campaign, purchases, put_day
from publication_steps import build, ids, run, run_json, shown
from three_days import FIRST, SECOND, THIRD

Aged = tuple[Warehouse, list[int], dict[int, Any]]
"""A warehouse, the ids of its publications, and what readers saw after each."""


def tamper(warehouse: Warehouse, *statements: str) -> None:
    """Change rows as only a superuser can, past the triggers that stop everybody else."""
    with warehouse.connect() as connection:
        connection.execute("set session_replication_role = replica")
        for statement in statements:
            assert connection.execute(statement).rowcount == 1


def test_rows_as_they_were_published_are_verified(changed: Warehouse) -> None:
    text = run(changed, "verify").stdout
    rows = sum(
        changed.value(f"select count(*) from published.{mart[0]}")
        for mart in changed.rows("select tablename from pg_tables where schemaname = 'published'")
    )
    assert text == f"{rows} rows in 2 client-months are as they were published.\n"
    assert run_json(changed, "verify") == {
        "is_as_published": True,
        "row_count": rows,
        "client_months": 2,
        "rows": [],
        "history": [],
    }


def test_each_row_changed_behind_the_back_is_named_and_a_full_build_puts_them_right(
    published: Warehouse, dbt: Dbt
) -> None:
    before = shown(published)
    daily = "published.daily_campaign_performance"
    tamper(
        published,
        f"update {daily} set spend = spend + 1 "
        f"where client_id = 'acme' and campaign_id = 'c1' and date_day = '{SECOND}'",
        f"delete from {daily} "
        f"where client_id = 'acme' and campaign_id = 'c2' and date_day = '{THIRD}'",
        f"create temp table copied on commit drop as select * from {daily} "
        f"where client_id = 'borealis' and campaign_id = 'c1' and date_day = '{FIRST}'",
        "update copied set date_day = '2026-11-09'",
        f"insert into {daily} select * from copied",
    )
    found = run_json(published, "verify", code=1)
    assert found["is_as_published"] is False
    assert [(r["client_id"], r["row_key"], r["problem"]) for r in found["rows"]] == [
        ("acme", "c1 2026-11-02", "was changed"),
        ("acme", "c2 2026-11-03", "is gone"),
        ("borealis", "c1 2026-11-09", "was added"),
    ]
    text = run(published, "verify", code=1).stdout
    assert "daily_campaign_performance acme 2026-11 [c1 2026-11-02]: was changed" in text
    assert "meta-ads build --full-refresh puts published rows right" in text
    build(dbt, "--full-refresh")
    assert shown(published) == before
    assert published.rows("select * from ops.verify_rows()") == []
    # What was shown in between stays in the history, and is not what was published.
    assert run_json(published, "verify", code=1)["rows"] == []
    run(published, "prune", "--keep-days", "0")
    run(published, "verify")


def test_rows_of_a_client_month_that_was_never_published_are_named(published: Warehouse) -> None:
    tamper(
        published,
        "create temp table copied on commit drop as select * from published.client_months "
        "where client_id = 'acme'",
        "update copied set client_id = 'nobody'",
        "insert into published.client_months select * from copied",
    )
    found = run_json(published, "verify", code=1)
    assert [(r["mart"], r["client_id"], r["problem"]) for r in found["rows"]] == [
        ("client_months", "nobody", "was never published")
    ]


def test_changed_history_is_named_with_the_publication_that_showed_it(changed: Warehouse) -> None:
    first, _ = ids(changed)
    tamper(
        changed,
        "update history.daily_campaign_performance set spend = 1 "
        f"where client_id = 'acme' and campaign_id = 'c1' and date_day = '{SECOND}'",
    )
    found = run_json(changed, "verify", code=1)
    assert found["rows"] == []
    assert found["history"] == [
        {
            "publication_id": first,
            "mart": "daily_campaign_performance",
            "client_id": "acme",
            "month": "2026-11-01",
        }
    ]
    text = run(changed, "verify", code=1).stdout
    assert f"what publication {first} showed is not what it published" in text


@pytest.mark.parametrize("schema", ["published", "history"])
@pytest.mark.parametrize(
    "statement",
    [
        "delete from {}.daily_campaign_performance",
        "update {}.daily_campaign_performance set spend = 0",
        "truncate {}.daily_campaign_performance",
        "insert into {0}.daily_campaign_performance select * from {0}.daily_campaign_performance",
    ],
)
def test_rows_are_changed_by_publications_only(
    changed: Warehouse, schema: str, statement: str
) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="changed by publications only"):
        changed.execute(statement.format(schema))
    run(changed, "verify")


@pytest.fixture(scope="module")
def seen() -> list[Any]:
    """What readers saw after each publication of `aged`."""
    return []


@pytest.fixture
def aged(published: Warehouse, dbt: Dbt, once: Once, seen: list[Any]) -> Aged:
    """Four publications: two in one month long ago, one in the next month, one now.

    With what readers saw after each of them.
    """

    def make() -> None:
        seen.append(shown(published))
        for spend in (11, 12, 13):
            put_day(published, "acme", SECOND, campaign("c1", spend=Decimal(spend)))
            build(dbt)
            seen.append(shown(published))
        for number, (months, day) in zip(ids(published), [(6, 3), (6, 20), (5, 5)], strict=False):
            published.execute(
                "update ops.publications set published_at = date_trunc('month', now()) "
                "- make_interval(months => %s) + make_interval(days => %s) "
                "where publication_id = %s",
                [months, day, number],
            )

    once("kept_states_aged", make)
    known = ids(published)
    return published, known, dict(zip(known, seen, strict=True))


def as_published(warehouse: Warehouse, number: int) -> dict[str, list[Any]]:
    at = warehouse.value(
        "select published_at from ops.publications where publication_id = %s", [number]
    )
    return shown(warehouse, schema="marts_as_of", as_of=at)


def test_pruning_gives_up_old_states_but_keeps_the_last_of_each_month(aged: Aged) -> None:
    warehouse, (first, second, third, fourth), seen = aged
    would = run(warehouse, "prune", "--dry-run").stdout
    assert would.startswith("1 publications older than 90 days would be pruned, ")
    assert as_published(warehouse, first) == seen[first]
    assert run(warehouse, "prune").stdout.startswith("1 publications older than 90 days are pruned")
    assert warehouse.rows(
        "select publication_id from ops.publications where pruned_at is not null"
    ) == [(first,)]
    for number in (second, third, fourth):
        assert as_published(warehouse, number) == seen[number]
    assert shown(warehouse) == seen[fourth]
    run(warehouse, "verify")
    assert "pruned" in run(warehouse, "list").stdout
    assert run(warehouse, "prune").stdout.startswith("0 publications")


def test_what_was_pruned_is_refused_with_the_nearest_that_is_kept(aged: Aged) -> None:
    warehouse, (first, second, third, _), seen = aged
    run(warehouse, "prune")
    with pytest.raises(psycopg.errors.RaiseException, match=f"Publication {first} was pruned") as e:
        as_published(warehouse, first)
    assert f"The nearest that are kept: {second} of " in str(e.value)
    for arguments in (("rollback", str(first), "--reason", "x"), ("diff", str(first), str(third))):
        done = run(warehouse, *arguments, code=2)
        assert f"Publication {first} was pruned" in done.stderr
        assert f"{second} of " in done.stderr
    run(warehouse, "rollback", str(second), "--reason", "kept")
    assert shown(warehouse) == seen[second]


def test_the_marts_of_the_past_are_what_the_marts_showed_then(
    published: Warehouse, dbt: Dbt
) -> None:
    seen = [shown(published)]
    put_day(published, "acme", SECOND, campaign("c1", **purchases(9)), campaign("c4"))
    build(dbt)
    seen.append(shown(published))
    put_day(published, "borealis", FIRST, state="empty")
    build(dbt)
    seen.append(shown(published))
    for number, rows in zip(ids(published), seen, strict=True):
        assert as_published(published, number) == rows
    assert set(map(len, shown(published, schema="marts_as_of", as_of="2020-01-01").values())) == {0}


def test_the_marts_of_the_past_ask_for_a_day(published: Warehouse) -> None:
    query = "select * from marts_as_of.monthly_client_summary"
    with pytest.raises(psycopg.errors.RaiseException, match="As of when") as error:
        published.execute(query)
    assert "set meta_ads.as_of" in str(error.value)
    done = published.run("sql", query)
    assert (done.returncode, done.stdout) == (2, "")
    assert "The query fails: As of when?" in done.stderr


def test_sql_reads_as_an_analyst_and_as_of_a_day(aged: Aged) -> None:
    warehouse, (_, _, third, _), _ = aged
    day = warehouse.value(
        "select (published_at at time zone 'UTC')::date::text from ops.publications "
        "where publication_id = %s",
        [third],
    )
    query = "select current_user as who, client_id as client, spend from "
    done = warehouse.run("sql", "--as-of", day, f"{query} marts_as_of.monthly_client_summary")
    assert done.returncode == 0, done.stderr
    assert sorted(line.split() for line in done.stdout.splitlines()[1:]) == [
        ["marts_reader", "acme", "52.00"],
        ["marts_reader", "borealis", "60.00"],
    ]
    done = warehouse.run("sql", "select * from ops.clients")
    assert done.returncode == 2
    assert "Analysts read the schemas marts and marts_as_of" in done.stderr
