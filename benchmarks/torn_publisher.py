"""A process that publishes stamps on command, so that it can be killed.

    python -m benchmarks.torn_publisher     (reads commands, answers in lines; WAREHOUSE_URL)

`build STAMP FACTOR [MART]`  builds every candidate as dbt does; MART gets a stamp that is refused
`reconnect`  after a crash of the server
`publish`, `rollback`, `prune`  say `publishing PID` first, then how it ended
`tear STAMP FACTOR`, `empty`, `lock`  do what no publication does: change the marts in several
transactions, or lock one
"""

import os
import sys
import time
from uuid import uuid4

import psycopg
from psycopg import sql

from benchmarks.torn_stamps import STAMPED, STAMPED_NAMES, SUMMED, marts_and_nodes
from orchestration.warehouse.connection import Connection

APPLICATION = "torn-publisher"
OPTIONS = "-c TimeZone=UTC -c work_mem=64MB -c jit=off"
"""As dbt builds."""
PAUSE_SECONDS = 0.5
"""How long a torn publication shows."""
ROLLBACK = """
select publication_id from ops.rollback(
    (
        select max(publication_id) from ops.publications
        where pruned_at is null
            and publication_id < (select max(publication_id) from ops.publications)
    ),
    null, 'torn reads'
)
"""
PRUNE = "select publications from ops.prune(clock_timestamp() - interval '1 minute')"


def main() -> None:
    """Answer every command with a line."""
    publisher = _Publisher(os.environ["WAREHOUSE_URL"])
    for line in sys.stdin:
        name, *arguments = line.split()
        try:
            _say(getattr(publisher, name)(*arguments))
        except psycopg.OperationalError as error:
            publisher.close()
            _say(f"lost {_first_line(error)}")
        except psycopg.Error as error:
            _say(f"refused {_first_line(error)}")


class _Publisher:
    """One connection, made anew when it was lost, and the build in hand."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Connection | None = None
        self._invocation = ""
        self._marts, self._nodes = marts_and_nodes()

    def close(self) -> None:
        """Forget a connection that was lost."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def reconnect(self) -> str:
        """The server is a new one."""
        self.close()
        return f"connected {self._connect().info.backend_pid}"

    def build(self, stamp: str, factor: str, refused: str = "") -> str:
        """Take the lease, from whoever has it, and fill every candidate."""
        connection = self._connect()
        self._invocation = str(uuid4())
        connection.execute(
            "update ops.builds set state = 'superseded', finished_at = clock_timestamp() "
            "where state = 'running'"
        )
        connection.execute("select ops.open_build(%s, true)", [self._invocation])
        connection.execute("select ops.freeze_build(%s, 'torn reads')", [self._invocation])
        # The publication compares the days of campaigns with these.
        days = -int(stamp) if refused == "daily_campaign_performance" else int(stamp)
        connection.execute(
            "update staging.insights set spend = %s, impressions = %s where level = 'campaign'",
            [days, days],
        )
        for node in self._nodes:
            mart = node.removeprefix("candidate_")
            with connection.transaction():
                connection.execute("select ops.touch_build(%s, %s)", [self._invocation, node])
                if mart in self._marts:
                    value = -int(stamp) if mart == refused else int(stamp)
                    times = int(factor) if mart in SUMMED else 1
                    _fill(connection, mart, value * times)
        return f"built {connection.info.backend_pid}"

    def publish(self) -> str:
        """Publish the build in hand."""
        return self._commit(
            "select publication_id from ops.publish(%s, %s, %s)",
            [self._invocation, self._marts, self._nodes],
        )

    def rollback(self) -> str:
        """Take the latest publication back."""
        return self._commit(ROLLBACK)

    def prune(self) -> str:
        """Give up the history of publications older than a minute."""
        return self._commit(PRUNE)

    def tear(self, stamp: str, factor: str) -> str:
        """Change the marts in two transactions: what a torn publication is."""
        half = len(self._marts) // 2
        self._rewrite(self._marts[:half], int(stamp), int(factor))
        time.sleep(PAUSE_SECONDS)
        self._rewrite(self._marts[half:], int(stamp), int(factor))
        return "torn"

    def empty(self) -> str:
        """Empty a mart and fill it again in two transactions."""
        connection = self._connect()
        with connection.transaction():
            _lift_the_guard(connection)
            connection.execute(
                "create table candidate.kept as select * from published.monthly_campaign_metrics"
            )
            connection.execute("delete from published.monthly_campaign_metrics")
        time.sleep(PAUSE_SECONDS)
        with connection.transaction():
            _lift_the_guard(connection)
            connection.execute(
                "insert into published.monthly_campaign_metrics select * from candidate.kept"
            )
            connection.execute("drop table candidate.kept")
        return "emptied"

    def lock(self) -> str:
        """Lock a mart against its readers, as dropping or altering it does."""
        connection = self._connect()
        with connection.transaction():
            connection.execute("lock table published.monthly_campaign_metrics")
            time.sleep(PAUSE_SECONDS)
        return "locked"

    def _rewrite(self, marts: list[str], stamp: int, factor: int) -> None:
        connection = self._connect()
        with connection.transaction():
            _lift_the_guard(connection)
            for mart in marts:
                value = stamp * factor if mart in SUMMED else stamp
                changes = sql.SQL(", ").join(
                    sql.SQL("{} = {}").format(sql.Identifier(name), _value(name, value))
                    for name in _stamped(mart, _columns(connection, mart))
                )
                connection.execute(
                    sql.SQL("update {} set {}").format(sql.Identifier("published", mart), changes)
                )

    def _commit(self, query: str, values: list[object] | None = None) -> str:
        connection = self._connect()
        _say(f"publishing {connection.info.backend_pid}")
        row = connection.execute(query, values).fetchone()
        return f"committed {row[0] if row else ''}"

    def _connect(self) -> Connection:
        if self._connection is None:
            self._connection = psycopg.connect(
                self._url, autocommit=True, application_name=APPLICATION, options=OPTIONS
            )
        return self._connection


def _fill(connection: Connection, mart: str, stamp: int) -> None:
    """The rows of a candidate, as a build writes them: those that are published, with the stamp."""
    columns = _columns(connection, mart)
    stamped = _stamped(mart, columns)
    connection.execute(sql.SQL("delete from {}").format(sql.Identifier("candidate", mart)))
    connection.execute(
        sql.SQL("insert into {} ({}) select {} from {}").format(
            sql.Identifier("candidate", mart),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join(
                _value(name, stamp) if name in stamped else sql.Identifier(name) for name in columns
            ),
            sql.Identifier("published", mart),
        )
    )
    connection.execute(sql.SQL("analyze {}").format(sql.Identifier("candidate", mart)))


def _columns(connection: Connection, mart: str) -> list[str]:
    rows = connection.execute(
        "select attname from pg_attribute "
        "where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum",
        [f"candidate.{mart}"],
    )
    return [row[0] for row in rows]


def _stamped(mart: str, columns: list[str]) -> list[str]:
    return [name for name in columns if name in STAMPED or name == STAMPED_NAMES.get(mart)]


def _value(column: str, stamp: int) -> sql.Literal:
    return sql.Literal(stamp if column in STAMPED else str(stamp))


def _lift_the_guard(connection: Connection) -> None:
    connection.execute("select set_config('meta_ads.publishing', 'yes', true)")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
