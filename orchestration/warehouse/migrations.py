"""Numbered SQL migrations: each runs once, in order, with its record in one transaction.

Two processes that start at once are safe: the second waits for the first's lock and finds nothing
left to do. dbt checks the number in `on-run-start` against its variable `schema_version`.
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from orchestration.errors import UsageError
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, connect

MIGRATION_LOCK = 7_305_001
"""Key of the advisory lock that keeps two migrating processes apart."""


@dataclass(frozen=True)
class Migration:
    """One file of `schema/`, `0001_name.sql`."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """Tells whether a file was edited after it ran."""
        return sha256(self.sql.encode()).hexdigest()


def migrations() -> list[Migration]:
    """All migrations that ship, in the order of their numbers."""
    files = sorted((Path(__file__).parent / "schema").glob("[0-9]*.sql"))
    return [Migration(int(file.stem[:4]), file.stem[5:], file.read_text("utf-8")) for file in files]


def migrate(settings: Settings) -> list[Migration]:
    """Bring the warehouse to the newest schema and its settings table up to date.

    Returns the migrations that were run: none is the usual answer.

    Raises:
        UsageError: the warehouse is newer than this program, or a migration was edited.
    """
    shipped = migrations()
    with connect(settings) as connection:
        if _applied(connection) != {m.number: m.checksum for m in shipped}:
            connection.execute("select pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
            connection.execute("create schema if not exists ops")
            connection.execute(
                "create table if not exists ops.migrations (number integer primary key, "
                "name text not null, checksum text not null, "
                "applied_at timestamptz not null default clock_timestamp())"
            )
        done = _run_missing(connection, shipped)
        _sync_settings(connection, settings)
    return done


def _applied(connection: Connection) -> dict[int, str]:
    exists = connection.execute("select to_regclass('ops.migrations') is not null").fetchone()
    if exists is None or not exists[0]:
        return {}
    return dict(connection.execute("select number, checksum from ops.migrations").fetchall())


def _run_missing(connection: Connection, shipped: list[Migration]) -> list[Migration]:
    applied = _applied(connection)
    if applied and max(applied) > max(m.number for m in shipped):
        raise UsageError(
            f"The warehouse has schema {max(applied)}, newer than this program's "
            f"{shipped[-1].number}: upgrade meta-ads-warehouse."
        )
    for migration in shipped:
        if applied.get(migration.number, migration.checksum) != migration.checksum:
            raise UsageError(
                f"Migration {migration.number} ({migration.name}) differs from the one that ran: "
                "a warehouse of another build. Point WAREHOUSE_URL or META_ADS_HOME elsewhere."
            )
    missing = [m for m in shipped if m.number not in applied]
    for migration in missing:
        connection.execute(migration.sql.encode())
        connection.execute(
            "insert into ops.migrations (number, name, checksum) values (%s, %s, %s)",
            [migration.number, migration.name, migration.checksum],
        )
    return missing


def _sync_settings(connection: Connection, settings: Settings) -> None:
    """Hand SQL the settings it shares with Python; writes only what differs."""
    values = {
        "due_hour": settings.due_hour,
        "lookback_days": settings.lookback_days,
        "deep_months": settings.deep_months,
    }
    for name, value in values.items():
        connection.execute(
            "insert into ops.settings as s (name, value) values (%s, %s) on conflict (name) "
            "do update set value = excluded.value where s.value <> excluded.value",
            [name, str(value)],
        )
