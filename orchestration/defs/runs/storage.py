"""Keeps Dagster's records (runs, events, ticks) in the warehouse, in the schema `dagster_records`.

`dagster.yaml` names the class and nothing else: address and password come from the settings at
each new connection, so that no file holds them and an embedded server may move to another port.
"""

from collections.abc import Sequence
from typing import Any

import dagster as dg
import psycopg2
import psycopg2.extensions
import sqlalchemy
from dagster._core.scheduler.instigation import InstigatorState
from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.event_log.schema import AssetEventTagsTable, SqlEventLogStorageTable
from dagster._serdes import ConfigurableClass, ConfigurableClassData
from dagster_postgres import (
    PostgresEventLogStorage,
    PostgresRunStorage,
    PostgresScheduleStorage,
)
from psycopg.conninfo import make_conninfo

from orchestration.errors import MetaAdsError
from orchestration.settings import Settings, load_settings
from orchestration.warehouse.connecting.libpq import parameters
from orchestration.warehouse.connecting.session_values import session_statement, session_values
from orchestration.warehouse.connection import connect, warehouse_url

SCHEMA = "dagster_records"
DIALECT = "postgresql+psycopg2://"
"""Names no server: the connections are opened here."""
OVERFLOW = 4
"""Connections beside the one that stays open, for threads that write at the same time."""
RECYCLE_SECONDS = 300
SESSION = {
    "search_path": SCHEMA,
    "statement_timeout": "60s",
    # A crash of the server may lose the last moments of a record, and nothing else.
    "synchronous_commit": "off",
}
"""What differs from other sessions of this project."""


class RecordsUnreachableError(Exception):
    """Dagster's records cannot be reached; the text says why. A run goes on without them."""


class WarehouseStorage(DagsterStorage, ConfigurableClass):
    """Dagster's Postgres storage, on one pool of connections to the warehouse of the settings.

    Dagster's own class opens a connection for each statement, which costs 2 s of CPU in a run, or
    holds three for each of the many instances in a process, which are 23 under `meta-ads up`.
    """

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        self._inst_data = inst_data
        self._runs, self._events, self._ticks = _Runs(), _Events(), _Ticks()
        settings = load_settings()
        engine = _engine(settings)
        for storage in (self._runs, self._events, self._ticks):
            storage._engine = engine
        if not _has_tables(engine):
            self._make_tables(settings, engine)
        super().__init__()  # type: ignore[no-untyped-call]

    def _make_tables(self, settings: Settings, engine: sqlalchemy.Engine) -> None:
        """Make Dagster's tables, once, whoever else is starting at the same time."""
        with connect(settings) as connection:
            connection.execute("select ops.take_lock('dagster_records')")
            if _has_tables(engine):
                return
            self._runs._init_db()
            self._runs.migrate()
            self._runs.optimize()
            self._events._init_db()
            self._events.reindex_events()
            self._events.reindex_assets()
            self._ticks._init_db()

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        """What `dagster.yaml` says."""
        return self._inst_data

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """Takes no options."""
        return {}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, _config: Any
    ) -> "WarehouseStorage":
        """Made by Dagster, which read `dagster.yaml`."""
        return cls(inst_data)

    @property
    def run_storage(self) -> PostgresRunStorage:
        """Runs, their tags, and heartbeats of Dagster's daemon."""
        return self._runs

    @property
    def event_log_storage(self) -> PostgresEventLogStorage:
        """Events of runs, and what they say of assets and checks."""
        return self._events

    @property
    def schedule_storage(self) -> PostgresScheduleStorage:
        """Ticks of schedules and sensors, and which of them are turned on."""
        return self._ticks

    @property
    def run_storage_data(self) -> None:
        """Only the whole can be made again from `dagster.yaml`."""

    @property
    def event_storage_data(self) -> None:
        """As `run_storage_data`."""

    @property
    def schedule_storage_data(self) -> None:
        """As `run_storage_data`."""


class _OnSharedPool:
    """A storage that gets its connections from the pool of the process."""

    _engine: sqlalchemy.Engine

    def __init__(self) -> None:
        super().__init__(DIALECT, should_autocreate_tables=False)  # type: ignore[call-arg]

    def optimize_for_webserver(
        self, statement_timeout: int, pool_recycle: int, max_overflow: int
    ) -> None:
        """Nothing: a connection stays open already."""


class _Runs(_OnSharedPool, PostgresRunStorage): ...


class _Events(_OnSharedPool, PostgresEventLogStorage):
    def wipe_asset_partitions(self, asset_key: dg.AssetKey, partition_keys: Sequence[str]) -> None:
        """Forget that these partitions were materialized, which Dagster's own class cannot."""
        events = SqlEventLogStorageTable.c
        gone = sqlalchemy.delete(SqlEventLogStorageTable).where(
            events.asset_key == asset_key.to_string(),
            events.partition.in_(list(partition_keys)),
            events.dagster_event_type == dg.DagsterEventType.ASSET_MATERIALIZATION.value,
        )
        with self.index_transaction() as connection:
            ids = [row[0] for row in connection.execute(gone.returning(events.id))]
            tags = AssetEventTagsTable.c.event_id
            connection.execute(sqlalchemy.delete(AssetEventTagsTable).where(tags.in_(ids)))
        # What Dagster computed of partitions, which it only ever adds to.
        self.wipe_asset_cached_status(asset_key)


class _Ticks(_OnSharedPool, PostgresScheduleStorage):
    def add_instigator_state(self, state: InstigatorState) -> InstigatorState:
        """Store the state of a sensor or schedule that is new.

        Dagster writes two rows, each for itself. Where an outage or a kill came between them, the
        second is missing: Dagster would try to add both at each round, fail at the first, and
        leave out the sensors that come after it.
        """
        try:
            return super().add_instigator_state(state)
        except dg.DagsterInvariantViolationError:
            if self.get_instigator_state(state.instigator_origin_id, state.selector_id):
                raise
            with self.connect() as connection:
                self._add_or_update_instigators_table(connection, state)
            return state


def _engine(settings: Settings) -> sqlalchemy.Engine:
    """The pool of this process for the warehouse of the settings."""
    url = settings.warehouse_url
    place = url.get_secret_value() if url else str(settings.home)
    if place not in _engines:
        _engines[place] = sqlalchemy.create_engine(
            DIALECT,
            creator=_Opener(settings),
            isolation_level="AUTOCOMMIT",
            pool_size=1,
            max_overflow=OVERFLOW,
            pool_pre_ping=True,
            pool_recycle=RECYCLE_SECONDS,
        )
    return _engines[place]


_engines: dict[str, sqlalchemy.Engine] = {}
"""By URL, or by state folder where the server is embedded."""


def _has_tables(engine: sqlalchemy.Engine) -> bool:
    return "job_ticks" in sqlalchemy.inspect(engine).get_table_names()


class _Opener:
    """Opens connections of psycopg2 in which Dagster finds its tables."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._address = ""

    def __call__(self) -> Any:
        """A connection; a server that restarts is waited for as everywhere else.

        Raises:
            RecordsUnreachableError: no answer.
            psycopg2.OperationalError: the server answers, but takes no login of this kind.
        """
        # Looking for the embedded server takes a while, so its address is looked for once.
        self._address = self._address or warehouse_url(self._settings)
        try:
            return _session(self._address, self._settings)
        except psycopg2.OperationalError:
            self._address = ""
        try:
            with connect(self._settings):
                self._address = warehouse_url(self._settings)
        except MetaAdsError as error:
            raise RecordsUnreachableError(str(error)) from error
        return _session(self._address, self._settings)


def _session(address: str, settings: Settings) -> Any:
    named = {name: value for name, value in parameters(address).items() if _is_known(name, value)}
    session = psycopg2.connect(make_conninfo(**named), application_name="dagster")
    try:
        with session, session.cursor() as cursor:
            cursor.execute(session_statement(session_values(settings) | SESSION))
    except BaseException:
        session.close()
        raise
    return session


def _is_known(name: str, value: str) -> bool:
    """Whether psycopg2 knows a parameter: its libpq may be older than the one of psycopg."""
    try:
        psycopg2.extensions.parse_dsn(make_conninfo(**{name: value}))
    except psycopg2.ProgrammingError:
        return False
    return True
