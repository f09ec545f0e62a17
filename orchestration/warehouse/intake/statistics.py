"""The planner's statistics of what a collection writes."""

from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql


def renew_statistics(connection: Connection) -> None:
    """Analyze the tables of which many rows changed.

    A plan made for empty tables takes minutes where one for full tables takes seconds; but to
    analyze rows full of JSON takes two seconds, which a few changed days are not worth.
    """
    stale = connection.execute(read_sql(__file__, "stale_statistics")).fetchall()
    for (table,) in stale:
        connection.execute(f"analyze {table}".encode())
