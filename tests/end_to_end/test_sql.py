"""`meta-ads sql`: one statement, read-only, its answer as it is."""

import pytest
from databases import Warehouse


def test_no_cell_is_broken_where_the_answer_goes_to_another_program(warehouse: Warehouse) -> None:
    query = "select repeat('x', 300) as long, '[bold]' as plain, '[{\"a\": 1}]'::jsonb as entries"
    done = warehouse.run("sql", query)
    assert done.returncode == 0, done.stderr
    head, row = done.stdout.splitlines()
    assert head.split() == ["long", "plain", "entries"]
    assert row.split() == ["x" * 300, "[bold]", '[{"a":1}]']


@pytest.mark.parametrize(
    "statement", ["create table public.t ()", "delete from ops.clients", "select 1/0", "selct 1"]
)
def test_what_writes_or_fails_ends_in_one_sentence(warehouse: Warehouse, statement: str) -> None:
    done = warehouse.run("sql", statement)
    assert (done.returncode, done.stdout) == (2, "")
    assert "\nThe query fails:" in done.stderr
    assert "Traceback" not in done.stderr
