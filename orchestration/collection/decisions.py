"""What a person decides about days: keep or drop refused rows, give up a day that never comes."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from orchestration.answers.families import Own, event_types
from orchestration.answers.results import Row, with_all_results
from orchestration.answers.slices import ENTITY_FIELD
from orchestration.answers.window import Window
from orchestration.clients.model import Client
from orchestration.collection.fetcher import levels_of
from orchestration.collection.settling.keeping import batch_of
from orchestration.errors import UsageError
from orchestration.expectations.catalogue import RULES
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


def compare_refused_day(
    connection: Connection, client: Client, refused: RefusedDay
) -> dict[str, dict[str, Any]]:
    """By level, the figures of a refused day as stored (`stands`) and as answered (`came`).

    Deeper levels that were asked about the day are included.
    """
    day, own = refused.date_day, client.own_families
    stored = standing_slices(
        connection,
        client_id=refused.client_id,
        account_id=client.ad_account_id.removeprefix("act_"),
        levels=[*ENTITY_FIELD],
        days=[day],
        action_types=event_types(own),
    )
    answered = _answered_rows(connection, refused)
    return {
        level: {
            "stands": (
                sums_of_slice(stored[level, day], own).labelled()
                if (level, day) in stored
                else None
            ),
            "came": (
                _sums_of_day(answered[level], day, own).labelled() if level in answered else None
            ),
        }
        for level in ENTITY_FIELD
        if level in answered or (level, day) in stored
    }


def _answered_rows(connection: Connection, refused: RefusedDay) -> dict[str, list[Row]]:
    """By level, the rows of a refused day and those of deeper levels that were asked."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for level, row in (
        *quarantined_rows(connection, refused.batch_id, refused.date_day),
        *witness_rows(connection, refused),
    ):
        rows[level].append(row)
    return rows


def _sums_of_day(rows: Sequence[Row], day: date, own: Own) -> Sums:
    return sums_by_day(map(with_all_results, rows), own).get(day.isoformat(), Sums(own=own))


def release_days(
    connection: Connection, client: Client, since: date, until: date, reason: str
) -> list[RefusedDay]:
    """Keep the refused days of a range as they were answered; returns them.

    The rules that they broke only warn about these days from now on. One transaction.

    Raises:
        UsageError: nothing is refused there, or the rows cannot be stored in staging at all.
    """
    chosen = _refused_days(connection, client, since, until)
    for day in chosen:
        _check_releasable(day)
    with connection.transaction():
        for day in chosen:
            release(connection, batch_of(_landed_answer(connection, client, day)), [day.date_day])
            record_decision(connection, day, "released", reason, person())
    return chosen


def _check_releasable(day: RefusedDay) -> None:
    if unreleasable := [rule for rule in day.rules if not RULES[rule].is_releasable]:
        raise UsageError(
            f"{day.client_id} {day.date_day} cannot be released: it broke "
            f"{', '.join(unreleasable)}, and such rows cannot stand in staging. Collect the day "
            f"again: meta-ads collect --client {day.client_id} --since {day.date_day} "
            f"--until {day.date_day}"
        )


def _landed_answer(connection: Connection, client: Client, day: RefusedDay) -> Answer:
    """The answer of a refused day, made again from the rows that landed."""
    read_for = day.read_for or day.date_day
    return Answer.of(
        Window(client.client_id, day.date_day, day.date_day),
        Account(
            account_id="",
            currency="",
            finished_until=read_for,
            due_day=read_for,
            conversion_families=client.own_families,
        ),
        day.batch_id,
        landed_rows(connection, client.client_id, day.batch_id, [day.date_day]),
    )


def discard_days(
    connection: Connection, client: Client, since: date, until: date, reason: str
) -> list[RefusedDay]:
    """Drop the refused rows of a range; returns the days, which stay as they were, and owed.

    Raises:
        UsageError: nothing is refused there.
    """
    chosen = _refused_days(connection, client, since, until)
    with connection.transaction():
        for day in chosen:
            record_decision(connection, day, "discarded", reason, person())
            close_days(connection, client.client_id, day.batch_id, [day.date_day])
    return chosen


def waive_days(
    connection: Connection, client: Client, since: date, until: date, reason: str
) -> list[date]:
    """Close days that will never come; returns them. Days with data are left alone.

    Raises:
        UsageError: every day of the range has data or was waived already.
    """
    with connection.transaction():
        waived = write_waived(
            connection,
            client_id=client.client_id,
            levels=levels_of(client),
            since=since,
            until=until,
            reason=f"{reason} ({person()})",
        )
        if not waived:
            raise UsageError(
                f"{client.client_id} has data for every day from {since} to {until}, or they were "
                "waived before: nothing to waive."
            )
        touch_months(connection, client.client_id, waived)
        close_days(connection, client.client_id, None, waived)
    return waived


def _refused_days(
    connection: Connection, client: Client, since: date, until: date
) -> list[RefusedDay]:
    chosen = refused_days(connection, [client.client_id], since, until)
    if not chosen:
        raise UsageError(
            f"Nothing of {client.client_id} from {since} to {until} is refused: "
            "meta-ads quarantine list shows what is."
        )
    return chosen
