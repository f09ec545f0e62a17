"""Reads what the page of a publication shows: what it holds, and what it changed."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from orchestration.warehouse.publications import diff as publication_diff
from orchestration.warehouse.sql_files import read_sql
from orchestration.web.database import Database

MOST_CHANGES = 200
MOST_CLIENT_MONTHS = 500
Rows = list[dict[str, Any]]

PUBLICATION = read_sql(__file__, "publications/publication")
MANIFEST = read_sql(__file__, "publications/manifest")
REOPENINGS = read_sql(__file__, "publications/reopenings")
LIMITED = sql.SQL("select c.*, count(*) over () as total from ({}) as c limit {}")


@dataclass(frozen=True)
class Changes:
    """Differences to the publication before, at most 200 of `total`.

    `why_none` says why they cannot be shown.
    """

    rows: Rows
    total: int
    why_none: str = ""


async def publication(database: Database, publication_id: int) -> dict[str, Any] | None:
    """The publication; None if there is no such publication."""
    return await database.row(PUBLICATION, [publication_id])


async def manifest(database: Database, publication_id: int) -> Rows:
    """What each client-month that it changed holds since then."""
    return await database.rows(MANIFEST, [publication_id, MOST_CLIENT_MONTHS])


async def reopenings(database: Database, publication_id: int) -> Rows:
    """The final months that it changed."""
    return await database.rows(REOPENINGS, [publication_id])


async def changes(database: Database, publication: dict[str, Any]) -> Changes:
    """What it changed against the publication before it, in the monthly marts."""
    before, after = publication["previous_id"], publication["publication_id"]
    if before is None:
        return Changes([], 0, "It is the first publication: there is nothing to compare it with.")
    if publication["pruned_at"] or publication["previous_pruned_at"]:
        return Changes(
            [], 0, "One of the two publications was pruned: its rows are no longer kept."
        )
    values = {"before": before, "after": after, "lower": before, "upper": after, "clients": None}
    rows: Rows = []
    total = 0
    try:
        async with database.connection() as connection:
            for mart in publication_diff.MONTHLY:
                limit = sql.Literal(max(MOST_CHANGES - len(rows), 1))
                # The statement of `meta-ads publications diff`, with a limit.
                statement = LIMITED.format(publication_diff.statement(mart), limit)
                mart_rows = await (await connection.execute(statement, values)).fetchall()
                total += mart_rows[0]["total"] if mart_rows else 0
                rows += mart_rows
    except psycopg.errors.QueryCanceled:
        command = f"meta-ads publications diff {before} {after}"
        return Changes([], 0, f"The comparison takes too long for a page: run {command}.")
    return Changes(rows[:MOST_CHANGES], total)
