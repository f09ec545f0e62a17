"""The past of a client's days, for judging an answer: earlier figures, doubts, decisions."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from expectations.catalogue import RULES
from orchestration.answers.history import REFERENCE_DAYS, History
from orchestration.answers.slices import Batch
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.intake.oddities import known_oddities

CONFIRMED_BY_TIME = [name for name, rule in RULES.items() if rule.is_confirmed_by_time]


def load_history(connection: Connection, client_id: str, since: date, until: date) -> History:
    """The past of a client that matters for judging these days."""
    values = {
        "client": client_id,
        "first": since - timedelta(days=REFERENCE_DAYS),
        "since": since,
        "until": until,
    }
    history = History(readings=_readings(connection, values))
    _load_doubts(connection, values, history)
    for day, rules in connection.execute(
        "select date_day, rules from quarantine.decisions where client_id = %(client)s "
        "and date_day between %(since)s and %(until)s and decision = 'released'",
        values,
    ):
        history.released.setdefault(day, set()).update(rules)
    history.quiet = _quiet_days(connection, values)
    row = connection.execute(
        "select expects_conversions from ops.clients where client_id = %(client)s", values
    ).fetchone()
    history.expects_conversions = row is None or bool(row[0])
    history.known_oddities = known_oddities(connection, client_id)
    return history


def _readings(
    connection: Connection, values: Mapping[str, object]
) -> dict[date, dict[str, list[tuple[int, float]]]]:
    """By day and metric: each age in days at which it was read, and the value then."""
    readings: dict[date, dict[str, list[tuple[int, float]]]] = {}
    for day, metric, age, after in connection.execute(
        "select date_day, metric, age_days, after from ops.restatements "
        "where client_id = %(client)s and date_day between %(first)s and %(until)s "
        "order by restatement_id",
        values,
    ):
        readings.setdefault(day, {}).setdefault(metric, []).append((age, float(after)))
    return readings


def _load_doubts(connection: Connection, values: Mapping[str, object], history: History) -> None:
    """Add what the gate doubts of these days, each with the instant since when."""
    rules = ["confirmed_zero", "zero_is_plausible", *CONFIRMED_BY_TIME]
    for day, rule, since in connection.execute(
        "select date_day, rule, min(found_at) from quarantine.violations "
        "where client_id = %(client)s and date_day between %(since)s and %(until)s "
        "and closed_at is null and rule = any(%(rules)s) group by date_day, rule",
        {**values, "rules": rules},
    ):
        if rule == "confirmed_zero":
            history.confirmed.add(day)
        elif rule == "zero_is_plausible":
            history.doubted_since[day] = since
        else:
            history.doubts[day, rule] = since


def _quiet_days(connection: Connection, values: Mapping[str, object]) -> set[date]:
    """Days on which the client is known not to advertise."""
    rows = connection.execute(
        """
        select d.date_day::date
        from generate_series(%(since)s::timestamp, %(until)s, interval '1 day') as d (date_day)
        inner join ops.clients as c on c.client_id = %(client)s
        where c.status = 'paused' or d.date_day > c.ends_on or exists (
            select 1 from ops.client_pauses as p
            where p.client_id = c.client_id and d.date_day::date between p.since and p.until
        )
        """,
        values,
    )
    return {day for (day,) in rows}


def note_figures(
    connection: Connection, batch: Batch, figures: Mapping[date, Mapping[str, Decimal]]
) -> None:
    """Log which figures of these days differ from the last reading of them.

    A first reading has no `before`. In the caller's transaction, with the change of staging.
    """
    latest: dict[date, dict[str, Decimal]] = defaultdict(dict)
    for day, metric, after in connection.execute(
        "select distinct on (date_day, metric) date_day, metric, after from ops.restatements "
        "where client_id = %s and date_day = any(%s) "
        "order by date_day, metric, restatement_id desc",
        [batch.client_id, list(figures)],
    ):
        latest[day][metric] = after
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy ops.restatements "
            "(client_id, date_day, metric, before, after, age_days, batch_id) from stdin"
        ) as copy,
    ):
        for day, now in figures.items():
            before = latest.get(day)
            for metric in sorted({*now, *(before or {})}):
                old = None if before is None else before.get(metric, Decimal(0))
                new = now.get(metric, Decimal(0))
                if new != (old or 0) or (before is None and metric == "spend"):
                    age = (batch.read_for - day).days
                    copy.write_row((batch.client_id, day, metric, old, new, age, batch.batch_id))
