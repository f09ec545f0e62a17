"""Reads the SQL files of the schema, and finds the order in which routines are applied."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from graphlib import TopologicalSorter
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).parent
BASELINE = 22
"""The number of the migration that holds all that the old migrations made."""

_OBJECT = re.compile(r"create or replace (function|procedure|view) ([a-z_]+\.[a-z_]+)")
_NOT_CODE = re.compile(r"'(?:[^']|'')*'|--.*")
"""Literals and comments; a literal is looked for first, because it may hold two dashes."""
_NAME = re.compile(r"\b[a-z_]+\.[a-z_]+\b")


@dataclass(frozen=True)
class _Text:
    """A name and the SQL that stands for it."""

    name: str
    sql: str

    @cached_property
    def checksum(self) -> str:
        """Tells whether the text is the one that was run."""
        return sha256(self.sql.encode()).hexdigest()


@dataclass(frozen=True)
class Migration(_Text):
    """`tables/0001_name.sql`, or a folder of that name, whose files are run one after the other."""

    number: int


@dataclass(frozen=True)
class Routine(_Text):
    """A function, procedure or view; `name` is `ops.publish`, for example."""

    @property
    def is_view(self) -> bool:
        """Whether it is a view, not a function."""
        return _object(self.sql)[0] == "view"

    @property
    def description(self) -> str:
        """The comment at its head: it becomes the comment of the object in the database."""
        head = self.sql[: self.sql.index("create or replace")]
        return " ".join(line.removeprefix("--").strip() for line in head.splitlines())

    def mentions(self, names: Collection[str]) -> set[str]:
        """Those of `names` that have to exist before this routine is made."""
        code = _NOT_CODE.sub("", self.sql)
        return {*_NAME.findall(code)} & {*names} - {self.name}


@dataclass(frozen=True)
class TableComments(_Text):
    """`comments/alerts.sql`: comments on tables and their columns; `name` is `comments/alerts`."""

    @property
    def tables(self) -> list[str]:
        """The tables that it comments on."""
        return sorted({*re.findall(r"comment on (?:table|column) ([a-z_]+\.[a-z_]+)", self.sql)})


@dataclass(frozen=True, kw_only=True)
class Schema:
    """All SQL of the schema."""

    migrations: tuple[Migration, ...]
    old_migrations: tuple[Migration, ...]
    routines: tuple[Routine, ...]
    comments: tuple[TableComments, ...]
    bookkeeping: str
    after_old_migrations: str

    @cached_property
    def applied_again(self) -> Mapping[str, str]:
        """Checksums of what is applied again once its text changes, by name."""
        return {text.name: text.checksum for text in (*self.routines, *self.comments)}

    @property
    def routines_digest(self) -> str:
        """Changes when a function or view does something else; comments do not count.

        The newest migration holds it, so that such a change has a number of its own: by that an
        older program, and an older dbt project, know that the warehouse is newer than they are.
        """
        code = (" ".join(_without_comments(routine.sql).split()) for routine in self.routines)
        return sha256("\n".join(sorted(code)).encode()).hexdigest()[:16]

    @cached_property
    def routines_in_order(self) -> list[Routine]:
        """The routines, each after those that it mentions.

        Raises:
            graphlib.CycleError: they mention each other in a circle.
        """
        return in_order(self.routines)


@cache
def shipped_schema() -> Schema:
    """The schema of this program."""
    return read_schema(FOLDER)


def read_schema(folder: Path) -> Schema:
    """The schema in a folder that is laid out like this one.

    Raises:
        ValueError: a file of `routines/` does not define what its name says.
    """
    routines = sorted((folder / "routines").glob("*/*.sql"))
    comments = sorted((folder / "comments").glob("*.sql"))
    return Schema(
        migrations=tuple(_migrations(folder / "tables")),
        old_migrations=tuple(_migrations(folder / "old_migrations")),
        routines=tuple(_routine(file) for file in routines),
        comments=tuple(TableComments(f"comments/{c.stem}", _read(c)) for c in comments),
        bookkeeping=_read(folder / "bookkeeping.sql"),
        after_old_migrations=_read(folder / "old_migrations" / "after_0021.sql"),
    )


def in_order(routines: Iterable[Routine]) -> list[Routine]:
    """The routines, each after those that it mentions.

    Raises:
        graphlib.CycleError: they mention each other in a circle.
    """
    by_name = {routine.name: routine for routine in routines}
    sorter = TopologicalSorter({r.name: sorted(r.mentions(by_name)) for r in by_name.values()})
    return [by_name[name] for name in sorter.static_order()]


def _migrations(folder: Path) -> Iterator[Migration]:
    for path in sorted(folder.glob("[0-9]*")):
        files = sorted(path.glob("*.sql")) if path.is_dir() else [path]
        sql = "\n".join(_read(file) for file in files)
        yield Migration(path.stem[5:], sql, int(path.stem[:4]))


def _routine(file: Path) -> Routine:
    sql = _read(file)
    name = _object(sql)[1]
    if name.partition(".")[2] != file.stem:
        raise ValueError(f"{file} defines {name}: name the file after it.")
    return Routine(name, sql)


def _object(sql: str) -> tuple[str, str]:
    """The kind and the name of the first object that a file defines."""
    match = _OBJECT.search(sql)
    if match is None:
        raise ValueError("No `create or replace` of a function or view with its schema.")
    return match[1], match[2]


def _without_comments(sql: str) -> str:
    return _NOT_CODE.sub(lambda match: "" if match[0].startswith("--") else match[0], sql)


def _read(file: Path) -> str:
    return file.read_text("utf-8")
