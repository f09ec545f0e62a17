"""Functions, views and comments follow their files."""

from typing import Any

import psycopg
import pytest
from databases import Warehouse
from schemas import FEWER_COLUMNS, ROUTINES, ChangedSchema, applied, catalog, columns, exists

from orchestration.warehouse.migrations import migrate, migrate_to

ROUTE_COMMENT = """comment on column ops.clients.alert_route is
    'The route that its alerts take, as in the clients file';
"""


def source(warehouse: Warehouse, function: str) -> list[str]:
    found = warehouse.rows(
        "select prosrc from pg_proc where pronamespace = 'ops'::regnamespace and proname = %s",
        [function],
    )
    return [row[0] for row in found]


def test_a_changed_function_is_applied_again_and_nothing_else(
    warehouse: Warehouse, changed: ChangedSchema
) -> None:
    before = catalog(warehouse.url)
    changed.change("pause_after", "'15 minutes'", "'20 minutes'")
    assert applied(warehouse, changed.read()) == ["ops.pause_after"]
    assert warehouse.value("select ops.pause_after(1)::text") == "00:20:00"
    assert applied(warehouse, changed.read()) == []
    after = [entry.replace("'20 minutes'", "'15 minutes'") for entry in catalog(warehouse.url)]
    assert sorted(after) == before


def test_a_start_that_finds_all_as_it_is_asks_little(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = warehouse.settings()
    migrate(settings)
    asked = []
    real = psycopg.Connection.execute

    def counted(self: Any, query: Any, *arguments: Any, **named: Any) -> Any:
        asked.append(query)
        return real(self, query, *arguments, **named)

    monkeypatch.setattr(psycopg.Connection, "execute", counted)
    migrate(settings)
    # The session's values, what ran here (two), the settings, the roles.
    assert 0 < len(asked) <= 5


def test_a_view_with_other_columns_is_made_anew_with_what_reads_it(
    warehouse: Warehouse, changed: ChangedSchema
) -> None:
    changed.change("client_failures", *FEWER_COLUMNS)
    assert applied(warehouse, changed.read()) == ["ops.client_failures", "ops.owed_days"]
    assert columns(warehouse, "client_failures") & {"reason", "error"} == {"error"}
    assert exists(warehouse, "ops.owed_days")


def test_rights_are_given_again_where_a_view_was_made_anew(
    warehouse: Warehouse, changed: ChangedSchema
) -> None:
    rights = "select has_table_privilege('monitor', 'ops.owed_days', 'select')"
    assert warehouse.value(rights)
    changed.change("client_failures", *FEWER_COLUMNS)
    migrate_to(warehouse.settings(), changed.read())
    assert warehouse.value(rights)
    assert warehouse.value(rights.replace("owed_days", "client_failures"))
    # And back, as the first one.
    before = catalog(warehouse.url)
    migrate(warehouse.settings())
    assert "reason" in columns(warehouse, "client_failures")
    migrate_to(warehouse.settings(), changed.read())
    assert catalog(warehouse.url) == before


def test_a_function_with_another_result_is_made_anew_with_what_reads_it(
    warehouse: Warehouse, changed: ChangedSchema
) -> None:
    changed.change("due_days_of_last", "date_day date)", "date_day date, is_due boolean)")
    changed.change(
        "due_days_of_last", "        d.date_day::date\n", "        d.date_day::date, true\n"
    )
    made = applied(warehouse, changed.read())
    assert made == ["ops.due_days", "ops.due_days_of_last", "ops.missing_days"]
    assert warehouse.rows("select is_due from ops.due_days_of_last(3)") == []
    assert warehouse.rows("select * from ops.missing_days") == []


def test_a_function_with_other_parameters_takes_the_place_of_the_one_before(
    warehouse: Warehouse, changed: ChangedSchema
) -> None:
    changed.change(
        "pause_after", "pause_after(attempts integer)", "pause_after(attempts integer, x text)"
    )
    # The owed days call it with the parameters of before.
    changed.change("owed_days", "ops.pause_after(j.failed_attempts)", "ops.pause_after(1, '')")
    assert applied(warehouse, changed.read()) == ["ops.owed_days", "ops.pause_after"]
    assert len(source(warehouse, "pause_after")) == 1


def test_a_view_that_became_a_function_is_no_view_any_more(
    warehouse: Warehouse, changed: ChangedSchema
) -> None:
    file = changed.file("suspected_gaps")
    text = "create or replace function ops.suspected_gaps() returns integer language sql as '1';"
    file.write_text(f"-- Nothing.\n{text.replace(chr(39) + '1', chr(39) + 'select 1')}\n")
    applied(warehouse, changed.read())
    assert not exists(warehouse, "ops.suspected_gaps")
    assert warehouse.value("select ops.suspected_gaps()") == 1
    migrate(warehouse.settings())
    assert exists(warehouse, "ops.suspected_gaps")
    assert source(warehouse, "suspected_gaps") == []


def test_what_a_migration_dropped_to_change_a_table_is_made_again(
    warehouse: Warehouse, changed: ChangedSchema
) -> None:
    number = changed.add_migration(
        "drop view ops.suspected_gaps; alter table ops.slice_state alter row_count type bigint;"
    )
    assert [m.number for m in migrate_to(warehouse.settings(), changed.read())] == [number]
    assert warehouse.value("select has_table_privilege('loader', 'ops.suspected_gaps', 'select')")


def test_other_words_of_a_comment_need_no_migration(
    warehouse: Warehouse, changed: ChangedSchema
) -> None:
    column = (
        "select col_description('ops.clients'::regclass, attnum) from pg_attribute "
        "where attrelid = 'ops.clients'::regclass and attname = %s"
    )
    assert warehouse.value(column, ["alert_route"])
    changed.change("suspected_gaps", "-- Days that were", "-- All days that were")
    changed.change("comments/clients", ROUTE_COMMENT, "")
    changed.change("comments/clients", "'The clients, as", "'All clients, as")
    assert applied(warehouse, changed.read()) == ["ops.suspected_gaps"]
    description = warehouse.value("select obj_description('ops.suspected_gaps'::regclass)")
    assert description.startswith("All days that were answered as empty")
    assert warehouse.value(column, ["alert_route"]) is None
    assert warehouse.value(column, ["token_env"])
    assert warehouse.value("select obj_description('ops.clients'::regclass)").startswith("All")


def test_a_login_that_does_not_own_the_ledger_leaves_the_words_as_they_are(
    warehouse: Warehouse, changed: ChangedSchema
) -> None:
    changed.change("comments/clients", "'The clients, as", "'All clients, as")
    schema, before = changed.read(), warehouse.rows(ROUTINES)
    warehouse.execute("alter role loader password 'of-a-test'")
    loader = f"postgresql://loader:of-a-test@{warehouse.url.rpartition('@')[2]}"
    assert migrate_to(warehouse.settings(warehouse_url=loader), schema) == []
    assert migrate(warehouse.settings(warehouse_url=loader)) == []
    assert warehouse.rows(ROUTINES) == before
    migrate_to(warehouse.settings(), schema)
    assert warehouse.rows(ROUTINES) != before


def test_a_change_does_not_wait_for_a_build_that_has_the_turn(
    warehouse: Warehouse, changed: ChangedSchema
) -> None:
    """The builder's session does nothing meanwhile: Postgres would see no deadlock."""
    for comments in changed.read().comments:
        changed.change(comments.name, "comment on ", "-- Changed.\ncomment on ")
    changed.change("pause_after", "'15 minutes'", "'20 minutes'")
    with psycopg.connect(warehouse.url) as builder:
        builder.execute("lock table ops.build_turn in exclusive mode")
        migrate_to(warehouse.settings(lock_wait_seconds=1), changed.read())
    assert warehouse.value("select ops.pause_after(1)::text") == "00:20:00"
