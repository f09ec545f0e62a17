"""Queries that the dashboard and the metrics share."""

from psycopg import sql

from orchestration.warehouse.sql_files import read_sql

OPEN_ENTRIES = sql.SQL(read_sql(__file__, "open_entries"))
"""The open entries of the recovery log, for use as a subquery."""
