"""Oddities of a client: the gate warns of each only once."""

from orchestration.answers.slices import Batch
from orchestration.warehouse.connection import Connection, storable


def note_oddities(connection: Connection, batch: Batch) -> None:
    """Keep what the gate warned of in a batch. In the caller's transaction."""
    noted = [
        (batch.client_id, rule, storable(subject), first_day)
        for contents in batch.contents.values()
        for (rule, subject), first_day in contents.new_oddities.items()
    ]
    if not noted:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.known_oddities (client_id, rule, subject, first_day) "
            "values (%s, %s, %s, %s) on conflict do nothing",
            noted,
        )
