"""The clock of the warehouse: machines that share one need not agree on the time."""

from datetime import datetime

from orchestration.warehouse.connection import Connection


def database_clock(connection: Connection) -> datetime:
    """The real time, as the warehouse has it; what is compared with its records is taken here."""
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None
    at: datetime = row[0]
    return at
