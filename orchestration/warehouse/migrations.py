"""Numbered SQL migrations: each runs once, in order, with its record in one transaction.

Two processes that start at once are safe: the second waits for the first's lock and finds nothing
left to do. dbt checks the number in `on-run-start` against its variable `schema_version`.
"""

import logging
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from orchestration.errors import UsageError
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, connect, retry_if_broken_off

log = logging.getLogger(__name__)

FIRST_LOCK = 7_305_001
"""Key of the advisory lock that keeps two apart that both begin a warehouse."""


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
    return retry_if_broken_off(settings, lambda: _migrate(settings, migrations()))


def _migrate(settings: Settings, shipped: list[Migration]) -> list[Migration]:
    with connect(settings) as connection:
        if not _may_read(connection):
            return []
        if _applied(connection) != {m.number: m.checksum for m in shipped}:
            _lock(connection)
        done = _run_missing(connection, shipped)
        changed = _sync_settings(connection, settings)
        has_new_limits = any(name.startswith(LIMITS) for name in changed)
        _sync_roles(connection, settings, is_new=bool(done) or has_new_limits)
    return done


def _lock(connection: Connection) -> None:
    """Wait until no other process migrates; begins the schema."""
    if not _applied(connection):
        # There are no readers yet who could take it.
        connection.execute("select pg_advisory_xact_lock(%s)", [FIRST_LOCK])
        connection.execute("create schema if not exists ops")
        connection.execute(
            "create table if not exists ops.migrations (number integer primary key, "
            "name text not null, checksum text not null, "
            "applied_at timestamptz not null default clock_timestamp())"
        )
    connection.execute("lock table ops.migrations in share row exclusive mode")


def _may_read(connection: Connection) -> bool:
    """Whether the ledger is open to this login; an analyst's is not, and migrates nothing."""
    row = connection.execute(
        "select has_schema_privilege(oid, 'usage') from pg_namespace where nspname = 'ops'"
    ).fetchone()
    if row is None or not row[0]:
        return row is None
    row = connection.execute(
        "select has_table_privilege(c.oid, 'select') from pg_class as c "
        "where c.oid = to_regclass('ops.migrations')"
    ).fetchone()
    return row is None or bool(row[0])


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
ROLES_TO_MAKE = """
select (%(anew)s or coalesce(bool_or(
    p.value is distinct from %(prefix)s
    or s.value is distinct from r.rolname and r.rolname is not null
        and ops.may_take_on(current_user, r.rolname)
    or s.value <> '' and r.rolname is null
    or s.value <> '' and not has_schema_privilege(r.oid, 'ops', 'usage')
    or wanted.name = 'transformer' and ops.may_take_on(current_user, r.rolname) and exists (
        select 1 from pg_class as c
        join pg_namespace as n on n.oid = c.relnamespace
        where c.relkind in ('r', 'v') and c.relowner <> r.oid
        and n.nspname in ('candidate', 'audit', 'published', 'marts')
    )
), true)) and (
    select pg_has_role(nspowner, 'MEMBER') from pg_namespace where nspname = 'ops'
)
from unnest(%(roles)s::text[]) as wanted (name)
left join ops.settings as p on p.name = 'role_prefix'
left join ops.settings as s on s.name = wanted.name || '_role'
left join pg_roles as r on r.rolname = %(prefix)s || wanted.name
"""
"""Whether it is asked for, the prefix changed, a role is there by now or no longer, or a restore
left out what roles own and may; only the ledger's owner makes them."""


def _sync_roles(connection: Connection, settings: Settings, *, is_new: bool) -> None:
    """Make the roles once for each schema and prefix, as far as this login may."""
    prefix = settings.role_prefix
    values = {"prefix": prefix, "roles": list(ROLES), "anew": is_new}
    asked = connection.execute(ROLES_TO_MAKE, values).fetchone()
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
            "This login may not make the roles %s, or they are somebody else's: they are left out. "
            "Let somebody who may run what stands under Bounds in docs/analysts.md: the next "
            "command takes them on. Or set META_ADS_ROLE_PREFIX, for roles of other names.",
            ", ".join(skipped),
        )
