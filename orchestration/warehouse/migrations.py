"""Brings a warehouse to the schema of this program, in one transaction.

Migrations run once each, in the order of their numbers; functions, views and comments are applied
again whenever their text changes. Two processes that start at once are safe: the second waits for
the first's lock and finds nothing left to do. dbt checks the number of the newest migration in
`on-run-start` against its variable `schema_version`.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from orchestration.errors import UsageError
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, connect, retry_if_broken_off
from orchestration.warehouse.schema.apply import apply_changes
from orchestration.warehouse.schema.files import BASELINE, Migration, Schema, shipped_schema
from orchestration.warehouse.sql_files import read_sql

log = logging.getLogger(__name__)

BeforeChange = Callable[[Connection], None]
"""What is called before a warehouse is changed, such as to say what changes."""
FIRST_LOCK = 7_305_001
"""Key of the advisory lock that lets only one process at a time make a new warehouse."""
STATE = """
select number::text, checksum from ops.migrations
union all
select name, checksum from ops.routines
"""


@dataclass(frozen=True, kw_only=True)
class _State:
    """What ran in a warehouse, as checksums: migrations by number, all else by name."""

    may_read: bool
    is_owner: bool
    migrations: Mapping[int, str]
    routines: Mapping[str, str]


def migrations() -> tuple[Migration, ...]:
    """The migrations of a new warehouse, in the order of their numbers."""
    return shipped_schema().migrations


@dataclass(frozen=True, kw_only=True)
class SchemaState:
    """The newest migration that ran, None in an empty database, and how many are still to run."""

    may_read: bool
    is_owner: bool
    newest: int | None
    waiting: int


def schema_state(connection: Connection) -> SchemaState:
    """How far the schema of a warehouse is; changes nothing.

    Raises:
        UsageError: as `migrate`.
    """
    schema, state = shipped_schema(), _state(connection)
    _refuse_strange(state, schema)
    newest = max(state.migrations, default=None)
    known = state.migrations.keys()
    # An old warehouse made the baseline in steps of its own.
    needed = {m.number for m in schema.migrations if m.number > BASELINE or not known}
    return SchemaState(
        may_read=state.may_read,
        is_owner=state.is_owner,
        newest=newest,
        waiting=len(needed - known),
    )


def migrate(settings: Settings, before: BeforeChange = lambda _: None) -> list[Migration]:
    """Bring the warehouse to the newest schema and its settings table up to date.

    Calls `before` where a warehouse that is in use is about to be changed. Returns the migrations
    that were run: usually none.

    Raises:
        UsageError: the warehouse is newer than this program, a migration was edited, or something
            that is not ours depends on a view or function that has to be dropped.
    """
    return migrate_to(settings, shipped_schema(), before)


def migrate_to(
    settings: Settings, schema: Schema, before: BeforeChange = lambda _: None
) -> list[Migration]:
    """`migrate`, to a schema that may be another one than this program's."""
    return retry_if_broken_off(settings, lambda: _migrate(settings, schema, before))


def _migrate(settings: Settings, schema: Schema, before: BeforeChange) -> list[Migration]:
    ran: list[Migration] = []
    routines: list[str] = []
    with connect(settings) as connection:
        state = _state(connection)
        if not state.may_read:
            return []
        _refuse_strange(state, schema)
        if not _is_current(state, schema):
            _lock(connection, schema, is_new=not state.migrations)
            state = _state(connection)
            _refuse_strange(state, schema)
            if state.migrations and not _has_run_all(state, schema):
                before(connection)
            ran = _run_missing(connection, schema, state)
            routines = apply_changes(connection, schema, state.routines)
        changed = _sync_settings(connection, settings)
        has_new_limits = any(name.startswith(LIMITS) for name in changed)
        _sync_roles(connection, settings, is_new=bool(ran or routines) or has_new_limits)
    return ran


def _state(connection: Connection) -> _State:
    """What ran here; an analyst's login may not read it, and migrates nothing."""
    row = connection.execute(read_sql(__file__, "schema_records")).fetchone()
    assert row is not None
    may_read, has_migrations, has_routines, is_owner = row
    if not may_read or not has_migrations:
        return _State(may_read=may_read, is_owner=is_owner, migrations={}, routines={})
    query = STATE if has_routines else STATE.partition("union all")[0]
    hashes: dict[str, str] = dict(connection.execute(query.encode()).fetchall())
    return _State(
        may_read=True,
        is_owner=is_owner,
        migrations={int(name): hashes.pop(name) for name in [*hashes] if name.isdecimal()},
        routines=hashes,
    )


def _is_current(state: _State, schema: Schema) -> bool:
    # Only the owner applies other words; what a routine does has a number.
    return _has_run_all(state, schema) and (
        not state.is_owner or state.routines == schema.applied_again
    )


def _has_run_all(state: _State, schema: Schema) -> bool:
    return {m.number for m in schema.migrations} <= state.migrations.keys()


def _refuse_strange(state: _State, schema: Schema) -> None:
    """Stop at a warehouse of a newer program, or where a migration is not the one that ran."""
    newest = schema.migrations[-1].number
    if state.migrations and max(state.migrations) > newest:
        raise UsageError(
            f"The warehouse has schema {max(state.migrations)}, newer than this program's "
            f"{newest}: upgrade meta-ads-warehouse."
        )
    for migration in (*schema.old_migrations, *schema.migrations):
        if state.migrations.get(migration.number, migration.checksum) != migration.checksum:
            raise UsageError(
                f"Migration {migration.number} ({migration.name}) differs from the one that ran: "
                "a warehouse of another build. Point WAREHOUSE_URL or META_ADS_HOME elsewhere."
            )


def _lock(connection: Connection, schema: Schema, *, is_new: bool) -> None:
    """Wait until no other process migrates; begins the schema."""
    if is_new:
        # There are no readers yet who could take it.
        connection.execute("select pg_advisory_xact_lock(%s)", [FIRST_LOCK])
        connection.execute("create schema if not exists ops")
        connection.execute(schema.bookkeeping.encode())
    connection.execute("lock table ops.migrations in share row exclusive mode")
    if not is_new:
        # An older warehouse may have no table for routines yet.
        connection.execute(schema.bookkeeping.encode())


def _run_missing(connection: Connection, schema: Schema, state: _State) -> list[Migration]:
    """Run what did not run yet; an old warehouse has made the baseline in steps of its own."""
    recorded, ran = set(state.migrations), []
    if recorded and BASELINE not in recorded:
        ran = _run(connection, [m for m in schema.old_migrations if m.number not in recorded])
        connection.execute(schema.after_old_migrations.encode())
        for migration in schema.migrations:
            if migration.number == BASELINE:
                _record(connection, migration)
        recorded.add(BASELINE)
    return [*ran, *_run(connection, [m for m in schema.migrations if m.number not in recorded])]


def _run(connection: Connection, missing: list[Migration]) -> list[Migration]:
    for migration in missing:
        connection.execute(migration.sql.encode())
        _record(connection, migration)
    return missing


def _record(connection: Connection, migration: Migration) -> None:
    connection.execute(
        "insert into ops.migrations (number, name, checksum) values (%s, %s, %s)",
        [migration.number, migration.name, migration.checksum],
    )


def _sync_settings(connection: Connection, settings: Settings) -> list[str]:
    """Hand SQL the settings it shares with Python; writes only what differs, and names it."""
    values = {
        "due_hour": settings.due_hour,
        "due_grace_minutes": settings.due_grace_minutes,
        "lookback_days": settings.lookback_days,
        "deep_months": settings.deep_months,
        "restatement_percent": settings.restatement_percent,
        "alert_cache_hours": settings.alert_cache_hours,
        "alert_gap_hours": settings.alert_gap_hours,
        "alert_hit_percent": settings.alert_hit_percent,
        "alert_hit_reads": settings.alert_hit_reads,
        "analyst_connections": settings.analyst_connections,
        "analyst_statement_seconds": settings.analyst_statement_seconds,
        "analyst_idle_seconds": settings.analyst_idle_seconds,
    }
    known: dict[str, str] = dict(
        connection.execute("select name, value from ops.settings").fetchall()
    )
    changed = [name for name, value in values.items() if known.get(name) != str(value)]
    for name in changed:
        _write_setting(connection, name, str(values[name]))
    return changed


def _write_setting(connection: Connection, name: str, value: str) -> None:
    connection.execute(
        "insert into ops.settings (name, value) values (%s, %s) "
        "on conflict (name) do update set value = excluded.value",
        [name, value],
    )


ROLES = ("analyst", "marts_reader", "loader", "transformer", "monitor")
LIMITS = "analyst_"
"""How the settings begin that bound what readers may do."""


def _sync_roles(connection: Connection, settings: Settings, *, is_new: bool) -> None:
    """Make the roles once for each schema and prefix, as far as this login may."""
    prefix = settings.role_prefix
    values = {"prefix": prefix, "roles": list(ROLES), "anew": is_new}
    asked = connection.execute(read_sql(__file__, "roles_to_make"), values).fetchone()
    if not (asked and asked[0]):
        return
    made = connection.execute("select ops.ensure_roles(%s)", [prefix]).fetchone()
    skipped: list[str] = made[0] if made else []
    for role in ROLES:
        name = f"{prefix}{role}"
        _write_setting(connection, f"{role}_role", "" if name in skipped else name)
    _write_setting(connection, "role_prefix", prefix)
    if skipped:
        log.warning(
            "This login may not make the roles %s, or they are another login's: they are left out. "
            "Ask an administrator to run what `meta-ads server roles` prints, which sets their "
            "limits, too; the next command then uses the roles. Or set META_ADS_ROLE_PREFIX, for "
            "roles of other names.",
            ", ".join(skipped),
        )
