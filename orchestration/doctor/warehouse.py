"""The warehouse: the server, how it is reached, and what this login finds and may do there."""

from collections.abc import Iterator
from ipaddress import ip_address
from time import perf_counter

from psycopg.rows import dict_row

from orchestration.doctor.background import dagster_records, heartbeats
from orchestration.doctor.line import Line, failure, guarded, ok, warning
from orchestration.settings import Settings
from orchestration.text import plural
from orchestration.warehouse.connection import Connection, connect, display_url
from orchestration.warehouse.embedded.server import EmbeddedServer
from orchestration.warehouse.migrations import ROLES, schema_state
from orchestration.warehouse.role_statements import READERS
from orchestration.warehouse.sql_files import read_sql

CONNECTIONS = 22
"""A run needs up to ten, and `meta-ads up` another twelve."""
TLS = "add ?sslmode=verify-full to WAREHOUSE_URL"


def warehouse(settings: Settings) -> Iterator[Line]:
    """The server of the settings; an embedded one that does not run is not started."""
    if settings.warehouse_url is not None:
        yield from _server(settings, settings.warehouse_url.get_secret_value())
        return
    server = EmbeddedServer(settings.home, settings.system_data)
    status = server.status()
    if not server.is_made():
        yield ok("Database", f"an embedded one, made by the first command in {settings.home}")
    elif not status.running:
        yield warning(
            "Database",
            f"the embedded Postgres {status.version} is stopped; commands start it",
            "meta-ads server start",
        )
    elif (url := server.running_url()) is None:
        yield failure(
            "Database",
            f"the embedded Postgres (pid {status.pid}) runs and does not answer",
            "meta-ads server stop, then meta-ads server start",
            is_unreachable=True,
        )
    else:
        yield from _server(settings, url)


def _server(settings: Settings, url: str) -> Iterator[Line]:
    began = perf_counter()
    # Who asks for a diagnosis does not wait for a server to come back.
    settings = settings.model_copy(update={"database_wait_seconds": 0.0, "retry_delays": ()})
    with connect(settings, address=url, autocommit=True) as connection:
        yield from _facts(connection, url, perf_counter() - began)
        connection.execute("set session characteristics as transaction read only")
        yield from guarded("Schema", lambda: _schema(connection))
        yield from guarded("Dagster", lambda: dagster_records(connection))
        yield from guarded("Background", lambda: heartbeats(connection))


def _facts(connection: Connection, url: str, seconds: float) -> Iterator[Line]:
    with connection.cursor(row_factory=dict_row) as cursor:
        facts = cursor.execute(read_sql(__file__, "server")).fetchone()
    assert facts is not None
    # Version and encoding are checked when the connection is opened: others end it with an error.
    yield ok(
        "Database",
        f"Postgres {facts['version']}, {facts['encoding']}, {display_url(url)}, "
        f"{seconds * 1000:.0f} ms",
    )
    if facts["is_read_only"]:
        yield failure(
            "Database",
            "takes no writes: a standby, a full quota, or read-only by default",
            "let WAREHOUSE_URL name the primary, or turn default_transaction_read_only off",
        )
    host = connection.info.host
    if facts["is_encrypted"] or _is_local(host):
        yield ok("TLS", "encrypted" if facts["is_encrypted"] else "not needed on this machine")
    else:
        yield warning("TLS", f"the connection to {host} is not encrypted", TLS)
    is_pooled = connection.info.backend_pid != facts["server_pid"]
    yield ok("Pooler", "one in session mode" if is_pooled else "none")
    text = f"{facts['free']} of {facts['most']} are free"
    if facts["free"] < CONNECTIONS:
        yield warning(
            "Connections",
            f"{text}; a run and meta-ads up need {CONNECTIONS} together",
            "raise max_connections or the limit of the login, or end other programs",
        )
    else:
        yield ok("Connections", text)


def _schema(connection: Connection) -> Iterator[Line]:
    """Rights, migrations and roles."""
    state = schema_state(connection)
    row = connection.execute(
        "select current_user, has_database_privilege(current_database(), 'create')"
    ).fetchone()
    login, may_create = row or ("", False)
    if not state.may_read:
        yield failure(
            "Rights", f"{login} may not read the ledger", "let WAREHOUSE_URL name its owner"
        )
        return
    if state.newest is None:
        if may_create:
            yield ok("Schema", f"none yet: the first command makes it, as {login}")
        else:
            yield failure(
                "Rights",
                f"{login} may make no schema in this database",
                f'an administrator runs: grant create on database ... to "{login}"',
            )
        return
    if state.is_owner:
        yield ok("Rights", f"{login} owns the ledger")
    else:
        yield warning("Rights", f"{login} does not own the ledger: it cannot migrate or build")
    if state.waiting:
        yield warning(
            "Schema",
            f"{state.newest}; {plural(state.waiting, 'migration')} to run: the next command does",
            "meta-ads backup FILE first, then meta-ads build",
        )
    else:
        yield ok("Schema", f"{state.newest}, as this program needs it")
    yield from _roles(connection)


def _roles(connection: Connection) -> Iterator[Line]:
    rows = connection.execute(read_sql(__file__, "roles"), [list(ROLES)]).fetchall()
    made = {name for name, is_there, _ in rows if is_there}
    unbounded = [name for name, is_there, is_bounded in rows if is_there and not is_bounded]
    mend = "an administrator runs what meta-ads server roles prints"
    if missing := [name for name in ROLES if name not in made]:
        yield warning("Roles", f"not there or not ours: {', '.join(missing)}", mend)
    elif limits := [name for name in unbounded if name in READERS]:
        yield warning("Roles", f"without the limits of readers: {', '.join(limits)}", mend)
    else:
        yield ok("Roles", ", ".join(ROLES))


def _is_local(host: str) -> bool:
    if host.startswith("/") or host in ("", "localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
