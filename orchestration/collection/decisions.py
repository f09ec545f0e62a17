"""What a person decides about days: refused rows stand after all or go, a day will never come."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from expectations.catalogue import RULES
from orchestration.answers.families import Own, event_types
from orchestration.answers.results import with_all_results
from orchestration.answers.slices import ENTITY_FIELD
from orchestration.answers.window import Window
from orchestration.clients.model import Client
from orchestration.collection.fetcher import levels_of
from orchestration.collection.settler import batch_of
from orchestration.errors import UsageError
from orchestration.process.person import person
from orchestration.quality.answer import Account, Answer
from orchestration.quality.rows.sums import Sums, sums_by_day, sums_of_slice
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.intake.batches import close_days
from orchestration.warehouse.intake.landing import landed_rows
from orchestration.warehouse.intake.promotion import release, touch_months
from orchestration.warehouse.intake.quarantine import (
    RefusedDay,
    quarantined_rows,
    record_decision,
    refused_days,
    witness_rows,
)
from orchestration.warehouse.intake.slice_state import write_waived
from orchestration.warehouse.intake.standing import standing_slices


def compared(
    connection: Connection, client: Client, refused: RefusedDay
) -> dict[str, dict[str, Any]]:
    """What stands of a refused day and what came, by level; deeper levels that were asked, too."""
    day, own = refused.date_day, client.own_families
    account = client.ad_account_id.removeprefix("act_")
    stands = standing_slices(
        connection, refused.client_id, account, [*ENTITY_FIELD], [day], event_types(own)
    )
    came: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for level, row in (
        *quarantined_rows(connection, refused.batch_id, day),
        *witness_rows(connection, refused.batch_id, day),
    ):
        came[level].append(row)
    return {
        level: {
            "stands": (
                sums_of_slice(stands[level, day], own).labelled()
                if (level, day) in stands
                else None
            ),
            "came": _of_day(came[level], day, own).labelled() if level in came else None,
        }
        for level in ENTITY_FIELD
        if level in came or (level, day) in stands
    }


def _of_day(rows: Sequence[dict[str, Any]], day: date, own: Own) -> Sums:
    return sums_by_day(map(with_all_results, rows), own).get(day.isoformat(), Sums(own=own))


def release_days(
    connection: Connection, client: Client, since: date, until: date, reason: str
) -> list[RefusedDay]:
    """Let the refused days of a range stand as they were answered; returns them.

    The rules they broke only warn for these days from now on. One transaction.

    Raises:
        UsageError: nothing is refused there, or rows cannot stand in staging at all.
    """
    chosen = _refused(connection, client, since, until)
    for day in chosen:
        if hopeless := [rule for rule in day.rules if not RULES[rule].is_releasable]:
            raise UsageError(
                f"{client.client_id} {day.date_day} cannot be released: it broke "
                f"{', '.join(hopeless)}, and such rows cannot stand in staging. Collect the day "
                f"again: meta-ads collect --client {client.client_id} --since {day.date_day} "
                f"--until {day.date_day}"
            )
    with connection.transaction():
        for day in chosen:
            rows = landed_rows(connection, day.batch_id, [day.date_day])
            window = Window(client.client_id, day.date_day, day.date_day)
            read_for = day.read_for or day.date_day
            account = Account(
                account_id="",
                currency="",
                finished_until=read_for,
                due_day=read_for,
                conversion_families=client.own_families,
            )
            answer = Answer.of(window, account, day.batch_id, rows)
            release(connection, batch_of(answer), [day.date_day])
            record_decision(connection, day, "released", reason, person())
    return chosen


def discard_days(
    connection: Connection, client: Client, since: date, until: date, reason: str
) -> list[RefusedDay]:
    """Drop the refused rows of a range; the days stay as they were and owed. Returns them.

    Raises:
        UsageError: nothing is refused there.
    """
    chosen = _refused(connection, client, since, until)
    with connection.transaction():
        for day in chosen:
            record_decision(connection, day, "discarded", reason, person())
            close_days(connection, client.client_id, day.batch_id, [day.date_day])
    return chosen


def waive_days(
    connection: Connection, client: Client, since: date, until: date, reason: str
) -> list[date]:
    """Close days that will never come; days with data are left alone. Returns the waived ones.

    Raises:
        UsageError: every day of the range has data or was waived already.
    """
    with connection.transaction():
        told = f"{reason} ({person()})"
        waived = write_waived(connection, client.client_id, levels_of(client), since, until, told)
        if not waived:
            raise UsageError(
                f"{client.client_id} has data for every day from {since} to {until}, or they were "
                "waived before: nothing to waive."
            )
        touch_months(connection, client.client_id, waived)
        close_days(connection, client.client_id, None, waived)
    return waived


def _refused(connection: Connection, client: Client, since: date, until: date) -> list[RefusedDay]:
    chosen = refused_days(connection, [client.client_id], since, until)
    if not chosen:
        raise UsageError(
            f"Nothing of {client.client_id} from {since} to {until} is refused: "
            "meta-ads quarantine list shows what is."
        )
    return chosen
