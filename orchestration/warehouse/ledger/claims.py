"""Claims: collections mark the client-days that they work on, so that no two do the same."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from orchestration.process.owner import owner_is_dead
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql

ClientDay = tuple[str, date]
"""The id of a client, and a day."""

LEASE_SECONDS = 300
"""A claim that is not renewed for so long is free: its process hangs or its machine is gone."""


@dataclass(frozen=True)
class Claim:
    """The name of a claim: `holder` is one collection, `owner` its process."""

    holder: str
    owner: str


def owners_of_claims(connection: Connection) -> set[str]:
    """The processes with claims that have not expired and are not known to be gone."""
    rows = connection.execute(
        "select distinct owner from ops.collection_leases where expires_at > clock_timestamp()"
    )
    return {owner for (owner,) in rows if not owner_is_dead(owner)}


def claim_days(
    connection: Connection, claim: Claim, client_id: str, days: Sequence[date]
) -> list[date]:
    """Claim the days of one client that no other collection has claimed; returns them, in order."""
    claimed = claim_client_days(connection, claim, [(client_id, day) for day in days])
    return sorted(day for _, day in claimed)


def claim_client_days(
    connection: Connection, claim: Claim, client_days: Collection[ClientDay]
) -> set[ClientDay]:
    """Claim the days that no other collection has claimed; returns them.

    A claim of a process of this machine that is gone, or that was not renewed, is taken over.
    """
    clients, days = [client for client, _ in client_days], [day for _, day in client_days]
    owners = connection.execute(
        "select distinct owner from ops.collection_leases "
        "where client_id = any(%s) and date_day between %s and %s and holder <> %s",
        [sorted({*clients}), min(days), max(days), claim.holder],
    ).fetchall()
    dead = [owner for (owner,) in owners if owner_is_dead(owner)]
    claimed = connection.execute(
        read_sql(__file__, "claim_days"),
        {
            "clients": clients,
            "days": days,
            "holder": claim.holder,
            "owner": claim.owner,
            "seconds": LEASE_SECONDS,
            "dead": dead,
        },
    )
    return {(client_id, day) for client_id, day in claimed}


def release_days(
    connection: Connection, claim: Claim, client_id: str, days: Sequence[date]
) -> None:
    """Give up the claim on these days."""
    connection.execute(
        read_sql(__file__, "release_days"),
        {"holder": claim.holder, "client": client_id, "days": list(days)},
    )


def release_all(connection: Connection, claim: Claim) -> None:
    """Give up every claim of a collection."""
    connection.execute("delete from ops.collection_leases where holder = %s", [claim.holder])


def renew_claims(connection: Connection, claim: Claim) -> None:
    """Renew all claims of a collection, as a sign that it is alive."""
    connection.execute(
        read_sql(__file__, "renew_claims"), {"holder": claim.holder, "seconds": LEASE_SECONDS}
    )
