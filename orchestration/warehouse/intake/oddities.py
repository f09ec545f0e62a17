"""Oddities of a client: the gate warns of each only once."""

from orchestration.answers.slices import Batch
from orchestration.answers.violation import Oddity
from orchestration.warehouse.connection import Connection, storable


def known_oddities(connection: Connection, client_id: str) -> set[Oddity]:
    """What a client was warned of so far."""
    rows = connection.execute(
        "select rule, subject from ops.known_oddities where client_id = %s", [client_id]
    )
    return {(rule, subject) for rule, subject in rows}


def note_oddities(connection: Connection, batch: Batch) -> None:
    """Keep what the gate warned of in a batch. In the caller's transaction."""
    noted = [
        (batch.client_id, rule, storable(subject), first_day)
        for contents in batch.contents.values()
        for (rule, subject), first_day in contents.new_oddities.items()
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.known_oddities (client_id, rule, subject, first_day) "
            "values (%s, %s, %s, %s) on conflict do nothing",
            noted,
        )
