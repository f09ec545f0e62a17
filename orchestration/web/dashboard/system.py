"""The health of the system beside that of the data: database, disk, what works by itself, runs."""

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import anyio
import psutil

from orchestration.settings import Settings
from orchestration.web.database import Database

Rows = list[dict[str, Any]]

DATABASE = """
select
    current_setting('server_version') as version,
    pg_database_size(current_database()) as bytes,
    (select count(*) from pg_stat_activity where datname = current_database()) as connections
"""
HEARTBEATS = """
select
    name, beat_at, interval_seconds, detail,
    ops.is_alive(beat_at, interval_seconds) as is_alive
from ops.heartbeats order by name
"""
USAGE = """
select client_id, account_percent, app_percent, calls_total, throttled_total, heard_at
from ops.api_usage order by account_percent desc, client_id limit 5
"""
# The latest batches only: a ledger of years has millions.
RUNS = """
select
    run_id, min(asked_at) as began_at, max(finished_at) as ended_at, count(*) as batches,
    coalesce(sum(api_calls), 0) as calls, coalesce(sum(row_count), 0) as row_count,
    count(*) filter (where state = 'failed') as failed,
    count(*) filter (where state in ('refused', 'partly_refused')) as refused,
    count(*) filter (where state = 'asked') as open
from (select * from ops.batches order by batch_id desc limit 5000) as latest
where run_id is not null
group by run_id
order by max(batch_id) desc
limit 5
"""
BUILDS = """
select
    b.build_id, b.state, b.is_full, b.started_at, b.finished_at, p.publication_id,
    (select count(*) from ops.build_client_months as m where m.build_id = b.build_id) as months,
    (
        select count(*) from ops.build_client_months as m
        where m.build_id = b.build_id and m.left_out is not null
    ) as left_out
from ops.builds as b
left join ops.publications as p on b.build_id = p.build_id
order by b.build_id desc
limit 5
"""


@dataclass(frozen=True)
class Disk:
    """The disk that the state lives on; sizes in bytes."""

    free: int
    total: int

    @property
    def free_percent(self) -> float:
        """How much is left."""
        return 100 * self.free / self.total if self.total else 0.0


@dataclass(frozen=True)
class System:
    """What the warehouse tells of the system; `milliseconds` is what its own query took."""

    database: dict[str, Any]
    milliseconds: float
    heartbeats: Rows
    usage: Rows
    runs: Rows
    builds: Rows


async def system_of(database: Database) -> System:
    """What the warehouse tells.

    Raises:
        PoolTimeout, psycopg.OperationalError: the warehouse is away.
    """
    # The first query may wait for a connection, which is not the database's time.
    async with database.connection() as connection:
        began = perf_counter()
        found = await (await connection.execute(DATABASE)).fetchone()
        took = (perf_counter() - began) * 1000
    return System(
        found or {},
        took,
        await database.rows(HEARTBEATS),
        await database.rows(USAGE),
        await database.rows(RUNS),
        await database.rows(BUILDS),
    )


async def disk_of(settings: Settings) -> Disk | None:
    """The disk of the state; None where it cannot be asked."""
    try:
        found = await anyio.to_thread.run_sync(psutil.disk_usage, str(settings.home))
    except OSError:
        return None
    return Disk(found.free, found.total)
