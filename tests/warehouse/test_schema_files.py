"""The files of the schema: what one may rely on before any of them runs."""

import re
from dataclasses import replace
from graphlib import CycleError
from pathlib import Path

import pytest

from orchestration.warehouse.schema.files import (
    BASELINE,
    FOLDER,
    Routine,
    in_order,
    read_schema,
    shipped_schema,
)

TABLE = re.compile(r"create (?:unlogged )?table (?:if not exists )?([a-z_]+\.[a-z_]+)")
RELATION = re.compile(r"\b(?:ops|landing|quarantine|serving|as_of)\.[a-z_]+\b")


def tables() -> set[str]:
    schema = shipped_schema()
    text = "\n".join([schema.bookkeeping, *(m.sql for m in schema.migrations)])
    return {*TABLE.findall(text)}


def routine(name: str, body: str) -> Routine:
    return Routine(name, f"create or replace view {name} as {body};")


def test_migrations_have_numbers_without_gaps() -> None:
    schema = shipped_schema()
    numbers = [m.number for m in (*schema.old_migrations, *schema.migrations)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert schema.migrations[0].number == BASELINE


def test_a_changed_routine_raises_the_number_of_the_schema() -> None:
    schema = shipped_schema()
    line = f"-- routines {schema.routines_digest}"
    assert line in schema.migrations[-1].sql, (
        f"Functions or views changed: add a migration to tables/ with the line `{line}` and raise "
        "schema_version of dbt_project.yml, so that older programs stay away."
    )


def test_two_dashes_in_a_literal_are_no_comment() -> None:
    asks = "select format('recover --client %s', client_id) from ops.b -- ops.c"
    one, other = routine("ops.a", asks), routine("ops.a", asks.replace("client_id", "name"))
    assert one.mentions(["ops.b", "ops.c"]) == {"ops.b"}
    schema = shipped_schema()
    digests = {replace(schema, routines=(each,)).routines_digest for each in (one, other)}
    assert len(digests) == 2
    commented = routine("ops.a", asks.replace("-- ops.c", "-- another word"))
    assert replace(schema, routines=(commented,)).routines_digest in digests


def test_every_table_and_every_routine_says_what_it_is() -> None:
    schema = shipped_schema()
    # Whoever builds holds the lock of this table, so a changed comment would wait for the build.
    commented_once = {"ops.build_turn"}
    in_files = {t for comments in schema.comments for t in comments.tables}
    assert in_files == tables() - commented_once
    for comments in schema.comments:
        commented = set(re.findall(r"comment on table ([a-z_.]+)", comments.sql))
        assert commented == set(comments.tables), comments.name
    assert [r.name for r in schema.routines if not r.description] == []


def test_what_a_routine_names_is_there() -> None:
    schema = shipped_schema()
    known = tables() | {r.name for r in schema.routines}
    for each in schema.routines:
        code = re.sub(r"--.*", "", each.sql)
        assert {*RELATION.findall(code)} <= known, each.name


def test_a_routine_comes_after_those_that_it_mentions() -> None:
    ordered = in_order(
        [
            routine("ops.a", "select * from ops.b -- ops.d"),
            routine("ops.b", "select * from ops.c where 'ops.a' <> ''"),
            routine("ops.c", "select 1"),
        ]
    )
    assert [each.name for each in ordered] == ["ops.c", "ops.b", "ops.a"]


def test_routines_that_mention_each_other_are_refused() -> None:
    assert len(shipped_schema().routines_in_order) == len(shipped_schema().routines)
    with pytest.raises(CycleError):
        in_order([routine("ops.a", "select * from ops.b"), routine("ops.b", "select * from ops.a")])


def test_a_file_is_named_after_what_it_defines(tmp_path: Path) -> None:
    file = tmp_path / "routines" / "x" / "other.sql"
    file.parent.mkdir(parents=True)
    file.write_text("create or replace view ops.a as select 1;")
    with pytest.raises(ValueError, match=r"defines ops\.a"):
        read_schema(tmp_path)


def test_no_folder_holds_more_than_a_reader_sees_at_once() -> None:
    for folder in (FOLDER / "routines").iterdir():
        assert len(list(folder.iterdir())) <= 15, folder
