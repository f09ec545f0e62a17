"""Applies routines and comments whose text changed, within the caller's transaction."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from orchestration.errors import UsageError
from orchestration.warehouse.connecting.opening import Connection
from orchestration.warehouse.schema.files import Routine, Schema, TableComments
from orchestration.warehouse.sql_files import read_sql

NOT_REPLACEABLE = (
    psycopg.errors.InvalidTableDefinition,
    psycopg.errors.InvalidFunctionDefinition,
    psycopg.errors.WrongObjectType,
)
"""What Postgres says of `create or replace` where columns, a return type or names of parameters
changed: the object has to be dropped first."""
RECORD = """
insert into ops.routines (name, checksum) values (%s, %s)
on conflict (name) do update set (checksum, applied_at) = (excluded.checksum, clock_timestamp())
"""


@dataclass(frozen=True, kw_only=True)
class _Object:
    """A function or view that exists. `version` changes whenever it is defined again."""

    name: str
    object_id: int
    is_view: bool
    identity: str
    version: str
    description: str | None


def apply_changes(connection: Connection, schema: Schema, recorded: Mapping[str, str]) -> list[str]:
    """Make functions, views and comments what the files say.

    `recorded` are the checksums of `ops.routines`. Returns the names of the routines that were
    made, made anew, or dropped; rights have to be given again then.

    Raises:
        UsageError: an object has to be dropped on which something depends that is not ours.
    """
    changes = _Changes(connection, schema, recorded)
    changes.make()
    changes.drop_deleted()
    changes.comment()
    changes.record()
    return sorted(changes.made | changes.deleted)


class _Changes:
    """What has to be done to routines, and what was done so far."""

    def __init__(self, connection: Connection, schema: Schema, recorded: Mapping[str, str]) -> None:
        self._connection = connection
        self._schema = schema
        self._recorded = recorded
        self._ours = {routine.name: routine for routine in schema.routines}
        self.deleted = {name for name in recorded if name not in schema.applied_again}
        self._before = self._objects({*self._ours, *self.deleted})
        exist = {each.name for each in self._before}
        # A migration may have dropped a view to change a table that it reads.
        self._wanted = {name for name in self._ours if self._is_changed(name) or name not in exist}
        self.made: set[str] = set()

    def _is_changed(self, name: str) -> bool:
        return self._recorded.get(name) != self._schema.applied_again[name]

    def _objects(self, names: Collection[str]) -> list[_Object]:
        with self._connection.cursor(row_factory=class_row(_Object)) as cursor:
            return cursor.execute(read_sql(__file__, "objects"), {"names": list(names)}).fetchall()

    def make(self) -> None:
        """Make what is new or changed, and what had to be dropped with it."""
        for routine in self._schema.routines_in_order:
            # Dropping one asks for those that depend on it, which come later in this order.
            if routine.name in self._wanted:
                self._make(routine)
                self.made.add(routine.name)

    def _make(self, routine: Routine) -> None:
        before = [each for each in self._before if each.name == routine.name]
        statements = routine.sql.encode()
        if not before:
            self._connection.execute(statements)
            return
        try:
            with self._connection.transaction():
                self._connection.execute(statements)
        except NOT_REPLACEABLE:
            self._drop(before)
            self._connection.execute(statements)
            return
        self._drop(self._left_over(routine, before))

    def _left_over(self, routine: Routine, before: list[_Object]) -> list[_Object]:
        """Objects of its name that its text no longer defines.

        Other parameters, for example, make another function beside the one of before.
        """
        after = {each.object_id: each for each in self._objects([routine.name])}
        still_there = [each for each in before if each.object_id in after]
        return [
            each
            for each in still_there
            if each.is_view != routine.is_view
            or (not each.is_view and after[each.object_id].version == each.version)
        ]

    def drop_deleted(self) -> None:
        """Drop objects whose file is no longer there."""
        self._drop(each for each in self._before if each.name in self.deleted)

    def _drop(self, objects: Iterable[_Object]) -> None:
        """Drop them, with routines of ours that depend on them: those are made again.

        Raises:
            UsageError: something else depends on them.
        """
        for each in objects:
            class_name = "pg_class" if each.is_view else "pg_proc"
            dependents = self._connection.execute(
                read_sql(__file__, "dependents"), {"class": class_name, "object_id": each.object_id}
            ).fetchall()
            strangers = [
                description
                for name, trigger, description in dependents
                if name not in self._ours
                and name not in self.deleted
                and not self._defines_trigger(each.name, trigger)
            ]
            if strangers:
                raise UsageError(
                    _refusal(each.name, strangers, is_deleted=each.name in self.deleted)
                )
            self._wanted |= {name for name, _, _ in dependents if name in self._ours}
            kind = "view" if each.is_view else "routine"
            self._connection.execute(f"drop {kind} if exists {each.identity} cascade".encode())

    def _defines_trigger(self, name: str, trigger: str | None) -> bool:
        """Whether a trigger stands in the file of the function that it calls."""
        if trigger is None:
            return False
        return name in self.deleted or f"trigger {trigger} " in self._ours[name].sql

    def comment(self) -> None:
        """Make the comments on routines, tables and columns those of the files."""
        for each in self._objects(self.made):
            if each.description != (wanted := self._ours[each.name].description):
                kind = sql.SQL("view" if each.is_view else "routine")
                statement = sql.SQL("comment on {} {} is {}")
                self._connection.execute(
                    statement.format(kind, sql.SQL(each.identity), sql.Literal(wanted))
                )
        for comments in self._schema.comments:
            if self._is_changed(comments.name):
                self._comment_on_tables(comments)

    def _comment_on_tables(self, comments: TableComments) -> None:
        # A sentence that the file no longer holds is to go, too.
        rows = self._connection.execute(
            read_sql(__file__, "no_comments"), {"tables": comments.tables}
        )
        statements = [row[0] for row in rows.fetchall()]
        self._connection.execute(";\n".join([*statements, comments.sql]).encode())

    def record(self) -> None:
        """Note in `ops.routines` what was applied."""
        names = [name for name in self._schema.applied_again if self._is_changed(name)]
        with self._connection.cursor() as cursor:
            cursor.executemany(RECORD, [(n, self._schema.applied_again[n]) for n in names])
            cursor.execute("delete from ops.routines where name = any(%s)", [list(self.deleted)])


def _refusal(name: str, strangers: list[str], *, is_deleted: bool) -> str:
    change = "is dropped" if is_deleted else "changes its columns or its type"
    return (
        f"With this version {name} {change}, and what depends on it is not part of the program: "
        f"{', '.join(strangers)}. Nothing was changed. Drop that, run the command again, and make "
        "it anew; `meta-ads build` makes the views of dbt anew."
    )
