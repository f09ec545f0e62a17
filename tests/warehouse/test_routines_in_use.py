"""What is in the way of a change of a function or view is named; files that are gone or moved."""

from typing import Any

import pytest
from databases import Warehouse
from schemas import FEWER_COLUMNS, ROUTINES, ChangedSchema, applied, catalog, columns, exists

from orchestration.errors import UsageError
from orchestration.warehouse.migrations import migrate_to


def definition(warehouse: Warehouse, view: str) -> str:
    return str(warehouse.value("select pg_get_viewdef(%s::regclass)", [view]))


@pytest.fixture
def with_a_strangers_view(warehouse: Warehouse) -> Any:
    """Somebody reads a view of the ledger through one of their own."""
    warehouse.execute("create schema own")
    warehouse.execute("create view own.failures as select client_id from ops.client_failures")
    warehouse.execute("create view own.gaps as select * from ops.suspected_gaps")
    return warehouse


def test_somebody_elses_view_in_the_way_is_named_and_nothing_changes(
    with_a_strangers_view: Any, changed: ChangedSchema
) -> None:
    warehouse = with_a_strangers_view
    before = (catalog(warehouse.url), warehouse.rows(ROUTINES))
    changed.change("client_failures", *FEWER_COLUMNS)
    changed.change("pause_after", "'15 minutes'", "'20 minutes'")
    number = changed.add_migration("create table ops.more (a integer);")
    with pytest.raises(UsageError, match=r"ops\.client_failures .* view own\.failures.*Drop that"):
        migrate_to(warehouse.settings(), changed.read())
    assert (catalog(warehouse.url), warehouse.rows(ROUTINES)) == before

    warehouse.execute("drop view own.failures")
    assert [m.number for m in migrate_to(warehouse.settings(), changed.read())] == [number]
    assert columns(warehouse, "client_failures") & {"reason", "error"} == {"error"}


def test_a_view_whose_columns_stay_is_replaced_under_somebody_elses(
    with_a_strangers_view: Any, changed: ChangedSchema
) -> None:
    changed.change("suspected_gaps", "s.state = 'empty'", "s.state in ('empty', 'waived')")
    assert applied(with_a_strangers_view, changed.read()) == ["ops.suspected_gaps"]
    assert "waived" in definition(with_a_strangers_view, "ops.suspected_gaps")


def test_a_routine_whose_file_is_gone_is_dropped(
    warehouse: Warehouse, changed: ChangedSchema
) -> None:
    changed.file("suspected_gaps").unlink()
    assert applied(warehouse, changed.read()) == ["ops.suspected_gaps"]
    assert not exists(warehouse, "ops.suspected_gaps")
    names = {name for name, _ in warehouse.rows(ROUTINES)}
    assert "ops.suspected_gaps" not in names
    assert "ops.missing_days" in names


def test_a_routine_whose_file_is_gone_stays_where_somebody_reads_it(
    with_a_strangers_view: Any, changed: ChangedSchema
) -> None:
    warehouse = with_a_strangers_view
    changed.file("suspected_gaps").unlink()
    with pytest.raises(UsageError, match=r"suspected_gaps is dropped.*view own\.gaps"):
        migrate_to(warehouse.settings(), changed.read())
    assert exists(warehouse, "own.gaps")


def test_a_routine_whose_file_is_gone_is_not_in_the_way_of_a_change_below_it(
    warehouse: Warehouse, changed: ChangedSchema
) -> None:
    changed.file("missing_days").unlink()
    changed.change("due_days_of_last", "date_day date)", "date_day date, is_due boolean)")
    changed.change(
        "due_days_of_last", "        d.date_day::date\n", "        d.date_day::date, true\n"
    )
    applied(warehouse, changed.read())
    assert not exists(warehouse, "ops.missing_days")
    assert warehouse.rows("select is_due from ops.due_days_of_last(3)") == []


def test_a_file_may_move_to_another_folder(warehouse: Warehouse, changed: ChangedSchema) -> None:
    file = changed.file("suspected_gaps")
    changed.add("routines/elsewhere/suspected_gaps.sql", file.read_text())
    file.unlink()
    assert applied(warehouse, changed.read()) == []
    assert exists(warehouse, "ops.suspected_gaps")
